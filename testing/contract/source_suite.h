// The suite every source passes. An adapter brings a SourceRig and one line:
//
//     INSTANTIATE_TEST_SUITE_P(Postgres, SourceSuite, ::testing::Values(&make_postgres_rig));
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/event/value.h"
#include "src/ports/adapter.h"
#include "src/sources/shared/policies.h"
#include "testing/rig/process.h"

namespace headwater::testing {

/// A statement on the rig's table, whose rows have a key (made from a number) and a value.
struct Write {
  enum class Kind { insert, update, remove };
  Kind kind = Kind::insert;
  std::int64_t key = 0;
  Value value{};
};

/// One connection of a program that knows nothing of Headwater. One thread.
class SourceWriter {
 public:
  virtual ~SourceWriter() = default;
  virtual void begin() = 0;
  /// Inside a transaction or as one of its own. A key that is there already (insert) or is not
  /// there (update, remove) is no error, and no change.
  virtual void write(const Write& write) = 0;
  virtual void commit() = 0;
  virtual void roll_back() = 0;
};

/// Lockable by one after the other, in the order in which they ask.
class Turns {
 public:
  void lock() {
    const std::uint64_t mine = next_++;
    for (auto now = served_.load(); now != mine; now = served_.load()) served_.wait(now);
  }
  void unlock() {
    ++served_;
    served_.notify_all();
  }

 private:
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<std::uint64_t> served_ = 0;
};

struct SourceRigOptions {
  /// Not said: true where snapshot_is_of_the_beginning(), else false, so that what is written after
  /// prepare() comes as changes in either case.
  std::optional<bool> snapshot;
  sources::OnLost on_lost = sources::OnLost::stop;
  std::uint64_t max_change = std::uint64_t{100} << 20U;
  bool gap_for_large = false;

  /// For a source whose own are `defaults`.
  [[nodiscard]] sources::Policies policies(sources::Policies defaults) const {
    defaults.snapshot = snapshot.value_or(defaults.snapshot);
    defaults.on_lost = on_lost;
    defaults.large.policy = gap_for_large ? OnLarge::gap : OnLarge::stop;
    defaults.large.most = max_change;
    return defaults;
  }
};

/// A fresh, real database with one empty table, and what the suite may do to it. What a database
/// cannot do, its rig says here, and the tests concerned are skipped.
class SourceRig {
 public:
  virtual ~SourceRig() = default;

  /// An adapter on the database that shares no memory with any other and lets history go as soon
  /// as it may. Not prepared.
  virtual std::unique_ptr<SourceAdapter> source(const SourceRigOptions& options = {}) = 0;
  /// The same on another, also fresh database.
  virtual std::unique_ptr<SourceAdapter> other_database() = 0;
  virtual std::unique_ptr<SourceWriter> writer() = 0;
  /// A program that inserts `count` rows from key `first` on, each in a transaction of its own.
  [[nodiscard]] virtual rig::Command inserter(std::int64_t first, std::int64_t count) const = 0;

  /// The table as it is now: key columns' values and the value, in any order.
  virtual std::vector<std::pair<std::vector<Value>, Value>> rows() = 0;
  /// The value in a row image.
  [[nodiscard]] virtual Value value_in(const Row& row) const = 0;
  /// The key's columns in a change's key, as rows() gives them.
  [[nodiscard]] virtual std::vector<Value> key_in(const Row& key) const {
    const auto values = values_of(key);
    return {values.begin(), values.end()};
  }
  /// The row's value after an insert, an update or a replacement: what a consumer makes of it.
  [[nodiscard]] virtual Value value_after(const Change& change) const {
    return value_in(*change.after);
  }
  /// What Write::Kind::update is in this database's words.
  [[nodiscard]] virtual Op update_op() const { return Op::update; }
  /// Values that are hard to keep, and that this database can hold.
  [[nodiscard]] virtual std::vector<Value> exact_values() const = 0;

  /// What the largest tables and longest runs of writes are divided by, except in a long run.
  [[nodiscard]] virtual int slowness() const { return 1; }

