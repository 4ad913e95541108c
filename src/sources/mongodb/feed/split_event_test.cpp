#include "src/sources/mongodb/feed/split_event.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater::mongodb {
namespace {

Doc json(const std::string& text) {
  auto doc = Doc::from_json(text);
  EXPECT_TRUE(doc) << text;
  return doc ? std::move(*doc) : Doc();
}

TEST(SplitEvent, IsWholeWithItsLastPart) {
  SplitEvent parts;
  EXPECT_FALSE(parts.add(*json(R"({"_id":{"_data":"01"},"splitEvent":{"fragment":1,"of":3},
    "operationType":"update","ns":{"db":"shop","coll":"orders"}})")
                              .get()));
  EXPECT_FALSE(parts.add(*json(R"({"_id":{"_data":"02"},"splitEvent":{"fragment":2,"of":3},
    "fullDocument":{"_id":1,"note":"x"}})")
                              .get()));
  const auto whole = parts.add(*json(R"({"_id":{"_data":"03"},"splitEvent":{"fragment":3,"of":3},
    "fullDocumentBeforeChange":{"_id":1,"note":"y"}})")
                                    .get());
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->bytes(), json(R"({"_id":{"_data":"01"},"operationType":"update",
    "ns":{"db":"shop","coll":"orders"},"fullDocument":{"_id":1,"note":"x"},
    "fullDocumentBeforeChange":{"_id":1,"note":"y"}})")
                                .bytes());
}

TEST(SplitEvent, ThatBeginsAgainForgetsItsFirstParts) {
  SplitEvent parts;
  EXPECT_FALSE(parts.add(*json(R"({"_id":1,"splitEvent":{"fragment":1,"of":2},"a":1})").get()));
  EXPECT_FALSE(parts.add(*json(R"({"_id":2,"splitEvent":{"fragment":1,"of":2},"b":1})").get()));
  const auto whole =
      parts.add(*json(R"({"_id":3,"splitEvent":{"fragment":2,"of":2},"c":1})").get());
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->bytes(), json(R"({"_id":2,"b":1,"c":1})").bytes());
}

}  // namespace
}  // namespace headwater::mongodb
