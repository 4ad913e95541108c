#include "src/event/known_names.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace headwater {
namespace {

TEST(SharedTextTest, IsTheTextThatItWasMadeFrom) {
  const SharedText text = std::string("sqlite:u");
  EXPECT_EQ(text.text(), "sqlite:u");
  EXPECT_EQ(text, SharedText("sqlite:u"));
  EXPECT_NE(text, SharedText("sqlite:v"));
  EXPECT_NE(text, SharedText());
  EXPECT_EQ(SharedText(), SharedText(""));
}

TEST(SharedTextTest, CopiesShareItAndAMovedFromOneIsEmpty) {
  SharedText text = std::string("sqlite:u");
  const SharedText copy = text;
  EXPECT_EQ(&copy.text(), &text.text());
  const SharedText moved = std::move(text);
  EXPECT_EQ(moved, copy);
  EXPECT_EQ(text.text(), "");  // NOLINT(bugprone-use-after-move): that is what it tests
}

TEST(KnownNamesTest, ATextThatComesAgainIsNotMadeAgain) {
  KnownNames names;
  const SharedText source = names.source("sqlite:u");
  const EventType type = names.type("shop.orders.insert");
  EXPECT_EQ(&names.source(std::string("sqlite:u")).text(), &source.text());
  EXPECT_EQ(&names.type(std::string("shop.orders.insert")).text(), &type.text());
  EXPECT_EQ(type.table(), "orders");
}

TEST(KnownNamesTest, OthersAreOthers) {
  KnownNames names;
  EXPECT_EQ(names.source("a").text(), "a");
  EXPECT_EQ(names.source("b").text(), "b");
  EXPECT_EQ(names.source("").text(), "");
  const std::string long_one(100'000, 's');
  EXPECT_EQ(names.source(long_one).text(), long_one);
  EXPECT_EQ(names.type("shop.orders.insert").operation(), "insert");
  EXPECT_EQ(names.type("shop.orders.delete").operation(), "delete");
}

TEST(KnownNamesTest, AreRightHoweverManyThereAre) {
  KnownNames names;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 15'000; ++i) {
      const std::string text = "s.t" + std::to_string(i) + ".insert";
      ASSERT_EQ(names.source(text).text(), text);
      ASSERT_EQ(names.type(text).text(), text);
    }
  }
}

}  // namespace
}  // namespace headwater