  /// False: it keeps its history in any case, and there is nothing to prepare.
  [[nodiscard]] virtual bool needs_preparation() const { return true; }
  /// Whether a removal says what the row was.
  [[nodiscard]] virtual bool tells_removed_rows() const { return true; }
  /// True: rows come as they were when the relay was prepared, and then every change since. False:
  /// each comes as it is when it is read, and its changes up to then do not.
  [[nodiscard]] virtual bool snapshot_is_of_the_beginning() const { return true; }
  /// Where the database cannot read rows and say when, while others write: each transaction and
  /// each read of the source has its turn. nullptr: they go on side by side.
  virtual Turns* turns() { return nullptr; }

  /// Forgets all history but the newest change; false if that cannot be done.
  virtual bool cut_history() { return false; }
  /// False: cut_history() cannot spare the newest change.
  [[nodiscard]] virtual bool cut_spares_newest() const { return true; }
  /// Whoever skips what is lost goes on with the oldest change that is still there; if not, with
  /// the next one to come.
  [[nodiscard]] virtual bool skip_takes_up_oldest() const { return true; }
  /// Keeps a copy of the database as it is; false if that cannot be done. Nothing is open.
  virtual bool keep_copy() { return false; }
  /// An adapter on the copy, as on another machine.
  virtual std::unique_ptr<SourceAdapter> copy() { return nullptr; }
  /// The database is the copy again: what came after it is undone. Nothing is open.
  virtual void go_back() {}
};

/// Or what the rig needs that is not here, in words for whoever reads why its tests were skipped.
using MadeSourceRig = tl::expected<std::unique_ptr<SourceRig>, std::string>;
using MakeSourceRig = MadeSourceRig (*)();

/// What a consumer makes of the changes; every change is checked against what came before it.
class Fold {
 public:
  explicit Fold(const SourceRig& rig) : rig_(&rig) {}

  void apply(const Change& change);

  /// The rows that exist now, as key and value texts.
  [[nodiscard]] const std::map<std::string, std::string>& rows() const { return rows_; }
  [[nodiscard]] std::size_t reads() const { return read_.size(); }
  [[nodiscard]] std::size_t changes() const { return ids_.size(); }

 private:
  void expect_before(const std::string& key, const Change& change);

  const SourceRig* rig_;
  std::set<std::string> ids_;
  std::set<std::string> read_;
  std::set<std::string> changed_;
  std::map<std::string, std::string> rows_;
};

class SourceSuite : public ::testing::TestWithParam<MakeSourceRig> {
 protected:
  void SetUp() override {
    auto made = GetParam()();
    if (!made) GTEST_SKIP() << made.error();
    rig_ = *std::move(made);
  }

  /// A prepared adapter's source, open after `position`, or at the beginning if that is empty. Its
  /// absence fails the test.
  std::unique_ptr<Source> open(const Position& position = {}, const SourceRigOptions& options = {});
  void prepare(const SourceRigOptions& options = {});
  /// Each in a transaction of its own.
  void write(const std::vector<Write>& writes);
  void insert(std::int64_t first, std::int64_t count);
  /// Everything there is; the position afterwards, if asked for.
  static std::vector<Change> drain(Source& source, Position* position = nullptr,
                                   ReadLimits limits = {100, 1U << 20U});
  /// Blocks until `count` changes have come; with whatever else there is. For what is written after
  /// the source was opened, of which drain() need not know.
  static std::vector<Change> await(Source& source, std::size_t count);
  /// The same with a stream behind it, which stands at `tail` and takes all that is read.
  static std::vector<Change> publish(Source& source, Position tail, std::size_t count);
  /// The table as it is now, as Fold::rows() has it.
  std::map<std::string, std::string> table();
  /// What opening at `position` fails with; "" if it does not.
  std::string refusal(SourceAdapter& adapter, const Position& position);

  std::unique_ptr<SourceRig> rig_;
  Position beginning_;  ///< Where a relay that was prepared first begins.
};

}  // namespace headwater::testing
