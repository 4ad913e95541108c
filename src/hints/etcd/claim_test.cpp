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

  /// Eight claimants.
  [[nodiscard]] static std::vector<TestHint> several(const std::string& relay, const Clock& time) {
    constexpr int count = 8;
    std::vector<TestHint> hints;
    hints.reserve(count);
    for (int i = 0; i < count; ++i) hints.emplace_back(options_for(*server_), relay, time);
    return hints;
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
    auto hints = several(relay() + std::to_string(round), real_clock);
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

/// The holder is dead, and its lease lives on for an hour.
class EtcdLapse : public EtcdClaim {
 protected:
  EtcdLapse() {
    lease_ = server_->grant(3'600);
    server_->control({"put", "--lease=" + lease_, key(), "dead"});
  }
  /// More than a second, by etcd's own account.
  [[nodiscard]] bool is_unrenewed_for_long() const {
    return rig::wait_until([&] { return server_->lease_left(key()) <= 3'598; });
  }
  void renew() const { server_->control({"lease", "keep-alive", "--once", lease_}); }

  HandClock time_;

 private:
  std::string lease_;
};

TEST_F(EtcdLapse, OneOfManyAtOnceGetsIt) {
  auto hints = several(relay(), time_);
  EXPECT_EQ(winners(hints), 0);
  time_.advance(Milliseconds(500));
  EXPECT_EQ(winners(hints), 0);
  ASSERT_TRUE(is_unrenewed_for_long());
  time_.advance(Milliseconds(500));
  EXPECT_EQ(winners(hints), 1);
  EXPECT_NE(server_->value(key()), "dead");
}

/// While etcd hangs, nobody can renew, and nobody sees that. A standby that comes back from such a
/// time, or from a pause of its own, first watches whether the holder renews.
TEST_F(EtcdLapse, IsNotBelievedAfterATimeWithoutLooking) {
  auto b = hint_at(time_);
  ASSERT_EQ(b.claim(), "others");
  ASSERT_TRUE(is_unrenewed_for_long());
  for (const int pause : {60'000, 500}) {
    time_.advance(Milliseconds(pause));
    EXPECT_EQ(b.claim(), "others");
  }
  time_.advance(Milliseconds(500));
  EXPECT_EQ(b.claim(), "ours");
}

TEST_F(EtcdLapse, EndsWithARenewal) {
  auto b = hint_at(time_);
  ASSERT_EQ(b.claim(), "others");
  ASSERT_TRUE(is_unrenewed_for_long());
  time_.advance(Milliseconds(500));
  EXPECT_EQ(b.claim(), "others");
  renew();
  time_.advance(Milliseconds(500));
  EXPECT_EQ(b.claim(), "others");
}

}  // namespace
}  // namespace headwater::etcd
