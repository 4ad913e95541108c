#include "testing/contract/source_suite.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "src/event/data_json.h"
#include "testing/contract/source_fold.h"
#include "testing/rig/retried.h"

namespace headwater::testing {
namespace {

constexpr auto for_ever = std::chrono::hours(24);

std::vector<std::string> ids_of(const std::vector<Change>& changes) {
  std::vector<std::string> ids;
  ids.reserve(changes.size());
  for (const auto& change : changes) ids.push_back(change.id);
  return ids;
}

std::vector<Op> ops_of(const std::vector<Change>& changes) {
  std::vector<Op> ops;
  ops.reserve(changes.size());
  for (const auto& change : changes) ops.push_back(change.op);
  return ops;
}

Durable durable(Position position) {
  return Durable::confirmed_by_stream(
      {.sequence = 1, .position = std::move(position), .source = "any"});
}

/// Some of everything, on rows 1 to 9.
std::vector<Write> mixed_writes() {
  std::vector<Write> writes;
  for (std::int64_t i = 0; i < 30; ++i) {
    const std::int64_t key = 1 + i * 7 % 9;
    const auto kind = i % 3 == 0   ? Write::Kind::insert
                      : i % 3 == 1 ? Write::Kind::update
                                   : Write::Kind::remove;
    writes.push_back({.kind = kind, .key = i % 3 == 0 ? key : 1 + (i - i % 3) * 7 % 9, .value = i});
  }
  for (std::int64_t key = 1; key <= 9; ++key) {
    writes.push_back({.kind = Write::Kind::insert, .key = key, .value = key * 100});
  }
  return writes;
}

}  // namespace

std::unique_ptr<Source> SourceSuite::open(const Position& position,
                                          const SourceRigOptions& options) {
  // Wild writers may keep their locks for long.
  const auto adapter = rig_->source(options);
  auto source = rig::retried([&] { return adapter->connect("a"); });
  if (!source) {
    ADD_FAILURE() << source.error().name << ": " << source.error().message;
    return nullptr;
  }
  const Position& from = position.empty() ? beginning_ : position;
  const auto opened = rig::retried([&] { return (*source)->open(from); });
  EXPECT_TRUE(opened) << opened.error().name << ": " << opened.error().message;
  return std::move(*source);
}

void SourceSuite::prepare(const SourceRigOptions& options) {
  auto adapter = rig_->source(options);
  const auto prepared = adapter->prepare("a");
  ASSERT_TRUE(prepared) << prepared.error().message;
  if (!beginning_.empty()) return;
  auto beginning = adapter->beginning("a");
  ASSERT_TRUE(beginning) << beginning.error().message;
  beginning_ = *std::move(beginning);
}

void SourceSuite::write(const std::vector<Write>& writes) {
  auto writer = rig_->writer();
  for (const auto& each : writes) writer->write(each);
}

void SourceSuite::insert(std::int64_t first, std::int64_t count) {
  auto writer = rig_->writer();
  writer->begin();
  for (std::int64_t key = first; key < first + count; ++key) {
    writer->write({.kind = Write::Kind::insert, .key = key, .value = key});
  }
  writer->commit();
}

std::vector<Change> SourceSuite::drain(Source& source, Position* position, ReadLimits limits) {
  std::vector<Change> all;
  for (;;) {
    auto batch = source.read(limits, Milliseconds(0), {});
    EXPECT_TRUE(batch) << batch.error().name << ": " << batch.error().message;
    if (!batch) return all;
    if (position != nullptr) *position = batch->position;
    const bool end = batch->changes.empty() && batch->current;
    std::ranges::move(batch->changes, std::back_inserter(all));
    if (end) return all;
  }
}

std::vector<Change> SourceSuite::await(Source& source, std::size_t count) {
  std::vector<Change> all;
  while (all.size() < count) {
    auto batch = source.read({100, 1U << 20U}, for_ever, {});
    EXPECT_TRUE(batch) << batch.error().name << ": " << batch.error().message;
    if (!batch) return all;
    std::ranges::move(batch->changes, std::back_inserter(all));
  }
  std::ranges::move(drain(source), std::back_inserter(all));
  return all;
}

std::vector<Change> SourceSuite::publish(Source& source, Position tail, std::size_t count) {
  std::vector<Change> all;
  while (all.size() < count) {
    EXPECT_TRUE(source.release(durable(tail)));
    auto batch = source.read({100, 1U << 20U}, for_ever, {});
    EXPECT_TRUE(batch) << batch.error().name << ": " << batch.error().message;
    if (!batch) return all;
    std::ranges::move(batch->changes, std::back_inserter(all));
    tail = std::move(batch->position);
  }
  std::ranges::move(drain(source), std::back_inserter(all));
  return all;
}

std::map<std::string, std::string> SourceSuite::table() {
  std::map<std::string, std::string> result;
  for (const auto& [key, value] : rig_->rows()) {
    result.emplace(fold_text(key), fold_text(value));
  }
  return result;
}

std::string SourceSuite::refusal(SourceAdapter& adapter, const Position& position) {
  auto source = adapter.connect("a");
  EXPECT_TRUE(source) << source.error().message;
  if (!source) return "";
  const auto opened = (*source)->open(position);
  if (opened) return "";
  EXPECT_EQ(opened.error().remedy, Remedy::stop);
  EXPECT_EQ(opened.error().origin, Origin::source);
  EXPECT_FALSE(opened.error().next.empty());
  return opened.error().name;
}

TEST_P(SourceSuite, GivesNothingBeforeItIsPrepared) {
  if (!rig_->needs_preparation()) GTEST_SKIP() << "there is nothing to prepare";
  auto source = rig_->source()->connect("a");
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().name, "source.not_prepared");
  EXPECT_FALSE(source.error().next.empty());
}

