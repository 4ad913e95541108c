// The part of the suite about changes: each is returned once, in order, at any position.
#include <algorithm>
#include <iterator>
#include <set>
#include <thread>

#include "testing/contract/source_suite.h"
#include "testing/rig/retried.h"

namespace headwater::testing {
namespace {

/// Inserts, updates and removes of the rows 1 to 9; some of them are not changes. All rows exist in
/// the end.
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

TEST_P(SourceSuite, FailsBeforeItIsPrepared) {
  if (!rig_->needs_preparation()) GTEST_SKIP() << "there is nothing to prepare";
  auto source = rig_->source()->connect("a");
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().name, "source.not_prepared");
  EXPECT_FALSE(source.error().next.empty());
}

TEST_P(SourceSuite, PreparingAgainChangesNothing) {
  prepare();
  insert(1, 3);
  prepare();
  insert(4, 3);
  EXPECT_EQ(drain(*open()).size(), 6U);
}

TEST_P(SourceSuite, ReturnsEveryChangeOnceInOrder) {
  prepare();
  const auto none = std::int64_t{0};
  write({{Write::Kind::insert, 1, none},
         {Write::Kind::update, 1, std::int64_t{1}},
         {Write::Kind::insert, 2, none},
         {Write::Kind::remove, 1, none}});
  const auto changes = drain(*open());
  if (rig_->source()->ordering() == Ordering::total) {
    EXPECT_EQ(ops_of(changes),
              (std::vector{Op::insert, rig_->update_op(), Op::insert, Op::remove}));
  } else {
    EXPECT_EQ(ops_of(of_key(changes, 1)), (std::vector{Op::insert, rig_->update_op(), Op::remove}));
    EXPECT_EQ(ops_of(of_key(changes, 2)), (std::vector{Op::insert}));
    EXPECT_EQ(changes.size(), 4U);
  }
  Fold fold(*rig_);
  for (const auto& change : changes) fold.apply(change);
  EXPECT_EQ(fold.rows(), table());
}

TEST_P(SourceSuite, ResumesAtEveryPosition) {
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

TEST_P(SourceSuite, ResumesAtABatchsPosition) {
  prepare();
  insert(1, 20);
  auto source = open();
  std::vector<std::string> ids;
  Position at = beginning_;
  while (ids.size() < 20) {
    auto opened = source->open(at);
    ASSERT_TRUE(opened) << opened.error().message;
    auto batch = source->read({3, 1U << 20U}, forever, {});
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

TEST_P(SourceSuite, UncommittedAndRolledBackChangesAreNeverSeen) {
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

TEST_P(SourceSuite, ACommitWakesABlockedRead) {
  prepare();
  auto source = open();
  ASSERT_TRUE(drain(*source).empty());
  for (std::int64_t key = 1; key <= 20; ++key) {
    std::jthread writing([&] { insert(key, 1); });
    std::size_t seen = 0;
    while (seen == 0) {
      auto batch = source->read({100, 1U << 20U}, forever, {});
      ASSERT_TRUE(batch) << batch.error().message;
      seen = batch->changes.size();
    }
    EXPECT_EQ(seen, 1U);
  }
}

TEST_P(SourceSuite, AStopWakesABlockedRead) {
  prepare();
  auto source = open();
  ASSERT_TRUE(drain(*source).empty());
  std::stop_source stop;
  std::jthread stopping([&] { stop.request_stop(); });
  const auto batch = source->read({100, 1U << 20U}, forever, stop.get_token());
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_TRUE(batch->changes.empty());
}

TEST_P(SourceSuite, AReadWithoutChangesEndsAfterItsWait) {
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

TEST_P(SourceSuite, IsCurrentAfterEverythingThatExistedAtOpen) {
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
    const auto batch = rig::read_on(*source, at, {100, 1U << 20U}, forever);
    ASSERT_TRUE(batch) << batch.error().message;
    for (const auto& change : batch->changes) fold.apply(change);
    ASSERT_FALSE(HasFailure());
  }
  for (auto& process : processes) EXPECT_EQ(process.wait(), rig::Exit{}) << process.errors();
  EXPECT_EQ(fold.rows(), table());
  EXPECT_TRUE(drain(*source).empty());
}

TEST_P(SourceSuite, ReleaseKeepsEveryLaterChange) {
  prepare();
  insert(1, 2000);
  auto source = open();
  std::vector<Change> all;
  while (all.size() < 2000) {
    auto batch = source->read({97, 1U << 20U}, forever, {});
    ASSERT_TRUE(batch) << batch.error().message;
    std::ranges::move(batch->changes, std::back_inserter(all));
    if (all.size() < 300) continue;
    // As in a relay, the stream is some changes behind the reads.
    const Position& released = all[all.size() - 150].position;
    ASSERT_TRUE(source->release(durable(released)));
    // Some databases let in one reader at a time.
    source->close();
    auto another = open(released);
    ASSERT_TRUE(another);
    auto rest = another->read({149, 1U << 20U}, forever, {});
    ASSERT_TRUE(rest);
    ASSERT_FALSE(rest->changes.empty());
    ASSERT_EQ(rest->changes.front().id, all[all.size() - 149].id);
    another.reset();
    ASSERT_TRUE(source->open(all.back().position));
  }
}

}  // namespace headwater::testing
