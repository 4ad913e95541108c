#include "src/sources/sqlite/feed/lost_position.h"

#include <algorithm>
#include <utility>

#include "src/base/number_in.h"
#include "src/ports/loss.h"
#include "src/sources/shared/errors.h"
#include "src/sources/sqlite/capture/log_rows.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/trigger_sql.h"
#include "src/sources/sqlite/feed/ids.h"

namespace headwater::sqlite {
namespace {

struct Loss {
  std::string name;
  std::string reason;
};

/// A place, and the reason if it cannot be resumed.
struct Verdict {
  LogPosition place;
  std::optional<Loss> loss;
};

Verdict lost(const LogPosition& at, std::string reason) {
  return {.place = at, .loss = Loss{.name = std::string(history_lost), .reason = std::move(reason)}};
}

Verdict went_back(const LogPosition& at, std::string reason) {
  return {.place = at, .loss = Loss{.name = std::string(headwater::went_back), .reason = std::move(reason)}};
}

std::string change(std::int64_t seq) { return "change " + std::to_string(seq); }

/// The first change in the log after `seq`, if that is not the next one; nullopt: nothing is
/// missing there. A gap's row may skip numbers (see GapWriter), except at the front.
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
Result<Verdict> judge(Database& database, Feed& feed, const LogPosition& at, bool from_start) {
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
  return Verdict{.place = at, .loss = std::nullopt};
}

Error as_error(const Database& database, const Loss& loss) {
  const bool back = loss.name == headwater::went_back;
  return sources::loss_error(
      loss.name,
      database.path() + ": " + loss.reason +
          (back ? "; the database was probably restored from an older backup" : ""),
      "skip the changes in between: headwater position -c FILE set latest");
}

std::string memory_key(const Feed& feed) { return "lost:" + feed.scope().relay; }

/// The place just before the gap that was written earlier for this position, if it still exists.
/// The note has the form "<gap> <task> <token>".
Result<std::optional<LogPosition>> recorded(Database& database, const Feed& feed,
                                            const LogPosition& lost) {
  auto text = database.text("SELECT value FROM _headwater_meta WHERE key = " +
                            quote_text(memory_key(feed)));
  if (!text) return failed(text);
  LogPosition place;
  place.uuid = feed.scope().uuid;
  std::string_view note = *text;
  const auto seq = take_number<std::int64_t>(note);
  if (!seq || !note.starts_with(' ')) return std::nullopt;
  note.remove_prefix(1);
  const auto task = take_number<std::int64_t>(note);
  if (!task || note != " " + to_position(lost).token) return std::nullopt;
  place.seq = *seq;
  place.task.task = *task;
  auto there = database.integer("SELECT count(*) FROM _headwater_log WHERE op = 6 AND seq = " +
                                std::to_string(place.seq));
  if (!there) return failed(there);
  if (*there == 0) return std::nullopt;
  --place.seq;
  return place;
}

/// Everything in one transaction: the gap, its tasks, and the note that finds it again.
class GapWriter {
 public:
  GapWriter(Database& database, Feed& feed, const Loss& loss, const LogPosition& lost, bool restate)
      : database_(database),
        feed_(feed),
        loss_(loss),
        lost_(lost),
        token_(to_position(lost).token),
        restate_(restate) {}

  Result<void> write() {
    auto head = feed_.log().head();
    if (!head) return failed(head);
    auto task = database_.integer("SELECT max(task) FROM _headwater_snapshots");
    if (!task) return failed(task);
    // After every number that the stream may have seen, so that no id is used twice.
    gap_ = std::max(*head, lost_.seq) + 1;
    place.uuid = feed_.scope().uuid;
    place.seq = gap_ - 1;
    place.task.task = *task;
    if (auto written = write_gap(); !written) return written;
    if (restate_) {
      if (auto written = write_tasks(); !written) return written;
    }
    return write_memory();
  }

  LogPosition place;

 private:
  Result<void> write_gap() {
    // The fifth value is the gap's relay: the other relays have lost nothing.
    if (auto room = make_room(database_, gap_values); !room) return failed(room);
    auto insert = database_.prepare(
        std::string("INSERT INTO _headwater_log(seq, shape, op, time, v0, v1, v2, v3, v4) "
                    "VALUES(?, 0, 6, ") +
        now_sql + ", ?, ?, ?, ?, ?)");
    if (!insert) return failed(insert);
    const std::string to = change(gap_);
    insert->bind(0, gap_).bind_text(1, loss_.reason).bind_text(2, token_).bind_text(3, to);
    insert->bind(4, restate_ ? 1 : 0).bind_text(5, feed_.scope().relay);
    return insert->run();
  }