TEST_P(SourceSuite, PreparesOnceHoweverOftenItIsTold) {
  prepare();
  insert(1, 3);
  prepare();
  insert(4, 3);
  EXPECT_EQ(drain(*open()).size(), 6U);
}

TEST_P(SourceSuite, GivesEveryChangeOnceInCommitOrder) {
  prepare();
  const auto none = std::int64_t{0};
  write({{Write::Kind::insert, 1, none},
         {Write::Kind::update, 1, std::int64_t{1}},
         {Write::Kind::insert, 2, none},
         {Write::Kind::remove, 1, none}});
  const auto changes = drain(*open());
  EXPECT_EQ(ops_of(changes), (std::vector{Op::insert, rig_->update_op(), Op::insert, Op::remove}));
  Fold fold(*rig_);
  for (const auto& change : changes) fold.apply(change);
  EXPECT_EQ(fold.rows(), table());
}

TEST_P(SourceSuite, ResumesAtEveryPositionWithExactlyTheRest) {
  prepare();
  write(mixed_writes());
  auto source = open();
  const auto all = drain(*source);
  ASSERT_GT(all.size(), 20U);
  const auto ids = ids_of(all);
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), ids.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto opened = source->open(all[i].position);
    ASSERT_TRUE(opened) << opened.error().message;
    const auto rest = drain(*source, nullptr, {1 + i % 5, 1U << 20U});
    ASSERT_EQ(ids_of(rest),
              std::vector(ids.begin() + static_cast<std::ptrdiff_t>(i) + 1, ids.end()));
    for (std::size_t k = 0; k < rest.size(); ++k) {
      EXPECT_EQ(rest[k].position, all[i + 1 + k].position);
    }
  }
}

TEST_P(SourceSuite, ABatchsPositionGoesOnBehindIt) {
  prepare();
  insert(1, 20);
  auto source = open();
  std::vector<std::string> ids;
  Position at = beginning_;
  while (ids.size() < 20) {
    auto opened = source->open(at);
    ASSERT_TRUE(opened) << opened.error().message;
    auto batch = source->read({3, 1U << 20U}, for_ever, {});
    ASSERT_TRUE(batch);
    for (const auto& change : batch->changes) ids.push_back(change.id);
    at = batch->position;
  }
  ASSERT_TRUE(source->open(at));
  EXPECT_TRUE(drain(*source).empty());
  ASSERT_TRUE(source->open(beginning_));
  EXPECT_EQ(ids, ids_of(drain(*source)));
}

