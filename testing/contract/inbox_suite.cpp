#include "testing/contract/inbox_suite.h"

#include <algorithm>
#include <map>
#include <random>
#include <thread>

#include "testing/disasters/long_run.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::testing {

using client::Delivery;
using std::chrono::days;
using std::chrono::hours;

namespace {

std::vector<bool> all(std::size_t count, bool value) { return std::vector<bool>(count, value); }

}  // namespace

std::unique_ptr<InboxConnection> InboxSuite::open(const client::InboxOptions& options) const {
  auto opened = try_open(options);
  if (opened) return *std::move(opened);
  ADD_FAILURE() << opened.error().name << ": " << opened.error().message;
  std::abort();
}

std::vector<bool> InboxSuite::handle(InboxConnection& connection,
                                     std::span<const Delivery> deliveries,
                                     std::uint64_t acknowledged) const {
  auto is_new = connection.claim(deliveries, acknowledged);
  if (!is_new) {
    ADD_FAILURE() << is_new.error().name << ": " << is_new.error().message;
    return {};
  }
  for (std::size_t i = 0; i < is_new->size(); ++i) {
    if (!(*is_new)[i]) continue;
    auto applied = connection.apply(std::string(deliveries[i].id));
    EXPECT_TRUE(applied) << applied.error().message;
  }
  auto committed = connection.commit();
  EXPECT_TRUE(committed) << committed.error().message;
  return *is_new;
}

void InboxSuite::expect_refused(const client::InboxOptions& options,
                                const std::string& name) const {
  auto opened = try_open(options);
  ASSERT_FALSE(opened) << name;
  EXPECT_EQ(opened.error().name, name) << opened.error().message;
  EXPECT_EQ(opened.error().remedy, client::Remedy::stop);
  EXPECT_NE(opened.error().message.find(options.table), std::string::npos)
      << opened.error().message;
  EXPECT_FALSE(opened.error().next.empty());
}

void InboxSuite::expect_each_once(std::uint64_t last) const {
  std::map<std::string, int> times;
  for (const auto& id : rig_->effects()) ++times[id];
  for (std::uint64_t n = 1; n <= last; ++n) EXPECT_EQ(times[sample_id(n)], 1) << n;
  EXPECT_EQ(times.size(), last);
}

TEST_P(InboxSuite, AnEventIsNewOnce) {
  const auto connection = open();
  EXPECT_EQ(handle(*connection, 1, 3), all(3, true));
  EXPECT_EQ(handle(*connection, 2, 5), (std::vector<bool>{false, false, true, true}));
  EXPECT_EQ(handle(*connection, 1, 5), all(5, false));
  expect_each_once(5);
  // The same id of another source is another event.
  const Delivery other{.source = "sqlite:07e5", .id = "sample:1", .sequence = 6};
  EXPECT_EQ(handle(*connection, {&other, 1}), all(1, true));
}

TEST_P(InboxSuite, AnEmptyBatchIsClaimed) {
  const auto connection = open();
  EXPECT_EQ(handle(*connection, {}), std::vector<bool>());
}

TEST_P(InboxSuite, IdsAreAnyText) {
  const auto connection = open();
  const std::vector<std::string> ids{"it's \"one\", {two}\\", "$", "$$NOW", "ß ∑ 漢", "", "a b",
                                     std::string(700, 'x')};
  std::vector<Delivery> deliveries;
  for (const auto& id : ids) {
    deliveries.push_back({.source = "s'\"", .id = id, .sequence = deliveries.size() + 1});
  }
  EXPECT_EQ(handle(*connection, deliveries), all(ids.size(), true));
  EXPECT_EQ(handle(*connection, deliveries), all(ids.size(), false));
}

TEST_P(InboxSuite, AClaimThatIsRolledBackIsNone) {
  const auto connection = open();
  const SampleEvents events(1, 3);
  auto is_new = connection->claim(events.all(), 0);
  ASSERT_TRUE(is_new) << is_new.error().message;
  ASSERT_TRUE(connection->apply(sample_id(1)));
  connection->roll_back();
  EXPECT_TRUE(rig_->effects().empty());
  EXPECT_EQ(handle(*connection, 1, 3), all(3, true));
  expect_each_once(3);
}

TEST_P(InboxSuite, SixHundredRepeatsInOneCall) {
  const auto connection = open();
  const SampleEvents events(1, 300);
  std::vector<Delivery> deliveries(events.all().begin(), events.all().end());
  deliveries.insert(deliveries.end(), events.all().begin(), events.all().end());
  for (std::size_t i = 300; i < 600; ++i) deliveries[i].sequence += 300;
  std::shuffle(deliveries.begin(), deliveries.end(), std::mt19937_64(rig::seed()));
  const auto is_new = handle(*connection, deliveries);
  ASSERT_EQ(is_new.size(), 600U);
  std::map<std::string_view, int> times;
  for (std::size_t i = 0; i < 600; ++i) {
    EXPECT_EQ(is_new[i], times[deliveries[i].id]++ == 0) << deliveries[i].id;
  }
  expect_each_once(300);
  EXPECT_EQ(handle(*connection, deliveries), all(600, false));
}

