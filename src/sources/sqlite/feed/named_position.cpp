#include "src/sources/sqlite/feed/named_position.h"

#include <algorithm>
#include <utility>

#include "src/sources/sqlite/feed/lost_position.h"

namespace headwater::sqlite {
namespace {

/// Before the first change that is still in the log: the relay's own beginning, if it is there.
Result<LogPosition> earliest(Database& database, Feed& feed) {
  auto relay = relay_row(database, feed.scope().relay);
  if (!relay) return failed(relay);
  auto least = feed.log().least();
  if (!least) return failed(least);
  LogPosition place;
  place.uuid = feed.scope().uuid;
  place.seq = std::max(relay->start, *least - 1);
  place.task.task = std::max<std::int64_t>(relay->first_task - 1, 0);
  if (place.seq == relay->start) return place;
  auto tasks = database.integer("SELECT max(task) FROM main._headwater_snapshots WHERE at < " +
                                std::to_string(place.seq));
  if (!tasks) return failed(tasks);
  place.task.task = std::max(place.task.task, *tasks);
  return place;
}

Result<LogPosition> latest(Database& database, Feed& feed) {
  auto head = feed.log().head();
  if (!head) return failed(head);
  auto task = database.integer("SELECT max(task) FROM main._headwater_snapshots");
  if (!task) return failed(task);
  LogPosition place;
  place.uuid = feed.scope().uuid;
  place.seq = *head;
  place.task.task = *task;
  if (place.seq == 0) return place;
  auto hash = feed.log().fingerprint(place.seq, std::nullopt);
  if (!hash) return failed(hash);
  place.hash = *hash;
  return place;
}

Result<std::unique_ptr<Feed>> feed_on(Database& database, FeedScope scope) {
  auto uuid = load_uuid(database);
  if (!uuid) return failed(uuid);
  scope.uuid = std::move(*uuid);
  auto relay = relay_row(database, scope.relay);
  if (!relay) return failed(relay);
  scope.tables = std::move(relay->tables);
  return Feed::on(database, std::move(scope));
}

}  // namespace

Result<Position> named_position(Database& database, FeedScope scope, const std::string& words) {
  auto feed = feed_on(database, std::move(scope));
  if (!feed) return failed(feed);
  Position position;
  auto done = database.transaction("", [&]() -> Result<void> {
    auto place = words == "earliest" ? earliest(database, **feed)
                 : words == "latest" ? latest(database, **feed)
                                     : judged_place(database, **feed, {words});
    if (!place) return failed(place);
    position = to_position(*place);
    return {};
  });
  if (!done) return failed(done);
  return position;
}

Result<std::int64_t> first_open_task(Database& database, FeedScope scope, const Position& tail) {
  auto feed = feed_on(database, std::move(scope));
  if (!feed) return failed(feed);
  std::int64_t task = 0;
  auto done = database.transaction("", [&]() -> Result<void> {
    auto place = judged_place(database, **feed, tail);
    if (!place) return failed(place);
    task = place->task.task + (place->task.cursor.empty() ? 1 : 0);
    return {};
  });
  if (!done) return failed(done);
  return task;
}

Result<bool> includes_change(Database& database, const std::string& relay, const Position& position,
                             std::int64_t number) {
  auto place = parse_position(position);
  if (!place) return failed(place);
  if (place->seq < number) return false;
  // A change before the point of a snapshot is left out, because the snapshot has the row. Not so
  // if a person asked for that: the change was published before. Unless the relay was sent back,
  // and this snapshot has taken the place of the first one.
  auto waiting = database.prepare(
      "SELECT 1 FROM main._headwater_snapshots AS later WHERE task >= ?1 AND at >= ?2 AND (relay "
      "IS "
      "NULL OR relay = ?3) AND (substr(reason, 1, length(?4)) <> ?4 OR EXISTS (SELECT 1 FROM "
      "main._headwater_snapshots AS "
      "earlier WHERE earlier.task < later.task AND earlier.at >= ?2 AND substr(earlier.reason, 1, "
      "length(?4)) <> ?4 AND "
      "(earlier.relay IS NULL OR earlier.relay = ?3))) LIMIT 1");
  if (!waiting) return failed(waiting);
  const bool within = !place->task.cursor.empty();
  auto found = waiting->bind(0, place->task.task + (within ? 0 : 1))
                   .bind(1, number)
                   .bind_text(2, relay)
                   .bind_text(3, requested_by_a_person)
                   .step();
  if (!found) return failed(found);
  waiting->reset();
  return !*found;
}

std::string explained(const Position& position, const std::string& file) {
  if (position.empty()) return "the beginning of " + file;
  const auto place = parse_position(position);
  if (!place) return "not a position of " + file;
  std::string text = place->seq == 0 ? "before the first change of " + file
                                     : "change " + std::to_string(place->seq) + " of " + file;
  if (!place->task.cursor.empty()) {
    text += ", in the middle of snapshot task " + std::to_string(place->task.task);
  }
  if (place->read_ahead) text += ", and the row that the next change is about";
  return text;
}

Result<std::string> history_left(Database& database, FeedScope scope, const Position& position) {
  auto feed = feed_on(database, std::move(scope));
  if (!feed) return failed(feed);
  std::string text;
  auto done = database.transaction("", [&]() -> Result<void> {
    auto place = judged_place(database, **feed, position);
    if (!place) return failed(place);
    auto head = (*feed)->log().head();
    if (!head) return failed(head);
    auto least = (*feed)->log().least();
    if (!least) return failed(least);
    text = "history: the log has changes " + std::to_string(*least) + " to " +
           std::to_string(*head) + "; the stream is at " + std::to_string(place->seq) + ", " +
           std::to_string(*head - place->seq) + " to go";
    return {};
  });
  if (!done) return failed(done);
  return text;
}

}  // namespace headwater::sqlite
