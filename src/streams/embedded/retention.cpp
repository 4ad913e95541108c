#include "src/streams/embedded/retention.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "src/streams/embedded/file.h"
#include "src/streams/shared/folder.h"

namespace headwater::embedded {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr Milliseconds look_every{100};
// An event stays for its age, and at most this small a fraction longer.
constexpr std::int64_t marks_in_age = 16;
// A step is removed at once: few enough that large events do not bring the file far below its
// limit. A piece is removed in one transaction, for which appends must wait.
constexpr std::int64_t events_in_step = 16;
constexpr int steps_in_piece = 256;
constexpr Milliseconds piece_time{10};
// The next events use free pages. The file only shrinks if there are far more free pages than those
// need, until they are a moderate part of it.
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

/// The last event that is too old. Ignores a mark from the future, left before a clock was set
/// back.
Result<std::int64_t> last_old(Database& database, const Retention& limits, WallTime now) {
  if (!limits.age) return 0;
  auto marks = database.prepare("SELECT coalesce(max(sequence), 0) FROM marks WHERE time <= ?");
  if (!marks) return failed(marks);
  marks->bind(0, (now - *limits.age).time_since_epoch().count());
  auto row = marks->step();
  if (!row) return failed(row);
  const std::int64_t last = marks->integer(0);
  marks->reset();
  return last;
}

/// Removes events step by step, oldest first, inside a transaction.
class Piece {
 public:
  static Result<Piece> begin(Database& database, const Retention& limits, WallTime now) {
    auto allowed = last_allowed(database, limits);
    if (!allowed) return failed(allowed);
    auto first = database.integer("SELECT min(sequence) FROM events");
    if (!first) return failed(first);
    auto last = database.integer("SELECT max(sequence) FROM events");
    if (!last) return failed(last);
    auto old = last_old(database, limits, now);
    if (!old) return failed(old);
    auto remove = database.prepare("DELETE FROM events WHERE sequence BETWEEN ? AND ?");
    if (!remove) return failed(remove);
    Piece piece(database, limits, *old, std::move(*remove));
    piece.next_ = *first;
    piece.allowed_ = *last == 0 ? -1 : std::min(*allowed, *last);
    return piece;
  }

  /// Returns false if nothing more must be removed, or may be.
  Result<bool> step() {
    if (next_ > allowed_) return false;
    std::int64_t to = std::min(next_ + events_in_step - 1, allowed_);
    auto large = too_large(*database_, limits_);
    if (!large) return large;
    if (!*large) to = std::min(to, old_);
    if (to < next_) return false;
    remove_.bind(0, next_).bind(1, to);
    if (auto gone = remove_.run(); !gone) return failed(gone);
    next_ = to + 1;
    return true;
  }

  /// Where the remaining events begin.
  [[nodiscard]] std::int64_t next() const { return next_; }

 private:
  Piece(Database& database, const Retention& limits, std::int64_t old, Statement remove)
      : database_(&database), limits_(limits), old_(old), remove_(std::move(remove)) {}

  Database* database_;
  Retention limits_;
  std::int64_t old_;
  std::int64_t next_ = 0;
  std::int64_t allowed_ = -1;
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
  auto last = database.integer(std::string("SELECT ") + last_sequence_sql);
  if (!last) return failed(last);
  return static_cast<std::uint64_t>(*last);
}

Result<StreamRoom> room_of(Database& database, WallTime now) {
  StreamRoom room;
  auto oldest = database.prepare("SELECT time FROM events ORDER BY sequence LIMIT 1");
  if (!oldest) return failed(oldest);
  auto row = oldest->step();
  if (!row) return failed(row);
  if (*row) {
    const WallTime since{Milliseconds(oldest->integer(0))};
    room.history = std::max(now - since, Milliseconds(0));
    oldest->reset();
  }
  auto pages = usage(database);
  if (!pages) return failed(pages);
  std::error_code unknown;
  const auto disk = std::filesystem::space(streams::folder_of(database.path()), unknown);
  if (!unknown) room.bytes = disk.available + pages->free_pages * pages->page;
  return room;
}

Result<bool> exceeded(Database& database, const Retention& limits, WallTime now) {
  auto first = database.integer("SELECT min(sequence) FROM events");
  if (!first) return failed(first);
  if (*first == 0) return false;
  auto old = last_old(database, limits, now);
  if (!old) return failed(old);
  if (*first <= *old) return true;
  return too_large(database, limits);
}

Result<bool> Housekeeper::run(Database& database) {
  const SteadyTime now = clock_->steady();
  if (now < next_look_) return false;
  if (auto marked = mark(database); !marked) return failed(marked);
  auto more = forget(database);
  if (!more || *more) return more;
  more = shrink(database);
  if (more && !*more) next_look_ = now + look_every;
  return more;
}

Result<void> Housekeeper::mark(Database& database) {
  if (!limits_.age) return {};
  const std::int64_t now = clock_->wall().time_since_epoch().count();
  auto last = last_sequence(database);
  if (!last) return failed(last);
  // The last mark that is not from the future; others are ignored.
  auto newest = database.prepare(
      "SELECT sequence, time FROM marks WHERE time <= ? ORDER BY sequence DESC LIMIT 1");
  if (!newest) return failed(newest);
  newest->bind(0, now);
  auto row = newest->step();
  if (!row) return failed(row);
  const bool known = *row && newest->integer(0) >= static_cast<std::int64_t>(*last);
  const bool soon = *row && now - newest->integer(1) < limits_.age->count() / marks_in_age;
  newest->reset();
  if (*last == 0 || known || soon) return {};
  return database.transaction("IMMEDIATE", [&]() -> Result<void> {
    // Of those that are old enough, only the last counts.
    auto stale = database.prepare(
        "DELETE FROM marks WHERE time > ?1 OR sequence <"
        " (SELECT max(sequence) FROM marks WHERE time <= ?2)");
    if (!stale) return failed(stale);
    stale->bind(0, now).bind(1, now - limits_.age->count());
    if (auto gone = stale->run(); !gone) return gone;
    auto note = database.prepare("INSERT OR REPLACE INTO marks(sequence, time) VALUES (?, ?)");
    if (!note) return failed(note);
    note->bind(0, static_cast<std::int64_t>(*last)).bind(1, now);
    return note->run();
  });
}

Result<bool> Housekeeper::forget(Database& database) {
  // First without a transaction: most checks find nothing, and must not block another relay.
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
  // A file created without auto_vacuum cannot shrink; the next events use its free pages.
  shrinking_ = after->pages < now->pages;
  return shrinking_;
}

}  // namespace headwater::embedded
