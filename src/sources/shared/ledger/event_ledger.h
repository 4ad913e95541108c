// Compares the events of a stream, and their order, with the changes that the database reports.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sources {

struct LedgerEntry {
  std::string id;
  std::uint64_t sequence = 0;
};

/// Keeps the ids in a temporary SQLite file, which is deleted with it. First all events are added,
/// in the stream's order; then the database's changes are matched, in theirs. One thread.
class EventLedger {
 public:
  enum class Kind {
    change,
    row,  ///< Read by a snapshot: the database reports no change for it.
  };

  static Result<EventLedger> make();

  /// Returns false if the stream has it already.
  Result<bool> add(std::string_view id, std::uint64_t sequence, Kind kind);

  /// The next change in the database's order. Returns its sequence in the stream; nullopt: it is
  /// not there.
  Result<std::optional<std::uint64_t>> match(std::string_view id);
  /// Forgets all matches.
  Result<void> clear_matches();

  /// The first change at `sequence` or after it.
  Result<std::optional<LedgerEntry>> first_change(std::uint64_t sequence);
  /// Counts the changes after `sequence`.
  Result<std::uint64_t> changes(std::uint64_t sequence = 0);
  using Visit = std::function<void(const std::string& id)>;
  /// Visits the changes after `sequence` without a match.
  Result<void> visit_unmatched(std::uint64_t sequence, const Visit& visit);
  /// Visits the changes that are in the stream after one that the database reports later.
  Result<void> visit_out_of_order(const Visit& visit);

 private:
  struct Parts {
    sqlite::Statement add, match, clear, first, count, unmatched, in_order;
  };
  EventLedger(sqlite::Database database, Parts parts);

  std::unique_ptr<sqlite::Database> database_;
  Parts parts_;
  std::int64_t matches_ = 0;
};

}  // namespace headwater::sources