TEST_P(SourceSuite, IdsAndPositionsAreTheSameOnAnotherMachine) {
  insert(100, 5);
  prepare();
  write(mixed_writes());
  if (!rig_->keep_copy()) GTEST_SKIP() << "cannot be copied";
  const auto here = drain(*open());
  auto elsewhere = rig_->copy()->connect("a");
  ASSERT_TRUE(elsewhere);
  EXPECT_EQ((*elsewhere)->identity(), open()->identity());
  ASSERT_TRUE((*elsewhere)->open(beginning_));
  const auto there = drain(**elsewhere);
  EXPECT_EQ(ids_of(there), ids_of(here));
  ASSERT_TRUE((*elsewhere)->open(here[10].position));
  EXPECT_EQ(ids_of(drain(**elsewhere)).size(), here.size() - 11);
}

TEST_P(SourceSuite, UncommittedAndRolledBackAreNeverSeen) {
  prepare();
  insert(1, 1);
  auto source = open();
  EXPECT_EQ(drain(*source).size(), 1U);
  auto writer = rig_->writer();
  writer->begin();
  writer->write({.kind = Write::Kind::insert, .key = 2, .value = std::int64_t{2}});
  EXPECT_TRUE(drain(*source).empty());
  writer->roll_back();
  EXPECT_TRUE(drain(*source).empty());
  writer->begin();
  writer->write({.kind = Write::Kind::insert, .key = 3, .value = std::int64_t{3}});
  writer->write({.kind = Write::Kind::insert, .key = 4, .value = std::int64_t{4}});
  EXPECT_TRUE(drain(*source).empty());
  writer->commit();
  EXPECT_EQ(await(*source, 2).size(), 2U);
}

TEST_P(SourceSuite, ACommitWakesAWaitingRead) {
  prepare();
  auto source = open();
  ASSERT_TRUE(drain(*source).empty());
  for (std::int64_t key = 1; key <= 20; ++key) {
    std::jthread writing([&] { insert(key, 1); });
    std::size_t seen = 0;
    while (seen == 0) {
      auto batch = source->read({100, 1U << 20U}, for_ever, {});
      ASSERT_TRUE(batch) << batch.error().message;
      seen = batch->changes.size();
    }
    EXPECT_EQ(seen, 1U);
  }
}

TEST_P(SourceSuite, AStopWakesAWaitingRead) {
  prepare();
  auto source = open();
  ASSERT_TRUE(drain(*source).empty());
  std::stop_source stop;
  std::jthread stopping([&] { stop.request_stop(); });
  const auto batch = source->read({100, 1U << 20U}, for_ever, stop.get_token());
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_TRUE(batch->changes.empty());
}

TEST_P(SourceSuite, AReadWithNothingToGiveEndsAfterItsWait) {
  prepare();
  auto source = open();
  Position at;
  ASSERT_TRUE(drain(*source, &at).empty());
  const auto batch = source->read({100, 1U << 20U}, Milliseconds(3), {});
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_TRUE(batch->changes.empty());
  EXPECT_EQ(batch->position, at);
  EXPECT_TRUE(batch->current);
}

TEST_P(SourceSuite, IsCurrentOnceAllThatWasThereAtOpenIsOut) {
  insert(1, 10);
  prepare({.snapshot = true});
  insert(11, 10);
  auto source = open({}, {.snapshot = true});
  insert(21, 10);
  std::size_t before = 0;
  for (bool current = false; !current;) {
    auto batch = source->read({7, 1U << 20U}, Milliseconds(0), {});
    ASSERT_TRUE(batch);
    before += batch->changes.size();
    current = batch->current;
  }
  EXPECT_GE(before, 20U);
  ASSERT_LE(before, 30U);
  EXPECT_EQ(before + await(*source, 30 - before).size(), 30U);
}

