#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/cli/test_rig.h"
#include "src/sqlite/database.h"
#include "testing/rig/process.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using testing::HasSubstr;

constexpr Exit not_yet{.code = 1};

class Wait : public testing::Test {
 protected:
  void SetUp() override { site.fill(); }
  /// Inserts an order, and returns the number of its change.
  [[nodiscard]] std::string write() const {
    site.sql("INSERT INTO orders(customer) VALUES ('eve')");
    auto shop = sqlite::Database::open(site / "shop.db", sqlite::Open::read_only, Origin::usage);
    EXPECT_TRUE(shop);
    return shop
               ? std::to_string(
                     shop->integer("SELECT max(seq) FROM _headwater_log").value_or(std::int64_t{0}))
               : "";
  }
  void relay() const {
    const auto outcome = site.run({"run", "--until-current"});
    ASSERT_EQ(outcome.exit, Exit{}) << outcome.errors;
  }
  [[nodiscard]] rig::Outcome wait(std::vector<std::string> options) const {
    options.insert(options.begin(), "wait");
    return site.run(std::move(options));
  }
  Site site;
};

TEST_F(Wait, EndsWhenTheWriteIsInTheStream) {
  const std::string number = write();
  const auto early = wait({"--write", number, "--timeout", "50ms"});
  EXPECT_EQ(early.exit, not_yet) << early.errors;
  EXPECT_EQ(early.output, "");

  relay();
  const auto outcome = wait({"--write", number});
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  // Events 1 and 2 are the orders that existed.
  EXPECT_EQ(outcome.output, "3\n");
}

TEST_F(Wait, EndsWhenTheConsumerHasPassedTheWrite) {
  const std::string number = write();
  relay();
  const auto early = wait({"--write", number, "--consumer", "search", "--timeout", "50ms"});
  EXPECT_EQ(early.exit, not_yet) << early.errors;
  EXPECT_THAT(early.errors, HasSubstr("search"));

  const auto read = site.run({"tail", "--consumer", "search"});
  ASSERT_EQ(read.exit, Exit{}) << read.errors;
  const auto outcome = wait({"--write", number, "--consumer", "search"});
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  EXPECT_EQ(outcome.output, "3\n");
}

TEST_F(Wait, RefusesWhatIsNotAWrite) {
  const auto outcome = wait({"--write", "yesterday"});
  EXPECT_NE(outcome.exit, Exit{});
  EXPECT_NE(outcome.exit, not_yet);
  EXPECT_THAT(outcome.errors, HasSubstr("yesterday"));
}

}  // namespace
}  // namespace headwater::cli