TEST_P(InboxSuite, OfTwoThatClaimOneEventOneAppliesIt) {
  (void)open();
  const auto races = static_cast<std::uint64_t>(rig_->races());
  const auto consume = [&] {
    const auto connection = open();
    for (std::uint64_t n = 1; n <= races; ++n) {
      const SampleEvents event(n, n);
      bool done = false;
      while (!done) {
        auto is_new = connection->claim(event.all(), 0);
        done = is_new && (!(*is_new)[0] || connection->apply(event.id(0))) && connection->commit();
        if (!done) connection->roll_back();
      }
    }
  };
  std::thread other(consume);
  consume();
  other.join();
  expect_each_once(races);
}

TEST_P(InboxSuite, EachEffectHappensOnceHoweverOftenAConsumerIsKilled) {
  const auto connection = open();
  const rig::TemporaryFolder folder;
  const std::string place = folder / "place";
  rig::write_file(place, "0");
  std::mt19937_64 random(rig::seed());
  const auto live = [&](std::uint64_t last, std::uint64_t steps, std::uint64_t microseconds) {
    rig::Process child(
        {.words = {rig_->child(), rig_->address(), rig_->table(), place, std::to_string(last),
                   std::to_string(steps), std::to_string(microseconds)}});
    const auto exit = child.wait();
    EXPECT_TRUE(exit);
    const rig::Exit expected =
        steps > 0 ? rig::Exit{.code = 0, .signal = SIGKILL} : rig::Exit{.code = 0, .signal = 0};
    EXPECT_EQ(exit.value_or(rig::Exit{}), expected) << child.errors();
    rig_->end_transactions();
  };
  // A fifth of a long run's in every run.
  for (int kill = 0; kill < rig::repeats(200, 40); ++kill) {
    const bool between = random() % 2 == 0;
    live(1'000'000, 1 + random() % 25, between ? 0 : 1 + random() % 2'000);
  }
  const std::uint64_t last = std::strtoull(rig::contents(place).c_str(), nullptr, 10) + 20;
  live(last, 0, 0);
  expect_each_once(last);
}

TEST_P(InboxSuite, WhatIsNotAcknowledgedIsKnownAfterALongTime) {
  {
    const auto connection = open();
    handle(*connection, 1, 20, 10);
    ASSERT_TRUE(connection->forget_some(10));
  }
  rig_->age(days(30));
  const auto connection = open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(connection->forget_some(10));
  EXPECT_EQ(handle(*connection, 11, 21, 10).front(), false);
  EXPECT_EQ(handle(*connection, 11, 21, 10), all(11, false));
  expect_each_once(21);
}

TEST_P(InboxSuite, WhatIsNotAcknowledgedIsKnownToOthersAfterALongTime) {
  auto second = options();
  second.worker = 1;
  {
    const auto one = open();
    const auto two = open(second);
    handle(*one, 1, 10);
    handle(*two, 11, 20);
    // Claims that are taken back leave nothing behind.
    const SampleEvents never(21, 30);
    ASSERT_TRUE(two->claim(never.all(), 0));
    two->roll_back();
  }
  rig_->age(days(30));
  // The workers' parts may be others now.
  const auto connection = open();
  EXPECT_EQ(handle(*connection, 1, 20), all(20, false));
  EXPECT_EQ(handle(*connection, 21, 30), all(10, true));
  rig_->age(days(30));
  EXPECT_EQ(handle(*connection, 15, 30), all(16, false));
  expect_each_once(30);
}

TEST_P(InboxSuite, ARepeatWithAHigherSequenceIsKept) {
  auto connection = open();
  handle(*connection, 1, 10);
  const std::string id = sample_id(3);
  const Delivery again{.source = "sqlite:7e57", .id = id, .sequence = 50};
  EXPECT_EQ(handle(*connection, {&again, 1}, 10), all(1, false));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(connection->forget_some(10));
    later(connection, days(30));
  }
  EXPECT_EQ(handle(*connection, {&again, 1}, 10), all(1, false));
}

