// Which events are in the stream, and in which order, against the changes the database tells.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::mongodb {

struct LedgerEntry {
  std::string id;
  std::uint64_t sequence = 0;
};

/// Lives in a temporary SQLite file, which disappears with it. First all events are added in the
/// stream's order, then the database's changes are met in theirs. One thread.
class EventLedger {
 public:
  enum class Kind { change, row };  ///< A row: read by a snapshot, so no change stream tells of it.

  static Result<EventLedger> make();

  /// False: the stream has had it before.
  Result<bool> add(std::string_view id, std::uint64_t sequence, Kind kind);

  /// The next change in the database's order: where the stream has it; nullopt if it has not.
  Result<std::optional<std::uint64_t>> meet(std::string_view id);

  /// Forgets what was met.
  Result<void> start_again();

  /// The first change at `sequence` or behind it.
  Result<std::optional<LedgerEntry>> first_change(std::uint64_t sequence);
  Result<std::uint64_t> changes(std::uint64_t behind = 0) { return count_changes(behind, false); }
  /// Changes behind `sequence` that were not met.
  Result<std::uint64_t> not_met(std::uint64_t sequence) { return count_changes(sequence, true); }
  using Visit = std::function<void(const std::string& id)>;
  Result<void> visit_not_met(std::uint64_t sequence, const Visit& visit);
  /// Visits the changes that stand in the stream behind one that the database tells later.
  Result<void> visit_out_of_order(const Visit& visit);

  /// A change that is not due in the stream yet.
  Result<void> add_pending(std::string_view id);
  Result<bool> is_pending(std::string_view id);

 private:
  struct Parts {
    sqlite::Statement add, meet, first, count, not_met, in_order, add_pending, is_pending;
  };
  EventLedger(sqlite::Database database, Parts parts);
  Result<std::uint64_t> count_changes(std::uint64_t behind, bool not_met);

  std::unique_ptr<sqlite::Database> database_;
  Parts parts_;
  std::int64_t met_ = 0;
};

}  // namespace headwater::mongodb
