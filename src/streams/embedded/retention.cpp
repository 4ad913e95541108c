#include "src/streams/embedded/retention.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "src/streams/embedded/file.h"

namespace headwater::embedded {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr Milliseconds look_every{100};
// A step is what goes at once: few enough that large events do not take the file far below its
// limit. A piece is what goes in one transaction, which the appends have to wait for.
constexpr std::int64_t events_in_step = 16;
constexpr int steps_in_piece = 256;
constexpr Milliseconds piece_time{10};
// Free pages serve the next events. Only when there are far more than those will fill does the
// file shrink, until they are a moderate part of it.
constexpr std::uint64_t shrink_least_bytes = std::uint64_t{16} << 20U;
constexpr std::uint64_t shrink_from_part = 4;
constexpr std::uint64_t shrink_to_part = 8;

/// The last event that no consumer needs any more.
Result<std::int64_t> last_allowed(Database& database, const Retention& limits) {
  constexpr auto all = std::numeric_limits<std::int64_t>::max();
  if (limits.ignore_consumers) return all;
  auto hold = slowest_consumer(database);
  if (!hold) return failed(hold);
  return *hold ? static_cast<std::int64_t>((*hold)->acknowledged) : all;
}

Result<bool> too_large(Database& database, const Retention& limits) {
  if (!limits.size) return false;
  auto now = usage(database);
  if (!now) return failed(now);
  return now->used_bytes() > *limits.size;
}

/// Events before this time are too old.
std::int64_t oldest_time(const Retention& limits, WallTime now) {
  if (!limits.age) return std::numeric_limits<std::int64_t>::min();
  return (now - *limits.age).time_since_epoch().count();
}

/// Removes events one step after the other, oldest first, inside a transaction.
class Piece {
 public:
  static Result<Piece> begin(Database& database, const Retention& limits, WallTime now) {
    auto allowed = last_allowed(database, limits);
    if (!allowed) return failed(allowed);
    auto first = database.integer("SELECT min(sequence) FROM events");
    if (!first) return failed(first);
    auto last = database.integer("SELECT max(sequence) FROM events");
    if (!last) return failed(last);
    // Up to the first that is young enough, in the step.
    auto young = database.prepare(
        "SELECT min(sequence) FROM events WHERE sequence BETWEEN ? AND ? AND time >= ?");
    if (!young) return failed(young);
    auto remove = database.prepare("DELETE FROM events WHERE sequence BETWEEN ? AND ?");
    if (!remove) return failed(remove);
    Piece piece(database, limits, oldest_time(limits, now), std::move(*young), std::move(*remove));
    piece.next_ = *first;
    piece.allowed_ = *last == 0 ? -1 : std::min(*allowed, *last);
    return piece;
  }

  /// False: nothing more has to go, or may.
  Result<bool> step() {
    if (next_ > allowed_) return false;
    std::int64_t to = std::min(next_ + events_in_step - 1, allowed_);
    auto large = too_large(*database_, limits_);
    if (!large) return large;
    if (!*large) {
      young_.bind(0, next_).bind(1, to).bind(2, oldest_time_);
      auto row = young_.step();
      if (!row) return row;
      if (!young_.is_null(0)) to = young_.integer(0) - 1;
      young_.reset();
    }
    if (to < next_) return false;
    remove_.bind(0, next_).bind(1, to);
    if (auto gone = remove_.run(); !gone) return failed(gone);
    next_ = to + 1;
    return true;
  }

  /// Where the events still there begin.
  [[nodiscard]] std::int64_t next() const { return next_; }

 private:
  Piece(Database& database, const Retention& limits, std::int64_t oldest_time, Statement young,
        Statement remove)
      : database_(&database),
        limits_(limits),
        oldest_time_(oldest_time),
        young_(std::move(young)),
        remove_(std::move(remove)) {}

  Database* database_;
  Retention limits_;
  std::int64_t oldest_time_;
  std::int64_t next_ = 0;
  std::int64_t allowed_ = -1;
  Statement young_;
  Statement remove_;
};

}  // namespace

Result<std::optional<Hold>> slowest_consumer(Database& database) {
  auto slowest =
      database.prepare("SELECT name, acknowledged FROM consumers ORDER BY acknowledged LIMIT 1");
  if (!slowest) return failed(slowest);
  auto row = slowest->step();
  if (!row) return failed(row);
  if (!*row) return std::nullopt;
  return Hold{.consumer = std::string(slowest->bytes(0)),
              .acknowledged = static_cast<std::uint64_t>(slowest->integer(1))};
}

Result<std::uint64_t> last_sequence(Database& database) {
  // Retention may have removed the newest event, and its number must not come again.
  auto last = database.integer(
      "SELECT max(coalesce((SELECT max(sequence) FROM events), 0),"
      " (SELECT value FROM stream WHERE key = 'removed'))");
  if (!last) return failed(last);
  return static_cast<std::uint64_t>(*last);
}

Result<bool> exceeded(Database& database, const Retention& limits, WallTime now) {
  auto oldest = database.prepare("SELECT time FROM events ORDER BY sequence LIMIT 1");
  if (!oldest) return failed(oldest);
  auto row = oldest->step();
  if (!row) return row;
  if (!*row) return false;
  if (oldest->integer(0) < oldest_time(limits, now)) return true;
  oldest->reset();
  return too_large(database, limits);
}

Result<bool> Housekeeper::run(Database& database) {
  const SteadyTime now = clock_->steady();
  if (now < next_look_) return false;
  auto more = forget(database);
  if (!more || *more) return more;
  more = shrink(database);
  if (more && !*more) next_look_ = now + look_every;
  return more;
}

Result<bool> Housekeeper::forget(Database& database) {
  // Without a transaction first: most looks find nothing, and must not hold up another relay.
  auto due = exceeded(database, limits_, clock_->wall());
  if (!due || !*due) return due;
  auto first = database.integer("SELECT min(sequence) FROM events");
  if (!first) return failed(first);
  auto allowed = last_allowed(database, limits_);
  if (!allowed) return failed(allowed);
  if (*first > *allowed) return false;

  const SteadyTime end = clock_->steady() + piece_time;
  bool more = true;
  auto done = database.transaction("IMMEDIATE", [&]() -> Result<void> {
    auto piece = Piece::begin(database, limits_, clock_->wall());
    if (!piece) return failed(piece);
    for (int steps = 0; more && steps < steps_in_piece && clock_->steady() < end; ++steps) {
      auto stepped = piece->step();
      if (!stepped) return failed(stepped);
      more = *stepped;
    }
    auto note = database.prepare("UPDATE stream SET value = max(value, ?) WHERE key = 'removed'");
    if (!note) return failed(note);
    note->bind(0, piece->next() - 1);
    return note->run();
  });
  if (!done) return failed(done);
  return more;
}

Result<bool> Housekeeper::shrink(Database& database) {
  auto now = usage(database);
  if (!now) return failed(now);
  const std::uint64_t spare = now->free_pages;
  const std::uint64_t part = shrinking_ ? shrink_to_part : shrink_from_part;
  shrinking_ = spare * part > now->pages && spare * now->page > shrink_least_bytes;
  if (!shrinking_) return false;
  auto given_back = database.execute("PRAGMA incremental_vacuum(128)");
  if (!given_back) return failed(given_back);
  auto after = usage(database);
  if (!after) return failed(after);
  // A file made without auto_vacuum cannot shrink; its free pages wait for the next events.
  shrinking_ = after->pages < now->pages;
  return shrinking_;
}

}  // namespace headwater::embedded
