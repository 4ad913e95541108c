#include "src/materialize/copier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace headwater::materialize {
namespace {

/// Events 1, 2, … of a table `orders`, in memory.
class MemoryStream final : public StreamReader {
 public:
  Result<StreamRange> range() override { return StreamRange{.first = first, .last = last}; }
  Result<bool> has_beginning() override { return first <= 1 || skips_first; }
  Result<std::vector<StoredEvent>> read(std::uint64_t from, const ReadLimits& limits,
                                        Milliseconds /*wait*/, std::stop_token /*stop*/) override {
    std::vector<StoredEvent> events;
    for (std::uint64_t i = std::max(from, first); i <= last && events.size() < limits.count; ++i) {
      events.push_back(event(i));
    }
    return events;
  }
  Result<std::optional<std::uint64_t>> acknowledged(const std::string& /*consumer*/) override {
    return std::nullopt;
  }
  Result<void> acknowledge(const std::string& /*consumer*/, std::uint64_t /*to*/) override {
    return {};
  }
  Result<void> forget(const std::string& /*consumer*/) override { return {}; }

  static StoredEvent event(std::uint64_t number) {
    const std::string id = std::to_string(number);
    return {.sequence = number,
            .event = {.id = "e:" + id,
                      .source = "s",
                      .type = EventType("shop", std::string("orders"), "insert"),
                      .subject = id,
                      .partition_key = "orders/" + id,
                      .time = {},
                      .data = R"({"op":"insert","key":{"id":)" + id +
                              R"(},"before":null,"after":{"id":)" + id + "}}"}};
  }

  std::uint64_t first = 1;
  std::uint64_t last = 0;
  bool skips_first = false;
};

/// Only counts.
class CountingTarget final : public Target {
 public:
  Result<CopyPlace> place() override { return at; }
  Result<std::uint64_t> apply(const CopyPlace& /*expected*/,
                              std::span<const RowOperation> /*operations*/,
                              const CopyPlace& next) override {
    largest = std::max(largest, next.sequence - at.sequence);
    at = next;
    return 0U;
  }
  Result<std::vector<std::string>> tables() override { return std::vector<std::string>(); }
  Result<void> remove() override { return {}; }
  Result<void> replace(const CopyName& /*other*/, const CopyPlace& /*expected*/) override {
    return {};
  }

  CopyPlace at;
  std::uint64_t largest = 0;  // batch, in events
};

/// Runs `at_begin` when the copy has been checked, before it reads.
class Beginning final : public CopyObserver {
 public:
  void begins(const CopyPlace& /*place*/) override {
    if (at_begin) at_begin();
  }
  void applied(const CopyProgress& /*progress*/) override {}
  void has_gap(const std::string& /*what*/) override {}
  void stands_by(const Error& /*why*/) override {}

  std::function<void()> at_begin;
};

class CopierTest : public ::testing::Test {
 protected:
  Result<void> run(CopierOptions options = {}) {
    options.end.at_end = true;
    const Retry once = [](const std::function<Result<void>()>& call, const std::stop_token&) {
      return call();
    };
    const SystemClock clock;
    Copier copier(stream_, stream_, target_, std::move(options), clock, once, observer_);
    return copier.run({});
  }

  MemoryStream stream_;
  CountingTarget target_;
  Beginning observer_;
};

TEST_F(CopierTest, AStreamThatHasLostOneEventIsNoticed) {
  stream_.last = 100;
  ASSERT_TRUE(run());
  stream_.last = 99;
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().name, "stream.beyond_end");
  EXPECT_NE(done.error().next.find("--rebuild"), std::string::npos) << done.error().next;
}

TEST_F(CopierTest, ACopyWithOtherTablesIsAnother) {
  stream_.last = 100;
  ASSERT_TRUE(run({.decoder = {.tables = {"orders", "stock"}}}));
  EXPECT_TRUE(run({.decoder = {.tables = {"stock", "orders"}}}));
  const auto done = run({.decoder = {.tables = {"orders", "stock", "mail"}}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().name, "materialize.other_options");
  EXPECT_NE(done.error().next.find("--rebuild"), std::string::npos) << done.error().next;
  EXPECT_FALSE(run({.decoder = {.tables = {"stock", "orders"}, .prefix = "copy_"}}));
}

TEST_F(CopierTest, ABatchEndsAlsoIfNoTableIsWanted) {
  stream_.last = 250'000;
  ASSERT_TRUE(run({.decoder = {.tables = {"others"}}}));
  EXPECT_EQ(target_.at.sequence, 250'000U);
  EXPECT_LT(target_.largest, 101'000U);
}

TEST_F(CopierTest, FirstEventsThatAreRemovedBeforeTheyAreReadAreNoticed) {
  stream_.last = 100;
  observer_.at_begin = [&] { stream_.first = 50; };
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().name, "materialize.beginning_removed");
  EXPECT_EQ(target_.at.sequence, 0U);
  EXPECT_TRUE(run({.incomplete = true}));
  EXPECT_EQ(target_.at.sequence, 100U);
}

TEST_F(CopierTest, AStreamMayBeginWithAnotherNumber) {
  stream_.last = 100;
  stream_.first = 50;
  stream_.skips_first = true;
  EXPECT_TRUE(run());
  EXPECT_EQ(target_.at.sequence, 100U);
}

}  // namespace
}  // namespace headwater::materialize