  Result<void> write_tasks() {
    auto captured = load_captured(database_);
    if (!captured) return failed(captured);
    for (const auto& table : *captured) {
      if (!feed_.scope().wants(table.table)) continue;
      auto added = add_task(database_, table.shape, feed_.scope().relay, loss_.name);
      if (!added) return added;
    }
    return {};
  }

  Result<void> write_memory() {
    auto insert =
        database_.prepare("INSERT OR REPLACE INTO _headwater_meta(key, value) VALUES(?, ?)");
    if (!insert) return failed(insert);
    const std::string key = memory_key(feed_);
    const std::string value =
        std::to_string(gap_) + " " + std::to_string(place.task.task) + " " + token_;
    insert->bind_text(0, key).bind_text(1, value);
    return insert->run();
  }

  Database& database_;
  Feed& feed_;
  const Loss& loss_;
  const LogPosition& lost_;
  std::string token_;
  bool restate_;
  std::int64_t gap_ = 0;
};

Result<LogPosition> wanted_place(Database& database, const Feed& feed, const Position& after) {
  if (!after.empty()) {
    auto parsed = parse_position(after);
    if (!parsed || parsed->uuid == feed.scope().uuid) return parsed;
    return fail(sources::other_database_error(
        "database " + parsed->uuid, database.path() + ", database " + feed.scope().uuid));
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
Result<Verdict> judged(Database& database, Feed& feed, const Position& after) {
  auto place = wanted_place(database, feed, after);
  if (!place) return failed(place);
  const bool told = std::exchange(place->lost, false);
  if (told) {
    auto before = recorded(database, feed, *place);
    if (!before) return failed(before);
    if (*before) place = std::move(**before);
  }
  return judge(database, feed, *place, after.empty());
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
Result<FoundPlace> skipped(Database& database, Feed& feed, const Verdict& verdict) {
  auto place = oldest_after(database, feed, verdict.place);
  if (!place) return failed(place);
  auto time = database.integer("SELECT time FROM _headwater_log WHERE seq > " +
                               std::to_string(place->seq) + " ORDER BY seq LIMIT 1");
  if (!time) return failed(time);
  const Position from = to_position(verdict.place);
  Change gap;
  gap.op = Op::gap;
  gap.id = gap_id(feed.scope().uuid, feed.scope().relay, from);
  gap.database = feed.scope().database;
  gap.time = WallTime(Milliseconds(*time));
  gap.position = to_position(*place);
  gap.gap = Gap{.reason = verdict.loss->reason,
                .from = from.token,
                .to = gap.position.token,
                .restated = false};
  return FoundPlace{.place = std::move(*place), .gap = std::move(gap)};
}

/// Inside a transaction.
Result<FoundPlace> found_place(Database& database, Feed& feed, const Position& after,
                               OnLost on_lost) {
  auto verdict = judged(database, feed, after);
  if (!verdict) return failed(verdict);
  if (!verdict->loss) return FoundPlace{.place = std::move(verdict->place), .gap = {}};
  if (on_lost == OnLost::stop) return fail(as_error(database, *verdict->loss));
  // A database that went back would reuse numbers that the stream has seen.
  const bool skip = on_lost == OnLost::skip && verdict->loss->name == history_lost;
  if (skip) return skipped(database, feed, *verdict);
  verdict->place.lost = true;
  return FoundPlace{.place = std::move(verdict->place), .gap = {}};
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
  auto verdict = judged(database, feed, after);
  if (!verdict) return failed(verdict);
  if (verdict->loss) return fail(as_error(database, *verdict->loss));
  return verdict->place;
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
    auto verdict = judged(database, feed, to_position(lost));
    if (!verdict) return failed(verdict);
    place = verdict->place;
    if (!verdict->loss) return {};
    GapWriter gap(database, feed, *verdict->loss, verdict->place, restate);
    if (auto done = gap.write(); !done) return done;
    place = gap.place;
    return {};
  });
  if (!written) return failed(written);
  return place;
}

}  // namespace headwater::sqlite