TEST_P(InboxSuite, AShorterPeriodIsApplied) {
  auto chosen = options();
  chosen.keep = days(7);
  {
    const auto connection = open(chosen);
    handle(*connection, 1, 10);
    ASSERT_TRUE(connection->forget_some(10));
    // An event that does not matter: its claim shows that 1 to 10 are acknowledged.
    handle(*connection, 11, 11, 10);
    rig_->age(days(3));
    ASSERT_TRUE(connection->forget_some(11));
    EXPECT_EQ(rig_->remembered(), 11U);
  }
  chosen.keep = days(2);
  const auto connection = open(chosen);
  ASSERT_TRUE(connection->forget_some(11));
  rig_->age(hours(1));
  ASSERT_TRUE(open(chosen)->forget_some(11));
  EXPECT_LE(rig_->remembered(), 1U);
}

TEST_P(InboxSuite, AnotherConsumersInboxIsRefused) {
  handle(*open(), 1, 1);
  auto other = options();
  other.consumer = "stock";
  expect_refused(other, "inbox.other_consumer");
  EXPECT_NE(try_open(other).error().message.find("mail"), std::string::npos);
  EXPECT_EQ(handle(*open(), 1, 1), all(1, false));
}

TEST_P(InboxSuite, ATableOfAnotherShapeIsRefused) {
  rig_->put_other_shape();
  expect_refused(options(), "inbox.other_shape");
}

TEST_P(InboxSuite, IdsWithoutAConsumersNameAreRefused) {
  handle(*open(), 1, 1);
  rig_->remove_name();
  expect_refused(options(), "inbox.other_shape");
}

TEST_P(InboxSuite, KeepIsNotShorterThanTheStreamNeeds) {
  auto chosen = options();
  chosen.keep = hours(23);
  expect_refused(chosen, "inbox.keep_too_short");
  chosen.least_keep = hours(23);
  (void)open(chosen);
}

TEST_P(InboxForgets, OnlyWhatIsOldAndAcknowledged) {
  auto connection = open();
  handle(*connection, 1, 10);
  const auto forget = [&](std::uint64_t acknowledged) {
    auto more = connection->forget_some(acknowledged);
    ASSERT_TRUE(more) << more.error().message;
    EXPECT_FALSE(*more);
  };
  forget(5);
  forget(10);
  EXPECT_EQ(rig_->remembered(), 10U);
  later(connection, days(8));
  forget(5);
  EXPECT_EQ(rig_->remembered(), 5U);
  EXPECT_EQ(handle(*connection, 6, 10), all(5, false));
  forget(10);
  later(connection, days(8));
  forget(10);
  EXPECT_EQ(rig_->remembered(), 0U);
}

TEST_P(InboxForgets, InPieces) {
  auto connection = open();
  handle(*connection, 1, 1'000);
  ASSERT_TRUE(connection->forget_some(1'000));
  later(connection, days(8));
  std::size_t before = 1'000;
  // A part of a pass may be without old ids.
  for (int calls = 0; before > 0 && calls < 50; ++calls) {
    auto forgotten = connection->forget_some(1'000);
    ASSERT_TRUE(forgotten) << forgotten.error().message;
    const std::size_t left = rig_->remembered();
    EXPECT_LE(before - left, 500U);
    before = left;
  }
  EXPECT_EQ(before, 0U);
}

TEST_P(InboxForgets, InAnInboxOfManyIds) {
  auto connection = open();
  // Old ids between others, as far as there are pages.
  for (std::uint64_t n = 0; n < 5; ++n) handle(*connection, n * 1'000 + 1, n * 1'000 + 1'000);
  ASSERT_TRUE(connection->forget_some(2'500));
  later(connection, days(8));
  handle(*connection, 5'001, 6'000);
  std::size_t calls = 0;
  for (; rig_->remembered() > 3'500 && calls < 100; ++calls) {
    ASSERT_TRUE(connection->forget_some(2'500));
  }
  EXPECT_EQ(rig_->remembered(), 3'500U);
  for (calls = 0; calls < 20; ++calls) ASSERT_TRUE(connection->forget_some(2'500));
  EXPECT_EQ(rig_->remembered(), 3'500U);
}

TEST_P(InboxForgets, WhatAConsumerClaimsAgainFromFurtherBack) {
  auto connection = open();
  handle(*connection, 1, 10);
  ASSERT_TRUE(connection->forget_some(10));
  later(connection, days(8));
  ASSERT_TRUE(connection->forget_some(10));
  ASSERT_EQ(rig_->remembered(), 0U);
  // It was removed, and starts again from the first event.
  EXPECT_EQ(handle(*connection, 1, 10), all(10, true));
  ASSERT_TRUE(connection->forget_some(0));
  EXPECT_EQ(handle(*connection, 1, 10), all(10, false));
  ASSERT_TRUE(connection->forget_some(10));
  ASSERT_TRUE(connection->forget_some(10));
  EXPECT_EQ(rig_->remembered(), 10U);
}

}  // namespace headwater::testing
