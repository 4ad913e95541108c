#include "src/process/child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <csignal>

namespace headwater {
namespace {

Result<Child> shell(const std::string& script) {
  return Child::start({.words = {"sh", "-c", script}, .environment = {"GREETING=hello"}});
}

/// The lines until it ends.
std::vector<std::string> all_lines(Child& child) {
  std::vector<std::string> all;
  while (!child.exit_code()) {
    pollfd ready{child.descriptor(), POLLIN, 0};
    ::poll(&ready, 1, -1);
    for (std::string& line : child.lines()) all.push_back(std::move(line));
  }
  return all;
}

TEST(ChildTest, AnswersOnItsPipes) {
  auto child = shell("while read line; do echo \"$GREETING $line\"; done; exit 3");
  ASSERT_TRUE(child) << child.error().message;
  EXPECT_EQ(child->write("you\nthere\n"), 10U);
  child->close_input();
  EXPECT_EQ(all_lines(*child), (std::vector<std::string>{"hello you", "hello there"}));
  EXPECT_EQ(child->exit_code(), 3);
}

TEST(ChildTest, AProgramThatIsNotThereIsAnError) {
  const auto child = Child::start({.words = {"headwater-no-such-program"}});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().name, "process.cannot_start");
  EXPECT_THAT(child.error().message, ::testing::HasSubstr("No such file"));
}

TEST(ChildTest, AFullPipeTakesNoMore) {
  auto child = shell("sleep 100");
  ASSERT_TRUE(child);
  const std::string much(std::size_t{1} << 20U, 'x');
  const auto first = child->write(much);
  ASSERT_TRUE(first);
  EXPECT_LT(*first, much.size());
  EXPECT_EQ(child->write(much), 0U);
}

TEST(ChildTest, OneThatClosesItsOutputAndGoesOnIsKilled) {
  auto child = shell("exec >&-; exec sleep 100");
  ASSERT_TRUE(child);
  EXPECT_TRUE(all_lines(*child).empty());
  EXPECT_EQ(child->exit_code(), -1);
}

TEST(ChildTest, AFloodIsReadInPieces) {
  auto child = shell("yes");
  ASSERT_TRUE(child);
  std::size_t bytes = 0;
  for (int i = 0; i < 3; ++i) {
    pollfd ready{child->descriptor(), POLLIN, 0};
    ::poll(&ready, 1, -1);
    for (const std::string& line : child->lines()) bytes += line.size() + 1;
  }
  EXPECT_LE(bytes, 3 * ((std::size_t{1} << 20U) + 65'536));
  EXPECT_FALSE(child->exit_code());
}

}  // namespace
}  // namespace headwater
