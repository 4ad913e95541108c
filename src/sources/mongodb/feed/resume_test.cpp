// Going on behind a change, on servers: whatever the document's key is.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "src/sources/mongodb/feed/mongo_source.h"
#include "testing/mongodb/programs.h"
#include "testing/mongodb/shared_server.h"
#include "testing/rig/waiting.h"

namespace headwater::mongodb {
namespace {

using rig::MongoKind;

constexpr const char* orders = "shop.orders";

class Resume : public ::testing::TestWithParam<MongoKind> {
 protected:
  void SetUp() override {
    if (GetParam() == MongoKind::real && !rig::real_mongod()) GTEST_SKIP() << rig::no_real_mongod;
    const rig::MongoServer& server =
        rig::shared_mongo_server({.kind = GetParam(), .survives_kill = false});
    shell_ = std::make_unique<rig::MongoShell>(server.uri());
    auto options = std::make_shared<SourceOptions>();
    options->uri = server.uri();
    options->watch = *parse_watch(orders);
    options->identity = "mongodb:test";
    options->form = ExtendedJson::canonical;
    options_ = std::move(options);
  }

  /// Another relay takes over at `position_`: the one change that comes then.
  Change next() {
    auto source = connect_source(options_, clock_);
    auto opened = source ? (*source)->open(position_) : tl::unexpected(source.error());
    EXPECT_TRUE(opened) << opened.error().name << ": " << opened.error().message;
    if (!opened) return {};
    for (;;) {
      auto batch = (*source)->read({.count = 100, .bytes = 1U << 20U}, Milliseconds(10), {});
      EXPECT_TRUE(batch) << batch.error().message;
      if (!batch) return {};
      position_ = batch->position;
      EXPECT_LE(batch->changes.size(), 1U);
      if (!batch->changes.empty()) return std::move(batch->changes[0]);
      if (batch->current) return {};
    }
  }

  SystemClock clock_;
  std::unique_ptr<rig::MongoShell> shell_;
  std::shared_ptr<const SourceOptions> options_;
  Position position_;
};

/// MongoDB 4.4 gives back numbers in a token only with its `_typeBits`: src/mongo/db/storage/
/// key_string.cpp.
TEST_P(Resume, GoesOnBehindAKeyOfAnyType) {
  (void)next();
  for (const std::string key :
       {R"({"$numberInt":"7"})", R"({"$numberLong":"1099511627776"})",
        R"({"$numberLong":"-9223372036854775808"})", R"({"$numberDouble":"130.5"})",
        R"({"$numberDouble":"10000000000.0"})", R"({"$numberDouble":"1e+300"})",
        R"({"$numberDouble":"NaN"})", R"({"$numberDouble":"-Infinity"})",
        R"({"$numberDecimal":"1.10"})",
        R"({"a":{"$numberDouble":"1.5"},"b":[{"$numberLong":"8589934592"}]})", R"("text")",
        R"({"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"})", R"({"$date":{"$numberLong":"-1"}})", "null"}) {
    shell_->insert(orders, rig::json(R"({"_id":)" + key + "}"));
    EXPECT_EQ(next().op, Op::insert) << "behind a key before " << key;
  }
  shell_->insert(orders, rig::json(R"({"_id":"last"})"));
  const Change last = next();
  EXPECT_EQ(json_of(last.key), R"({"_id":"last"})");
}

/// The place is somewhere in the oplog, which moves on under it.
TEST_P(Resume, KnowsHowLongTheOplogStillHasThePlace) {
  shell_->insert(orders, rig::json(R"({"_id":"a"})"));
  (void)next();
  auto source = connect_source(options_, clock_);
  ASSERT_TRUE(source) << source.error().message;
  auto left = (*source)->until_loss(position_);
  ASSERT_TRUE(left) << left.error().message;
  ASSERT_TRUE(left->time);
  EXPECT_GE(*left->time, Milliseconds(0));
  EXPECT_LT(*left->time, std::chrono::hours(1)) << "the server began with the tests";
  // A position of another database is an error, not a number.
  EXPECT_FALSE((*source)->until_loss({"nonsense"}));
}

/// By the server's own time, which each answer of the change stream brings.
TEST_P(Resume, KnowsHowFarTheServerIsAhead) {
  (void)next();
  shell_->insert(orders, rig::json(R"({"_id":"a"})"));
  (void)next();
  const Position before = position_;
  auto source = connect_source(options_, clock_);
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ((*source)->lag(before), std::nullopt) << "it has not asked the server yet";
  ASSERT_TRUE((*source)->open(before));
  const std::uint32_t begun = shell_->time().seconds;
  // The server's time is in seconds.
  ASSERT_TRUE(rig::wait_until([&] {
    shell_->insert(orders, rig::json("{}"));
    return shell_->time().seconds > begun;
  }));
  Position at = before;
  ASSERT_TRUE(rig::wait_until([&] {
    auto batch = (*source)->read({.count = 100, .bytes = 1U << 20U}, Milliseconds(10), {});
    if (batch) at = batch->position;
    return (*source)->lag(before)->amount > 0;
  }));
  const auto behind = (*source)->lag(before);
  EXPECT_EQ(behind->unit, SourceLag::Unit::seconds);
  EXPECT_LE((*source)->lag(at)->amount, behind->amount);
  EXPECT_EQ((*source)->lag({"nonsense"}), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Servers, Resume, ::testing::Values(MongoKind::secantus, MongoKind::real),
                         [](const auto& param) {
                           return param.param == MongoKind::real ? "Real" : "Secantus";
                         });

}  // namespace
}  // namespace headwater::mongodb
