// The part of the suite about snapshots: the rows that exist before the first change.
#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>

#include "testing/contract/source_suite.h"
#include "testing/disasters/long_run.h"
#include "testing/rig/retried.h"

namespace headwater::testing {
namespace {

/// How much the concurrent tests write and read. A slow database gets fewer rows and reads fewer at
/// once, so the number of reads is the same.
struct Load {
  std::int64_t rows;      ///< Before the snapshot.
  int writes;             ///< Of each writer.
  std::size_t read;       ///< Changes in one read.
  std::size_t most_read;  ///< The same where it is random.
};

Load load_for(const SourceRig& rig) {
  const int divisor = rig::long_run() ? 1 : rig.slowness();
  return {.rows = 2000 / divisor,
          .writes = 1500 / divisor,
          .read = std::max<std::size_t>(2, 17U / static_cast<unsigned>(divisor)),
          .most_read = 200U / static_cast<unsigned>(divisor)};
}

Write random_write(std::mt19937& random, std::int64_t rows) {
  constexpr std::array kinds{Write::Kind::insert, Write::Kind::update, Write::Kind::remove};
  return {.kind = kinds[random() % kinds.size()],
          .key = static_cast<std::int64_t>(random()) % (rows * 2),
          .value = static_cast<std::int64_t>(random())};
}

/// Locks the rig's turns, if it has any.
std::unique_lock<Turns> turn(SourceRig& rig) {
  return rig.turns() == nullptr ? std::unique_lock<Turns>() : std::unique_lock(*rig.turns());
}

void write_at_random(SourceRig& rig, unsigned seed, const Load& load) {
  auto writer = rig.writer();
  std::mt19937 random(seed);
  for (int i = 0; i < load.writes; ++i) {
    const bool several = random() % 4 == 0;
    const auto lock = turn(rig);
    if (several) writer->begin();
    for (unsigned k = 0; k < (several ? 5U : 1U); ++k) {
      writer->write(random_write(random, load.rows));
    }
    if (!several) continue;
    if (random() % 4 == 0) {
      writer->roll_back();
    } else {
      writer->commit();
    }
  }
}

}  // namespace

TEST_P(SourceSuite, ExistingRowsAreReturnedOnceBeforeTheirChanges) {
  insert(1, 5);
  prepare({.snapshot = true});
  write({{Write::Kind::update, 2, std::int64_t{22}},
         {Write::Kind::remove, 3, {}},
         {Write::Kind::insert, 3, std::int64_t{33}},
         {Write::Kind::insert, 9, std::int64_t{9}}});
  Fold fold(*rig_);
  for (const auto& change : drain(*open({}, {.snapshot = true}))) fold.apply(change);
  if (rig_->snapshot_is_as_of_prepare()) {
    EXPECT_EQ(fold.reads(), 5U);
    EXPECT_EQ(fold.changes(), 9U);
  } else {
    EXPECT_GE(fold.reads(), 3U);
  }
  EXPECT_EQ(fold.rows(), table());
}

TEST_P(SourceSuite, WithoutASnapshotExistingRowsAreNotReturned) {
  insert(1, 5);
  prepare({.snapshot = false});
  insert(6, 2);
  EXPECT_EQ(drain(*open()).size(), 2U);
}

TEST_P(SourceSuite, ASnapshotResumesAtEveryPosition) {
  insert(1, 12);
  prepare({.snapshot = true});
  write({{Write::Kind::update, 2, std::int64_t{22}},
         {Write::Kind::remove, 3, {}},
         {Write::Kind::insert, 3, std::int64_t{33}},
         {Write::Kind::insert, 90, std::int64_t{9}},
         {Write::Kind::update, 12, std::int64_t{120}}});
  auto source = open({}, {.snapshot = true});
  const auto all = drain(*source, nullptr, {1, 1U << 20U});
  const auto expected = table();
  Fold whole(*rig_);
  for (const auto& change : all) whole.apply(change);
  ASSERT_EQ(whole.rows(), expected);
  if (rig_->snapshot_is_as_of_prepare()) {
    ASSERT_EQ(whole.reads(), 12U);
    ASSERT_EQ(all.size(), 12U + 5U);
  }
  for (std::size_t kept = 0; kept <= all.size(); ++kept) {
    const auto opened = source->open(kept == 0 ? beginning_ : all[kept - 1].position);
    ASSERT_TRUE(opened) << opened.error().message;
    Fold fold(*rig_);
    for (std::size_t i = 0; i < kept; ++i) fold.apply(all[i]);
    for (const auto& change : drain(*source)) fold.apply(change);
    ASSERT_EQ(fold.reads(), whole.reads()) << "resumed after " << kept;
    ASSERT_EQ(fold.changes(), all.size()) << "resumed after " << kept;
    ASSERT_EQ(fold.rows(), expected) << "resumed after " << kept;
  }
}

/// Rows read on request are not news: they are as the events before them say.
class AgainFold {
 public:
  explicit AgainFold(const SourceRig& rig) : rig_(&rig), fold_(rig) {}

