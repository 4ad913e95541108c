// The state of all tables as the stream tells it: event by event, the last word on each key.
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
#include "src/event/event.h"
#include "src/ports/audit.h"
#include "src/sqlite/database.h"
#include "src/verify/data_scan.h"

namespace headwater {

/// What an event speaks of: a table, or the whole database.
struct Scope {
  std::string database;
  /// With its schema, where the database has those: "public.orders". Empty, too, where the event is
  /// about all of the database.
  std::string table;
  bool operator==(const Scope&) const = default;
  bool operator<(const Scope& other) const {
    return std::tie(database, table) < std::tie(other.database, other.table);
  }
};
[[nodiscard]] Scope scope_of(const Event& event);

/// Lives in a temporary SQLite file, which disappears with it, so memory stays small however many
/// keys there are. Keeps a fingerprint of each row; the row itself only where the source tells
/// differences, which are then applied to it. One thread.
///
/// What a row is, is what the last event that tells it whole says, and the differences told since.
/// That holds even where the whole document was looked up some time after the change it came with,
/// so that it has later changes in it already: whatever it has in it was committed before the
/// stream's tail was read, so it stands further on in the stream or is pending, and comes again.
/// Differences set, unset and truncate; whoever goes through all of them from anywhere on arrives
/// at the same end. So a row that differs does differ, whoever goes on writing.
class Fold {
 public:
  /// `audit` must outlive it.
  static Result<Fold> make(const Audit& audit);

  /// Takes note of an event. `sequence` 0: it is not in the stream yet.
  Result<void> apply(const Event& event, std::uint64_t sequence);

  /// What follows is not in the stream yet. A key that was not there before needs no row to match
  /// it: the rows are compared piece by piece while changes go on, and its piece may be past.
  void stream_ends() { pending_ = true; }

  struct Match {
    bool found = false;
    bool known = false;  ///< The stream tells its content, not only that it is there.
    bool equal = false;
    std::uint64_t sequence = 0;
    /// Where rows are kept and it is not equal: what the stream tells.
    std::optional<std::string> document;
    bool made = false;  ///< From differences: the order of its fields means nothing.
  };
  /// Compares the row that `event` (a read) shows, and marks its key as met.
  Result<Match> meet(const Event& event);

  /// The table was renamed into view: the stream says nothing of the rows it had.
  [[nodiscard]] bool came_from_outside(Scope table) const;

  /// Every key that was not met: its table, key (JSON), sequence.
  Result<void> unmet(
      const std::function<void(const Scope&, std::string_view key, std::uint64_t sequence)>& take);

 private:
  struct Parts {
    sqlite::Statement put, erase, clear_table, clear_database, clear_all, move, document, get, mark,
        rest;
  };
  /// What is known of a row's content.
  struct Content {
    std::optional<std::int64_t> print;  // none: unknown
    bool made = false;                  // by applying differences
    std::string_view document;          // where it is kept
  };
  Fold(sqlite::Database database, Parts parts, const Audit& audit);

  [[nodiscard]] Scope place_of(const Event& event) const;
  [[nodiscard]] Result<std::optional<std::string>> kept(const Scope& place, std::string_view key);
  Result<void> set_row(const Scope& place, const DataParts& data, std::uint64_t sequence);
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
};

}  // namespace headwater