TEST_P(SourceSuite, SeesEveryChangeOfSeveralProcesses) {
  prepare();
  auto source = open();
  std::vector<rig::Process> processes;
  for (std::int64_t i = 0; i < 3; ++i) {
    processes.emplace_back(rig_->inserter(1 + i * 1000, 100));
  }
  Fold fold(*rig_);
  for (Position at = beginning_; fold.changes() < 300;) {
    const auto batch = rig::read_on(*source, at, {100, 1U << 20U}, for_ever);
    ASSERT_TRUE(batch) << batch.error().message;
    for (const auto& change : batch->changes) fold.apply(change);
    ASSERT_FALSE(HasFailure());
  }
  for (auto& process : processes) EXPECT_EQ(process.wait(), rig::Exit{}) << process.errors();
  EXPECT_EQ(fold.rows(), table());
  EXPECT_TRUE(drain(*source).empty());
}

TEST_P(SourceSuite, ReleasingLosesNothingThatIsNotReleased) {
  prepare();
  insert(1, 2000);
  auto source = open();
  std::vector<Change> all;
  while (all.size() < 2000) {
    auto batch = source->read({97, 1U << 20U}, for_ever, {});
    ASSERT_TRUE(batch) << batch.error().message;
    std::ranges::move(batch->changes, std::back_inserter(all));
    if (all.size() < 300) continue;
    // The stream is always some changes behind what was read.
    const Position& released = all[all.size() - 150].position;
    ASSERT_TRUE(source->release(durable(released)));
    auto another = open(released);
    ASSERT_TRUE(another);
    auto rest = another->read({149, 1U << 20U}, for_ever, {});
    ASSERT_TRUE(rest);
    ASSERT_FALSE(rest->changes.empty());
    ASSERT_EQ(rest->changes.front().id, all[all.size() - 149].id);
  }
}

TEST_P(SourceSuite, LostHistoryIsSaid) {
  prepare();
  insert(1, 10);
  Position end;
  const auto all = drain(*open(), &end);
  if (!rig_->cut_history()) GTEST_SKIP() << "its history cannot be cut";
  auto adapter = rig_->source();
  EXPECT_EQ(refusal(*adapter, all[2].position), "source.history_lost");
  EXPECT_EQ(refusal(*adapter, beginning_), "source.history_lost");
  if (rig_->cut_spares_newest()) {
    EXPECT_EQ(refusal(*adapter, end), "");
  }
}

TEST_P(SourceSuite, LostHistoryLeavesAGapIfToldTo) {
  prepare();
  insert(1, 10);
  if (!rig_->cut_history()) GTEST_SKIP() << "its history cannot be cut";
  auto skipping = open({}, {.on_lost = sources::OnLost::skip});
  insert(11, 2);
  std::vector<Op> expected{Op::gap, Op::insert, Op::insert};
  if (rig_->cut_spares_newest() && rig_->skip_takes_up_oldest()) expected.push_back(Op::insert);
  const auto skipped = await(*skipping, expected.size());
  ASSERT_EQ(ops_of(skipped), expected);
  EXPECT_FALSE(skipped[0].gap->restated);
  EXPECT_FALSE(skipped[0].gap->reason.empty());
  // Until the gap is in the stream, it is the same gap.
  EXPECT_EQ(ids_of(drain(*open({}, {.on_lost = sources::OnLost::skip}))), ids_of(skipped));
  EXPECT_EQ(drain(*open(skipped[0].position)).size(), skipped.size() - 1);
}

TEST_P(SourceSuite, LostHistoryIsReadAgainIfToldTo) {
  prepare();
  insert(1, 10);
  if (!rig_->cut_history()) GTEST_SKIP() << "its history cannot be cut";
  const auto changes = publish(*open({}, {.on_lost = sources::OnLost::snapshot}), beginning_, 11);
  ASSERT_EQ(changes.size(), 11U);
  EXPECT_EQ(changes[0].op, Op::gap);
  EXPECT_TRUE(changes[0].gap->restated);
  Fold fold(*rig_);
  for (std::size_t i = 1; i < changes.size(); ++i) fold.apply(changes[i]);
  EXPECT_EQ(fold.reads(), 10U);
  EXPECT_EQ(fold.rows(), table());
}

