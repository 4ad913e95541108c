// What a source brings to its contract suite: a real database, and what the suite may do to it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "src/event/value.h"
#include "src/ports/adapter.h"
#include "src/sources/shared/policies.h"
#include "testing/rig/process.h"

namespace headwater::testing {

/// Values that are easily damaged, and that every database can store.
[[nodiscard]] inline std::vector<Value> values_of_every_database() {
  using Integer = std::numeric_limits<std::int64_t>;
  using Real = std::numeric_limits<double>;
  return {std::monostate{},
          Integer::min(),
          Integer::max(),
          std::int64_t{(std::int64_t{1} << 53) + 1},
          0.1,
          1.0,
          Real::infinity(),
          -Real::infinity(),
          Real::denorm_min(),
          Real::max(),
          Text{""},
          Text{"17"},
          Text{"gr\xc3\xb6\xc3\x9f"
               "er"},
          Blob{""},
          Blob{std::string("\0\xff\x27", 3)}};
}

/// Those, and these.
[[nodiscard]] inline std::vector<Value> with_values_of_every_database(std::vector<Value> values) {
  const std::vector<Value> common = values_of_every_database();
  values.insert(values.begin(), common.begin(), common.end());
  return values;
}

/// A statement on the rig's table. Each row has a key, made from a number, and a value.
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
  /// Runs inside the open transaction; without one, in its own. Inserting a key that exists, and
  /// updating or removing one that does not, is not an error and not a change.
  virtual void write(const Write& write) = 0;
  virtual void commit() = 0;
  virtual void roll_back() = 0;
};

/// A fair lock: threads get it in the order in which they asked.
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
  /// By default as snapshot_is_as_of_prepare() says. Then writes after prepare() always arrive
  /// as changes.
  std::optional<bool> snapshot;
  sources::OnLost on_lost = sources::OnLost::stop;
  std::uint64_t max_change = std::uint64_t{100} << 20U;
  OnLarge on_large = OnLarge::stop;

  /// For a source whose own are `defaults`.
  [[nodiscard]] sources::Policies policies(sources::Policies defaults) const {
    defaults.snapshot = snapshot.value_or(defaults.snapshot);
    defaults.on_lost = on_lost;
    defaults.large.policy = on_large;
    defaults.large.most = max_change;
    return defaults;
  }
};

/// A new, real database with one empty table. If the database cannot do something, its rig says so
/// here, and the suite skips the tests that need it.
class SourceRig {
 public:
  virtual ~SourceRig() = default;

  /// An adapter on the database. It shares no memory with other adapters, and deletes history as
  /// soon as the source allows. Not prepared.
  virtual std::unique_ptr<SourceAdapter> source(const SourceRigOptions& options = {}) = 0;
  /// An adapter on another new database.
  virtual std::unique_ptr<SourceAdapter> other_database() = 0;
  virtual std::unique_ptr<SourceWriter> writer() = 0;
  /// A program that inserts `count` rows, starting at key `first`, each in its own transaction.
  [[nodiscard]] virtual rig::Command inserter(std::int64_t first, std::int64_t count) const = 0;

  /// The rows of the table now, in any order: the values of the key columns, and the value.
  virtual std::vector<std::pair<std::vector<Value>, Value>> rows() = 0;
  /// The value in a row image.
  [[nodiscard]] virtual Value value_in(const Row& row) const = 0;
  /// The key columns in a change's key, as rows() returns them.
  [[nodiscard]] virtual std::vector<Value> key_in(const Row& key) const {
    const auto values = values_of(key);
    return {values.begin(), values.end()};
  }
  /// The row's value after an insert, an update or a replacement, as a consumer computes it.
  [[nodiscard]] virtual Value value_after(const Change& change) const {
    return value_in(*change.after);
  }
  /// The operation that this database reports for Write::Kind::update.
  [[nodiscard]] virtual Op update_op() const { return Op::update; }
  /// Values that are easily damaged and that this database can store.
  [[nodiscard]] virtual std::vector<Value> exact_values() const = 0;

  /// Divides the number of rows and writes in the largest tests, except in a long run.
  [[nodiscard]] virtual int slowness() const { return 1; }

  /// False: the database always keeps history, so there is nothing to prepare.
  [[nodiscard]] virtual bool needs_preparation() const { return true; }
  /// Whether what was committed before a read is all at hand. False: the server sends it bit by bit,
  /// and a quick reader has small batches.
  [[nodiscard]] virtual bool has_all_at_hand() const { return true; }
  /// Whether a remove has the row as it was before.
  [[nodiscard]] virtual bool has_rows_before() const { return true; }
  /// True: a snapshot has the rows as they were at prepare(), followed by every change since.
  /// False: it has each row as it was when it was read, without the changes up to then.
  [[nodiscard]] virtual bool snapshot_is_as_of_prepare() const { return true; }
  /// For a database that cannot date a read while others write: each transaction, and each read of
  /// the source, locks this first. nullptr: no lock is needed.
  virtual Turns* turns() { return nullptr; }

  /// Deletes all history except the newest change. Returns false if that is impossible.
  virtual bool cut_history() { return false; }
  /// False: cut_history() also deletes the newest change.
  [[nodiscard]] virtual bool cut_keeps_newest() const { return true; }
  /// True: OnLost::skip resumes at the oldest change that still exists. False: at the next one
  /// to be committed.
  [[nodiscard]] virtual bool skip_resumes_at_oldest() const { return true; }
  /// False: after a restore, OnLost::skip resumes at the oldest change that the database has and that
  /// was not published.
  [[nodiscard]] virtual bool skips_what_was_restored() const { return true; }
  /// Copies the database. Returns false if that is impossible. Nothing may be open.
  virtual bool keep_copy() { return false; }
  /// An adapter on the copy, as on another machine.
  virtual std::unique_ptr<SourceAdapter> copy() { return nullptr; }
  /// Restores the copy, which undoes all later writes. Nothing may be open.
  virtual void go_back() {}
};

/// A rig; or what is missing to make one, which becomes the reason for skipping its tests.
using MadeSourceRig = tl::expected<std::unique_ptr<SourceRig>, std::string>;
using MakeSourceRig = MadeSourceRig (*)();

}  // namespace headwater::testing