  void apply(const Change& change) {
    if (change.op != Op::read || !fold_.rows().contains(key_of(change))) {
      fold_.apply(change);
      return;
    }
    const std::string key = key_of(change);
    EXPECT_TRUE(ids_.insert(change.id).second) << "twice: " << change.id;
    EXPECT_EQ(fold_.rows().at(key), fold_text(rig_->value_after(change))) << change.id;
    ++read_again_[key];
  }
  [[nodiscard]] const std::map<std::string, std::string>& rows() const { return fold_.rows(); }
  /// How often each row was.
  [[nodiscard]] const std::map<std::string, int>& read_again() const { return read_again_; }

 private:
  [[nodiscard]] std::string key_of(const Change& change) const {
    return fold_text(rig_->key_in(*change.key));
  }
  const SourceRig* rig_;
  Fold fold_;
  std::set<std::string> ids_;
  std::map<std::string, int> read_again_;
};

/// As `headwater snapshot` does for a relay whose stream ends at `tail`. Returns where it then ends.
Position requested(SourceAdapter& adapter, const Tail& tail, const std::string& table) {
  const auto asked = adapter.read_again("a", tail, {table}, "");
  EXPECT_TRUE(asked) << asked.error().message;
  return asked && *asked ? **asked : tail.position;
}

TEST_P(SourceSuite, RowsAreReadAgainOnRequest) {
  insert(1, 12);
  prepare({.snapshot = true});
  auto adapter = rig_->source({.snapshot = true});
  AgainFold fold(*rig_);
  Position at;
  const auto first = drain(*open({}, {.snapshot = true}), &at);
  for (const auto& change : first) fold.apply(change);
  const std::string table_name = first.at(0).table;
  for (std::uint64_t time = 1; time <= 2; ++time) {
    at = requested(*adapter, {.sequence = time, .position = at, .source = "s"}, table_name);
    const auto twice = adapter->read_again("a", {.sequence = time, .position = at, .source = "s"},
                                           {table_name}, "");
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().name, "source.snapshot_running");
    // A relay that crashes after every change.
    auto source = open(at, {.snapshot = true});
    for (std::size_t read = 0;;) {
      const auto batch = source->read({1, 1U << 20U}, Milliseconds(0), {});
      ASSERT_TRUE(batch) << batch.error().message;
      for (const auto& change : batch->changes) fold.apply(change);
      at = batch->position;
      if (batch->changes.empty()) {
        if (batch->current) break;
        continue;
      }
      if (++read % 3 == 1)
        write({{Write::Kind::update, 13 - static_cast<std::int64_t>(read % 12),
                static_cast<std::int64_t>(read)}});
      ASSERT_TRUE(source->open(at));
    }
    EXPECT_EQ(fold.rows(), table());
    EXPECT_EQ(fold.read_again().size(), 12U);
    for (const auto& [key, count] : fold.read_again()) EXPECT_EQ(count, time) << key;
  }
}