TEST_P(SourceSuite, AnOlderDatabaseIsNoticed) {
  prepare();
  insert(1, 10);
  if (!rig_->keep_copy()) GTEST_SKIP() << "cannot be copied";
  const auto early = drain(*open());
  insert(11, 10);
  const auto all = drain(*open());
  rig_->go_back();
  auto adapter = rig_->source();
  EXPECT_EQ(refusal(*adapter, all[15].position), "source.went_back");
  EXPECT_EQ(refusal(*adapter, early[9].position), "");
  // New changes have passed the old place; they are others.
  insert(101, 30);
  EXPECT_EQ(refusal(*adapter, all[15].position), "source.went_back");
  EXPECT_EQ(drain(*open(early[9].position)).size(), 30U);
  // Whoever goes on nevertheless gives no id of the lost changes to a new one.
  auto going_on = open(all[15].position, {.on_lost = sources::OnLost::skip});
  const auto after = publish(*going_on, all[15].position, 1);
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0].op, Op::gap);
}

TEST_P(SourceSuite, IdsAreNotUsedAgainAfterGoingBack) {
  prepare();
  insert(1, 10);
  if (!rig_->keep_copy()) GTEST_SKIP() << "cannot be copied";
  insert(11, 10);
  const auto all = drain(*open());
  rig_->go_back();
  auto source = open(all.back().position, {.on_lost = sources::OnLost::snapshot});
  insert(101, 15);
  auto ids = ids_of(publish(*source, all.back().position, 1 + 10 + 15));
  EXPECT_EQ(ids.size(), 1U + 10U + 15U);
  const auto old = ids_of(all);
  ids.insert(ids.end(), old.begin(), old.end());
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), ids.size());
}

TEST_P(SourceSuite, AnotherDatabasesPositionIsRefused) {
  prepare();
  insert(1, 3);
  const auto all = drain(*open());
  auto other = rig_->other_database();
  ASSERT_TRUE(other->prepare("a"));
  EXPECT_EQ(refusal(*other, all[1].position), "source.other_database");
}

TEST_P(SourceSuite, WhatIsNoPositionIsRefused) {
  prepare();
  insert(1, 3);
  const auto all = drain(*open());
  auto adapter = rig_->source();
  EXPECT_EQ(refusal(*adapter, {"nonsense"}), "source.bad_position");
  EXPECT_EQ(refusal(*adapter, {all[1].position.token.substr(0, 20)}), "source.bad_position");
  EXPECT_EQ(refusal(*adapter, {all[1].position.token + "x"}), "source.bad_position");
}

TEST_P(SourceSuite, ValuesSurviveExactly) {
  prepare();
  const auto values = rig_->exact_values();
  auto writer = rig_->writer();
  for (const auto& value : values) {
    writer->write({.kind = Write::Kind::insert, .key = 1, .value = value});
    writer->write({.kind = Write::Kind::remove, .key = 1});
  }
  const auto changes = drain(*open());
  ASSERT_EQ(changes.size(), 2 * values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(rig_->value_in(*changes[2 * i].after), values[i]) << "value " << i;
    if (!rig_->tells_removed_rows()) continue;
    ASSERT_TRUE(changes[2 * i + 1].before) << "value " << i;
    EXPECT_EQ(rig_->value_in(*changes[2 * i + 1].before), values[i]) << "value " << i;
  }
}

TEST_P(SourceSuite, BatchesStayWithinTheirLimits) {
  prepare();
  auto writer = rig_->writer();
  writer->begin();
  for (std::int64_t key = 1; key <= 300; ++key) {
    const auto size = static_cast<std::size_t>(key * 37 % 900);
    writer->write({.kind = Write::Kind::insert, .key = key, .value = Text{std::string(size, 'x')}});
  }
  writer->commit();
  auto source = open();
  const ReadLimits limits{.count = 20, .bytes = 8000};
  std::size_t total = 0;
  std::size_t full = 0;
  while (total < 300) {
    const auto batch = source->read(limits, for_ever, {});
    ASSERT_TRUE(batch);
    ASSERT_FALSE(batch->changes.empty());
    std::size_t bytes = 0;
    for (const auto& change : batch->changes) bytes += footprint(change);
    EXPECT_LE(batch->changes.size(), limits.count);
    EXPECT_EQ(batch->bytes, bytes);
    EXPECT_LE(bytes, limits.bytes);
    if (batch->changes.size() > 3) ++full;
    total += batch->changes.size();
  }
  EXPECT_GT(full, 10U);
}

