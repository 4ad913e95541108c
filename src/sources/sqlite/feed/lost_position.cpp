#include "src/sources/sqlite/feed/lost_position.h"

#include <algorithm>
#include <utility>

#include "src/ports/loss.h"
#include "src/sources/shared/errors.h"
#include "src/sources/sqlite/feed/ids.h"
#include "src/sources/sqlite/feed/recorded_gap.h"

namespace headwater::sqlite {
namespace {

struct Loss {
  std::string name;
  std::string reason;
};

/// A place, and the reason if it cannot be resumed.
struct CheckedPlace {
  LogPosition place;
  std::optional<Loss> loss;
};

CheckedPlace lost(const LogPosition& at, std::string reason) {
  return {.place = at,
          .loss = Loss{.name = std::string(history_lost), .reason = std::move(reason)}};
}

CheckedPlace went_back(const LogPosition& at, std::string reason) {
  return {.place = at,
          .loss = Loss{.name = std::string(headwater::went_back), .reason = std::move(reason)}};
}

std::string change(std::int64_t seq) { return "change " + std::to_string(seq); }

/// The first change in the log after `seq`, if that is not the next one; nullopt: nothing is
/// missing there. A gap's row may skip numbers (see write_gap()), except at the front.
Result<std::optional<std::int64_t>> end_of_hole(Database& database, Feed& feed, std::int64_t seq) {
  auto least = feed.log().least();
  if (!least) return failed(least);
  if (*least > seq + 1) return *least;
  auto next = database.integer("SELECT seq * (op <> 6) FROM _headwater_log WHERE seq > " +
                               std::to_string(seq) + " ORDER BY seq LIMIT 1");
  if (!next) return failed(next);
  if (*next <= seq + 1) return std::nullopt;
  return *next;
}

/// Judges a position of this database. Inside a transaction.
Result<CheckedPlace> check_place(Database& database, Feed& feed, const LogPosition& at,
                                 bool from_start) {
  auto head = feed.log().head();
  if (!head) return failed(head);
  auto least = feed.log().least();
  if (!least) return failed(least);
  if (at.seq > *head) {
    return went_back(at, "the stream has " + change(at.seq) + ", but the newest here is " +
                             std::to_string(*head));
  }
  auto held = end_of_hole(database, feed, at.seq);
  if (!held) return failed(held);
  if (*held) {
    return lost(at, (from_start ? std::string("the stream has no position and ") : std::string()) +
                        "the changes from " + std::to_string(at.seq + 1) + " to " +
                        std::to_string(**held - 1) + " are no longer in the log");
  }
  if (at.hash && at.seq >= *least) {
    auto hash = feed.log().fingerprint(at.seq, at.hash);
    if (!hash) return failed(hash);
    if (*hash != at.hash) {
      return went_back(at, change(at.seq) + " differs from the one in the stream");
    }
  }
  if (auto sought = feed.seek(at); !sought) return failed(sought);
  const std::int64_t needed = feed.needed_for(at);
  if (*least > needed + 1) {
    return lost(at, "the changes from " + std::to_string(needed + 1) +
                        " on, which the unfinished snapshot needs, are no longer in the log");
  }
  return CheckedPlace{.place = at, .loss = std::nullopt};
}

Error as_error(const Database& database, const Loss& loss) {
  const bool back = loss.name == headwater::went_back;
  return sources::loss_error(
      loss.name,
      database.path() + ": " + loss.reason +
          (back ? "; the database was probably restored from an older backup" : ""),
      "skip the changes in between: headwater position -c FILE set latest");
}

Result<LogPosition> wanted_place(Database& database, const Feed& feed, const Position& after) {
  if (!after.empty()) {
    auto parsed = parse_position(after);
    if (!parsed || parsed->uuid == feed.scope().uuid) return parsed;
    return fail(sources::other_database_error("database " + parsed->uuid,
                                              database.path() + ", database " + feed.scope().uuid));
  }
  auto row = relay_row(database, feed.scope().relay);
  if (!row) return failed(row);
  return LogPosition{
      .uuid = feed.scope().uuid,
      .seq = row->start,
      .hash = {},
      .task = {.task = std::max<std::int64_t>(row->first_task - 1, 0), .cursor = {}}};
}

/// Inside a transaction.
Result<CheckedPlace> checked_place(Database& database, Feed& feed, const Position& after) {
  auto place = wanted_place(database, feed, after);
  if (!place) return failed(place);
  const bool recorded = std::exchange(place->lost, false);
  if (recorded) {
    auto before = recorded_gap(database, feed, *place);
    if (!before) return failed(before);
    if (*before) place = std::move(**before);
  }
  return check_place(database, feed, *place, after.empty());
}

/// The place before the oldest change in the log, without the snapshot tasks that need more.
Result<LogPosition> oldest_after(Database& database, Feed& feed, const LogPosition& lost) {
  auto least = feed.log().least();
  if (!least) return failed(least);
  auto held = end_of_hole(database, feed, lost.seq);
  if (!held) return failed(held);
  const std::int64_t first = held->value_or(*least);
  auto task = database.integer("SELECT max(task) FROM _headwater_snapshots WHERE at < " +
                               std::to_string(first - 1));
  if (!task) return failed(task);
  LogPosition place = lost;
  if (*held) {
    place.seq = first - 1;
    place.hash.reset();
  }
  place.read_ahead = false;
  if (*task >= place.task.task) place.task = {.task = *task, .cursor = {}};
  return place;
}

/// Skips only what is gone. Inside a transaction.
Result<FoundPlace> skipped(Database& database, Feed& feed, const CheckedPlace& checked) {
  auto place = oldest_after(database, feed, checked.place);
  if (!place) return failed(place);
  auto time = database.integer("SELECT time FROM _headwater_log WHERE seq > " +
                               std::to_string(place->seq) + " ORDER BY seq LIMIT 1");
  if (!time) return failed(time);
  const Position from = to_position(checked.place);
  Change gap;
  gap.op = Op::gap;
  gap.id = gap_id(feed.scope().uuid, feed.scope().relay, from);
  gap.database = feed.scope().database;
  gap.time = WallTime(Milliseconds(*time));
  gap.position = to_position(*place);
  gap.gap = Gap{.reason = checked.loss->reason,
                .from = from.token,
                .to = gap.position.token,
                .restated = false};
  return FoundPlace{.place = std::move(*place), .gap = std::move(gap)};
}

/// Inside a transaction.
Result<FoundPlace> found_place(Database& database, Feed& feed, const Position& after,
                               OnLost on_lost) {
  auto checked = checked_place(database, feed, after);
  if (!checked) return failed(checked);
  if (!checked->loss) return FoundPlace{.place = std::move(checked->place), .gap = {}};
  if (on_lost == OnLost::stop) return fail(as_error(database, *checked->loss));
  // A database that went back would reuse numbers that the stream has seen.
  const bool skip = on_lost == OnLost::skip && checked->loss->name == history_lost;
  if (skip) return skipped(database, feed, *checked);
  checked->place.lost = true;
  return FoundPlace{.place = std::move(checked->place), .gap = {}};
}

}  // namespace

Result<RelayRow> relay_row(Database& database, const std::string& relay) {
  auto row = load_relay(database, relay);
  if (!row) return failed(row);
  if (*row) return std::move(**row);
  return fail({.remedy = Remedy::stop,
               .origin = Origin::source,
               .name = "source.not_prepared",
               .message = database.path() + " is not prepared for relay " + relay,
               .next = "headwater init -c FILE"});
}

Result<LogPosition> judged_place(Database& database, Feed& feed, const Position& after) {
  auto checked = checked_place(database, feed, after);
  if (!checked) return failed(checked);
  if (checked->loss) return fail(as_error(database, *checked->loss));
  return checked->place;
}

Result<FoundPlace> find_place(Database& database, Feed& feed, const Position& after,
                              OnLost on_lost) {
  FoundPlace found;
  auto looked = database.transaction("", [&]() -> Result<void> {
    auto place = found_place(database, feed, after, on_lost);
    if (!place) return failed(place);
    found = std::move(*place);
    return {};
  });
  if (!looked) return failed(looked);
  return found;
}

Result<LogPosition> record_loss(Database& database, Feed& feed, const LogPosition& lost,
                                bool restate) {
  LogPosition place;
  auto written = database.transaction("IMMEDIATE", [&]() -> Result<void> {
    auto checked = checked_place(database, feed, to_position(lost));
    if (!checked) return failed(checked);
    place = checked->place;
    if (!checked->loss) return {};
    auto written_gap = write_gap(database, feed,
                                 {.lost = checked->place,
                                  .reason = checked->loss->reason,
                                  .name = checked->loss->name,
                                  .restate = restate});
    if (!written_gap) return failed(written_gap);
    place = std::move(*written_gap);
    return {};
  });
  if (!written) return failed(written);
  return place;
}

}  // namespace headwater::sqlite
