// Removes old events in small pieces, and returns the space.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/ports/stream.h"
#include "src/sqlite/database.h"
#include "src/streams/embedded/embedded.h"

namespace headwater::embedded {

/// The consumer that needs the oldest event.
struct Hold {
  std::string consumer;
  std::uint64_t acknowledged = 0;
};

/// None: no consumer is registered.
Result<std::optional<Hold>> slowest_consumer(sqlite::Database& database);

/// Sequence of the newest event the stream ever had; 0 if it never had one.
Result<std::uint64_t> last_sequence(sqlite::Database& database);
/// The same as an SQL expression. Retention may have removed the newest event, and its number must
/// not be reused.
constexpr const char* last_sequence_sql =
    "max(coalesce((SELECT max(sequence) FROM events), 0),"
    " (SELECT value FROM stream WHERE key = 'removed'))";

/// Age of the oldest event by its own time, and what the file system has room for. Nothing of what
/// cannot be seen.
Result<StreamRoom> room_of(sqlite::Database& database, WallTime now);

/// Whether the limits are exceeded, even if consumers still need the events.
Result<bool> exceeded(sqlite::Database& database, const Retention& limits, WallTime now);

/// Knows the age of events by its own marks: "events up to this sequence existed at this time". The
/// events' own times and their order do not matter. One thread. `clock` must outlive it.
class Housekeeper {
 public:
  Housekeeper(Retention limits, const Clock& clock) : limits_(limits), clock_(&clock) {}

  /// Runs at most one short transaction; costs almost nothing if called again soon after false.
  /// Returns true if there is more to do.
  Result<bool> run(sqlite::Database& database);

 private:
  Result<bool> forget(sqlite::Database& database);
  Result<void> mark(sqlite::Database& database);
  Result<bool> shrink(sqlite::Database& database);

  Retention limits_;
  const Clock* clock_;
  SteadyTime next_look_{};
  bool shrinking_ = false;
};

}  // namespace headwater::embedded