TEST_P(SourceSuite, AChangeLargerThanTheLimitsComesAlone) {
  prepare();
  const Text large{std::string(3'000'000, 'y')};
  write({{Write::Kind::insert, 1, std::int64_t{1}},
         {Write::Kind::insert, 2, large},
         {Write::Kind::update, 2, std::int64_t{2}},
         {Write::Kind::insert, 3, std::int64_t{3}}});
  auto source = open();
  std::vector<std::size_t> sizes;
  for (std::size_t total = 0; total < 4; total += sizes.back()) {
    const auto batch = source->read({.count = 10, .bytes = 100'000}, for_ever, {});
    ASSERT_TRUE(batch) << batch.error().message;
    sizes.push_back(batch->changes.size());
    ASSERT_GT(sizes.back(), 0U);
  }
  // The update is as large as the row it replaced, if it tells that.
  const auto expected = rig_->tells_removed_rows() ? std::vector<std::size_t>{1, 1, 1, 1}
                                                   : std::vector<std::size_t>{1, 1, 2};
  EXPECT_EQ(sizes, expected);
}

TEST_P(SourceSuite, ATooLargeChangeIsNamedOrLeavesAGapUnderItsId) {
  prepare();
  write({{Write::Kind::insert, 1, std::int64_t{1}},
         {Write::Kind::insert, 2, Text{std::string(3'000'000, 'y')}},
         {Write::Kind::insert, 3, std::int64_t{3}}});
  const auto whole = drain(*open());
  ASSERT_EQ(whole.size(), 3U);

  auto stopping = open({}, {.max_change = 2'000'000});
  const auto before = stopping->read({10, 8U << 20U}, for_ever, {});
  ASSERT_TRUE(before);
  EXPECT_EQ(before->changes.size(), 1U);
  const auto stopped = stopping->read({10, 8U << 20U}, for_ever, {});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().name, "source.change_too_large");
  EXPECT_EQ(stopped.error().remedy, Remedy::stop);
  EXPECT_FALSE(stopped.error().next.empty());

  auto source = open({}, {.max_change = 2'000'000, .gap_for_large = true});
  const auto with_gap = drain(*source);
  EXPECT_EQ(ids_of(with_gap), ids_of(whole));
  EXPECT_EQ(ops_of(with_gap), (std::vector{Op::insert, Op::gap, Op::insert}));
  EXPECT_EQ(with_gap[1].table, whole[1].table);
  EXPECT_EQ(rig_->key_in(*with_gap[1].key), rig_->key_in(*whole[1].key));
  ASSERT_TRUE(source->open(with_gap[1].position));
  EXPECT_EQ(drain(*source).size(), 1U);
}

/// A copy of the table that has no large row must not keep one that became small, or that is gone.
TEST_P(SourceSuite, FromLargeToSmallAndToNothingIsTold) {
  prepare();
  const Text large{std::string(3'000'000, 'y')};
  write({{Write::Kind::insert, 1, large},
         {Write::Kind::update, 1, std::int64_t{1}},
         {Write::Kind::insert, 2, large},
         {Write::Kind::remove, 2, std::int64_t{0}}});
  const auto whole = drain(*open());
  auto source = open({}, {.max_change = 2'000'000, .gap_for_large = true});
  const auto told = drain(*source);
  EXPECT_EQ(ids_of(told), ids_of(whole));
  ASSERT_EQ(ops_of(told), (std::vector{Op::gap, rig_->update_op(), Op::gap, Op::remove}));
  Change without_before = whole[1];
  without_before.before.reset();
  EXPECT_EQ(data_json(told[1]), data_json(without_before));
  EXPECT_EQ(rig_->key_in(*told[3].key), rig_->key_in(*whole[3].key));

  // Nor do these two stop a relay.
  auto stopping = open(told[0].position, {.max_change = 2'000'000});
  auto first = stopping->read({1, 8U << 20U}, for_ever, {});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(ops_of(first->changes), (std::vector{rig_->update_op()}));
  stopping = open(told[2].position, {.max_change = 2'000'000});
  first = stopping->read({1, 8U << 20U}, for_ever, {});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(ops_of(first->changes), (std::vector{Op::remove}));
}

}  // namespace headwater::testing