TEST_P(SourceSuite, OnlyTablesOfTheRelayAreReadAgain) {
  insert(1, 1);
  prepare({.snapshot = true});
  auto adapter = rig_->source({.snapshot = true});
  Position at;
  (void)drain(*open({}, {.snapshot = true}), &at);
  const auto unknown =
      adapter->read_again("a", {.sequence = 1, .position = at, .source = "s"}, {"nothing"}, "");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().name, "source.no_such_table");
  EXPECT_NE(unknown.error().next, "");
}

TEST_P(SourceSuite, ASnapshotJoinsTheChangesOfConcurrentWriters) {
  const Load load = load_for(*rig_);
  insert(1, load.rows);
  prepare({.snapshot = true});
  std::atomic<int> running = 2;
  std::vector<std::jthread> writers;
  for (unsigned seed : {1U, 2U}) {
    writers.emplace_back([&, seed] {
      write_at_random(*rig_, seed, load);
      --running;
    });
  }
  Fold fold(*rig_);
  auto source = open({}, {.snapshot = true});
  Position at = beginning_;
  bool last = false;
  for (bool done = false; !done;) {
    // A source is current after everything committed before open(), so the last pass opens it
    // again.
    if (!last && running == 0) {
      last = true;
      ASSERT_TRUE(source->open(at));
    }
    const auto batch = [&] {
      const auto lock = turn(*rig_);
      return rig::read_on(*source, at, {load.read, 1U << 20U}, Milliseconds(0));
    }();
    ASSERT_TRUE(batch) << batch.error().message;
    for (const auto& change : batch->changes) fold.apply(change);
    ASSERT_FALSE(HasFailure());
    ASSERT_TRUE(source->release(durable(batch->position)));
    done = last && batch->current && batch->changes.empty();
  }
  if (rig_->snapshot_is_as_of_prepare()) {
    EXPECT_EQ(fold.reads(), static_cast<std::size_t>(load.rows));
  }
  EXPECT_EQ(fold.rows(), table());
}

TEST_P(SourceSuite, ASnapshotSurvivesCrashesUnderConcurrentWriters) {
  const Load load = load_for(*rig_);
  insert(1, load.rows);
  prepare({.snapshot = true});
  std::atomic<bool> running = true;
  std::jthread writer([&] {
    write_at_random(*rig_, 3, load);
    running = false;
  });
  std::mt19937 random(4);
  Fold fold(*rig_);
  std::vector<std::jthread> closing;
  Position at = beginning_;
  for (bool done = false; !done;) {
    const bool last = !running;
    auto source = open(at, {.snapshot = true});
    ASSERT_TRUE(source);
    done = last;
    for (int reads = 0; reads < 4; ++reads) {
      Position read_to = at;
      const auto batch = [&] {
        const auto lock = turn(*rig_);
        return rig::read_on(*source, read_to, {1 + random() % load.most_read, 1U << 20U},
                            Milliseconds(0));
      }();
      ASSERT_TRUE(batch) << batch.error().message;
      if (!batch->current || !batch->changes.empty()) done = false;
      // The stream accepted this many of them before the crash.
      const std::size_t kept = random() % (batch->changes.size() + 1);
      for (std::size_t i = 0; i < kept; ++i) fold.apply(batch->changes[i]);
      ASSERT_FALSE(HasFailure());
      if (kept > 0) at = batch->changes[kept - 1].position;
      if (kept < batch->changes.size()) break;
      at = batch->position;
      ASSERT_TRUE(source->release(durable(at)));
    }
    // A crash takes no time, but closing a connection may, so another thread does it.
    closing.emplace_back([old = std::move(source)]() mutable { old.reset(); });
  }
  if (rig_->snapshot_is_as_of_prepare()) {
    EXPECT_EQ(fold.reads(), static_cast<std::size_t>(load.rows));
  }
  EXPECT_EQ(fold.rows(), table());
}

}  // namespace headwater::testing
