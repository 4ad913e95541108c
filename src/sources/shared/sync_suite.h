// What every database's sync documents must do. A test program includes this once, and instantiates
// SyncDocuments with a function that makes its rig.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "src/sources/shared/sync_document.h"

namespace headwater::sources {

/// An empty database with its place for sync documents.
class SyncRig {
 public:
  virtual ~SyncRig() = default;
  virtual std::unique_ptr<SyncPlace> place() = 0;
  /// Writes a document that says nothing: other fields, other types.
  virtual void write_nonsense(const std::string& relay) = 0;
};

class SyncDocuments : public ::testing::TestWithParam<std::function<std::unique_ptr<SyncRig>()>> {
 protected:
  /// Only moves when told to. Its wall may jump, like a machine's.
  class Watch final : public Clock {
   public:
    [[nodiscard]] WallTime wall() const override { return WallTime(wall_); }
    [[nodiscard]] SteadyTime steady() const override { return SteadyTime(steady_); }
    void pass(Milliseconds span) { steady_ += span, wall_ += span; }
    void jump(Milliseconds span) { wall_ += span; }

   private:
    Milliseconds steady_{1'000'000};
    Milliseconds wall_{1'000'000'000};
  };

  SyncDocuments() : rig_(GetParam()()), adapter_(make_sync_document(rig_->place(), lapse)) {
    auto prepared = adapter_->prepare("orders");
    EXPECT_TRUE(prepared) << prepared.error().message;
    one_ = claimant();
    two_ = claimant();
  }

  std::unique_ptr<LeaderHint> claimant(const std::string& relay = "orders") {
    return adapter_->open(relay, clock_);
  }
  static void expect(Claim expected, Result<Claim> found) {
    ASSERT_TRUE(found) << found.error().name << ": " << found.error().message;
    EXPECT_EQ(*found, expected);
  }
  void expect_ours(LeaderHint& who) { expect(Claim::ours, who.claim({})); }
  void expect_others(LeaderHint& who) { expect(Claim::others, who.claim({})); }
  std::string found(const std::string& relay = "orders") {
    return adapter_->check(relay).front().what;
  }

  static constexpr Milliseconds lapse{3'000};
  Watch clock_;
  std::unique_ptr<SyncRig> rig_;
  std::unique_ptr<HintAdapter> adapter_;
  std::unique_ptr<LeaderHint> one_;
  std::unique_ptr<LeaderHint> two_;
};

TEST_P(SyncDocuments, OneOfTwoHasTheClaim) {
  expect_ours(*one_);
  expect_others(*two_);
  expect_ours(*one_);
  expect_others(*two_);
  EXPECT_NE(found().find("claimed by "), std::string::npos) << found();
}

TEST_P(SyncDocuments, EachRelayHasItsOwn) {
  expect_ours(*one_);
  expect_ours(*claimant("invoices"));
  expect_others(*claimant("invoices"));
}

TEST_P(SyncDocuments, OneThatIsRenewedDoesNotLapse) {
  for (int i = 0; i < 8; ++i) {
    expect_ours(*one_);
    clock_.pass(lapse / 2);
    expect_others(*two_);
  }
}

TEST_P(SyncDocuments, OneThatIsNotRenewedLapses) {
  expect_ours(*one_);
  expect_others(*two_);
  clock_.pass(lapse - Milliseconds(1));
  expect_others(*two_);
  clock_.pass(Milliseconds(1));
  expect_ours(*two_);
  // The first was only paused.
  expect_others(*one_);
}

/// A standby that has just started has not yet seen for how long.
TEST_P(SyncDocuments, WhoeverStartsWatchesFirst) {
  expect_ours(*one_);
  clock_.pass(10 * lapse);
  expect_others(*two_);
  clock_.pass(lapse);
  expect_ours(*two_);
}

TEST_P(SyncDocuments, AClockThatJumpsChangesNothing) {
  expect_ours(*one_);
  expect_others(*two_);
  clock_.jump(Milliseconds(86'400'000));
  expect_others(*two_);
  clock_.jump(Milliseconds(-2 * 86'400'000));
  expect_others(*two_);
  expect_ours(*one_);
}

TEST_P(SyncDocuments, OfTwoThatWaitForItOneGetsIt) {
  expect_ours(*one_);
  const auto three = claimant();
  expect_others(*two_);
  expect_others(*three);
  clock_.pass(lapse);
  expect_ours(*three);
  expect_others(*two_);
}

TEST_P(SyncDocuments, ALeaderTakesIt) {
  expect_ours(*one_);
  expect(Claim::ours, two_->take({}));
  expect_others(*one_);
  expect_ours(*two_);
}

TEST_P(SyncDocuments, WhatIsGivenUpIsFreeAtOnce) {
  expect_ours(*one_);
  // Another's claim stays.
  EXPECT_TRUE(two_->give_up({}));
  expect_others(*two_);
  EXPECT_TRUE(one_->give_up({}));
  EXPECT_NE(found().find("nobody"), std::string::npos) << found();
  expect_ours(*two_);
}

TEST_P(SyncDocuments, ADeletedOneIsMadeAgain) {
  expect_ours(*one_);
  const auto removed = adapter_->remove("orders");
  ASSERT_TRUE(removed) << removed.error().message;
  ASSERT_TRUE(adapter_->prepare("orders"));
  expect_ours(*one_);
  expect_others(*two_);
}

TEST_P(SyncDocuments, NonsenseIsNobodysClaim) {
  rig_->write_nonsense("orders");
  expect_ours(*one_);
  rig_->write_nonsense("orders");
  expect_ours(*two_);
  expect_others(*one_);
}

TEST_P(SyncDocuments, RemovingOneLeavesTheOthers) {
  expect_ours(*one_);
  const auto other = claimant("invoices");
  expect_ours(*other);
  ASSERT_TRUE(adapter_->remove("orders"));
  ASSERT_TRUE(adapter_->remove("orders"));
  expect_ours(*other);
  expect_others(*claimant("invoices"));
}

}  // namespace headwater::sources
