// The state of all tables according to the stream: the result of the last event of each key.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "src/base/error.h"
#include "src/event/data_scan.h"
#include "src/event/event.h"
#include "src/ports/audit.h"
#include "src/sqlite/database.h"

namespace headwater {

/// The subject of an event: a table, or the whole database.
struct Scope {
  std::string database;
  /// With its schema, if the database has schemas: "public.orders". Also empty if the event is
  /// about the whole database.
  std::string table;
  bool operator==(const Scope&) const = default;
  bool operator<(const Scope& other) const {
    return std::tie(database, table) < std::tie(other.database, other.table);
  }
};
[[nodiscard]] Scope scope_of(const Event& event);

/// Uses a temporary SQLite file, which is deleted with it, so memory stays small for any number of
/// keys. Keeps a fingerprint of each row; keeps the row itself only if the source publishes
/// differences, which are then applied to it. One thread.
///
/// A row's state is the last event that carried it whole, plus the differences since. That holds
/// even if the whole document was looked up some time after its change and so already contains
/// later changes. Those were committed before the stream's tail was read, so they are later in the
/// stream or pending and are applied again. Differences set, unset and truncate, so applying them
/// again from any point gives the same result. A reported difference is therefore real, even while
/// others write.
class Fold {
 public:
  /// `audit` must outlive it.
  static Result<Fold> make(const Audit& audit);

  /// Applies an event. `sequence` is 0 if it is not in the stream yet.
  Result<void> apply(const Event& event, std::uint64_t sequence);

  /// The events from here on are not in the stream yet. A key that is new in them needs no matching
  /// row: the rows are compared piece by piece while changes continue, and its piece may already be
  /// done.
  void stream_ends() { pending_ = true; }

  struct Match {
    bool found = false;
    bool known = false;  ///< The stream has its content, not only its key.
    bool equal = false;
    std::uint64_t sequence = 0;
    /// The stream's row, if rows are kept and it is not equal.
    std::optional<std::string> document;
    bool made = false;  ///< Computed from differences: the order of its fields means nothing.
  };
  /// Compares the row of `event` (a read), and marks its key as seen.
  Result<Match> meet(const Event& event);

  /// The table was renamed into the watched set: the stream has no events of its earlier rows.
  [[nodiscard]] bool came_from_outside(Scope table) const;

  /// Visits every key that was not seen: its table, key (JSON), sequence.
  Result<void> unmet(
      const std::function<void(const Scope&, std::string_view key, std::uint64_t sequence)>& take);

 private:
  struct Parts {
    sqlite::Statement put, erase, clear_table, clear_database, clear_all, move, document, get, mark,
        rest;
  };
  /// What is known about a row's content.
  struct Content {
    std::optional<std::int64_t> print;  // none: unknown
    bool made = false;                  // by applying differences
    std::string_view document;          // where it is kept
  };
  Fold(sqlite::Database database, Parts parts, const Audit& audit);

  [[nodiscard]] Scope place_of(const Event& event) const;
  [[nodiscard]] Result<std::optional<std::string>> kept(const Scope& place, std::string_view key);
  struct Erased {
    Scope place;
    std::optional<std::string> document;
  };
  Result<void> set_row(const Scope& place, const DataParts& data, std::uint64_t sequence,
                       const Erased& erased);
  Result<void> put(const Scope& place, std::string_view key, std::uint64_t sequence,
                   const Content& content);
  Result<void> gap(const Event& event, const DataParts& data, std::uint64_t sequence);
  Result<void> clear(const Scope& place, bool whole);
  Result<void> rename(const Scope& from, const std::string& to);
  Result<void> mark(const Scope& place, std::string_view key);

  std::unique_ptr<sqlite::Database> database_;
  Parts parts_;
  const Audit* audit_;
  bool keeps_;
  bool pending_ = false;
  std::set<Scope> from_outside_;
  Erased erased_;  // by the event before
};

}  // namespace headwater
