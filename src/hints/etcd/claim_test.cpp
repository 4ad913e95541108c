// Claims of one etcd that is well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "src/hints/etcd/test_hint.h"
#include "src/json/json.h"

namespace headwater::etcd {
namespace {

/// Each test has a relay of its own in one etcd.
class EtcdClaim : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<rig::EtcdServer>(); }
  static void TearDownTestSuite() { server_.reset(); }

  [[nodiscard]] const std::string& relay() const { return relay_; }
  [[nodiscard]] std::string key() const { return "/headwater/" + relay_; }
  [[nodiscard]] TestHint hint() const { return TestHint(options_for(*server_), relay_); }
  [[nodiscard]] TestHint hint_at(const Clock& other) const {
    return TestHint(options_for(*server_), relay_, other);
  }

  static inline std::unique_ptr<rig::EtcdServer> server_;

 private:
  std::string relay_ = testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(EtcdClaim, OneOfTwoHasIt) {
  auto a = hint();
  auto b = hint();
  EXPECT_EQ(a.claim(), "ours");
  EXPECT_EQ(b.claim(), "others");
  EXPECT_EQ(a.claim(), "ours");
  EXPECT_EQ(a->interval(), Milliseconds(250));
}

TEST_F(EtcdClaim, EachRelayHasItsOwn) {
  auto a = hint();
  TestHint other(options_for(*server_), relay() + ".other");
  EXPECT_EQ(a.claim(), "ours");
  EXPECT_EQ(other.claim(), "ours");
}

TEST_F(EtcdClaim, RenewalsWriteNothing) {
  auto a = hint();
  ASSERT_EQ(a.claim(), "ours");
  const std::string revision = server_->number(key(), "revision");
  for (int i = 0; i < 20; ++i) ASSERT_EQ(a.claim(), "ours");
  ASSERT_EQ(a.take(), "ours");
  EXPECT_EQ(server_->number(key(), "revision"), revision);
}

TEST_F(EtcdClaim, RenewalsKeepIt) {
  auto a = hint();
  auto b = hint();
  ASSERT_EQ(a.claim(), "ours");
  const std::string lease = server_->number(key(), "lease");
  // The lease lives for four seconds. So it was renewed once it is as old.
  const auto begin = real_clock.steady();
  ASSERT_TRUE(rig::wait_until([&] {
    EXPECT_EQ(a.claim(), "ours");
    EXPECT_EQ(b.claim(), "others");
    return real_clock.steady() - begin > std::chrono::seconds(5) || HasFailure();
  }));
  EXPECT_EQ(server_->number(key(), "lease"), lease);
}

TEST_F(EtcdClaim, TheKeyNamesItsHolder) {
  auto a = hint();
  ASSERT_EQ(a.claim(), "ours");
  const auto value = Json::parse(server_->value(key()));
  ASSERT_TRUE(value);
  EXPECT_EQ((*value)["pid"].integer(), ::getpid());
  EXPECT_NE((*value)["host"].text(), "");
  EXPECT_EQ((*value)["claimant"].text()->size(), 32U);
  EXPECT_TRUE((*value)["since"].text()->ends_with('Z'));
}

TEST_F(EtcdClaim, ThatIsNotRenewedLapses) {
  auto a = hint();
  auto b = hint();
  ASSERT_EQ(a.claim(), "ours");
  EXPECT_TRUE(b.comes_to("ours"));
  // The lease of the first is still alive, and it does not help.
  EXPECT_EQ(a.claim(), "others");
  ASSERT_TRUE(a->give_up({}));
  EXPECT_EQ(b.claim(), "ours");
}

TEST_F(EtcdClaim, GivenUpIsFreeAtOnce) {
  auto a = hint();
  auto b = hint();
  ASSERT_EQ(a.claim(), "ours");
  ASSERT_EQ(b.claim(), "others");
  ASSERT_TRUE(b->give_up({}));  // of what it does not have
  EXPECT_NE(server_->value(key()), "");
  ASSERT_TRUE(a->give_up({}));
  EXPECT_EQ(server_->value(key()), "");
  EXPECT_EQ(b.claim(), "ours");
  EXPECT_EQ(a.claim(), "others");
}

TEST_F(EtcdClaim, CanBeTaken) {
  auto a = hint();
  auto b = hint();
  ASSERT_EQ(a.claim(), "ours");
  EXPECT_EQ(b.take(), "ours");
  EXPECT_EQ(a.claim(), "others");
  EXPECT_EQ(b.claim(), "ours");
  EXPECT_EQ(a.take(), "ours");
  EXPECT_EQ(b.claim(), "others");
}

/// How many of these claim successfully at the same time.
long winners(std::vector<TestHint>& hints) {
  std::vector<std::string> outcomes(hints.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < hints.size(); ++i) {
      threads.emplace_back([&, i] { outcomes[i] = hints[i].claim(); });
    }
  }
  for (const std::string& outcome : outcomes) {
    EXPECT_TRUE(outcome == "ours" || outcome == "others") << outcome;
  }
  return std::ranges::count(outcomes, "ours");
}

TEST_F(EtcdClaim, OneOfManyAtOnceGetsAFreeOne) {
  for (int round = 0; round < 10; ++round) {
    std::vector<TestHint> hints;
    for (int i = 0; i < 8; ++i) {
      hints.emplace_back(options_for(*server_), relay() + std::to_string(round));
    }
    EXPECT_EQ(winners(hints), 1);
  }
}

/// A clock that a test sets.
class HandClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return real_clock.wall(); }
  [[nodiscard]] SteadyTime steady() const override { return now_; }
  void advance(Milliseconds by) { now_ += by; }

 private:
  SteadyTime now_{std::chrono::hours(1)};
};

TEST_F(EtcdClaim, OneOfManyAtOnceGetsALapsedOne) {
  HandClock time;
  auto holder = hint();
  std::vector<TestHint> hints;
  for (int i = 0; i < 8; ++i) hints.emplace_back(options_for(*server_), relay(), time);
  ASSERT_EQ(holder.claim(), "ours");
  EXPECT_EQ(winners(hints), 0);
  // Of its four seconds, fewer than three.
  ASSERT_TRUE(rig::wait_until([&] { return server_->lease_left(key()) <= 2; }));
  time.advance(Milliseconds(500));
  EXPECT_EQ(winners(hints), 0);
  time.advance(Milliseconds(500));
  EXPECT_EQ(winners(hints), 1);
}

/// While etcd hangs, nobody can renew, and nobody sees that. A standby that comes back from such a
/// time, or from a pause of its own, first watches whether the holder renews.
TEST_F(EtcdClaim, IsNotLapsedAfterATimeWithoutLooking) {
  HandClock time;
  auto holder = hint();
  auto b = hint_at(time);
  ASSERT_EQ(holder.claim(), "ours");
  ASSERT_EQ(b.claim(), "others");
  ASSERT_TRUE(rig::wait_until([&] { return server_->lease_left(key()) <= 2; }));
  time.advance(Milliseconds(60'000));
  EXPECT_EQ(b.claim(), "others");
  time.advance(Milliseconds(500));
  EXPECT_EQ(b.claim(), "others");
  ASSERT_EQ(holder.claim(), "ours");
  time.advance(Milliseconds(500));
  EXPECT_EQ(b.claim(), "others");
}

}  // namespace
}  // namespace headwater::etcd
