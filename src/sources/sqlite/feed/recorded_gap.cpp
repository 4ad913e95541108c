#include "src/sources/sqlite/feed/recorded_gap.h"

#include <algorithm>
#include <string_view>

#include "src/base/number_in.h"
#include "src/sources/sqlite/capture/log_rows.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/trigger_sql.h"

namespace headwater::sqlite {
namespace {

std::string memory_key(const Feed& feed) { return "lost:" + feed.scope().relay; }

class GapWriter {
 public:
  GapWriter(Database& database, Feed& feed, const RecordedLoss& loss)
      : database_(database), feed_(feed), loss_(loss), token_(to_position(loss.lost).token) {}

  Result<void> write() {
    auto head = feed_.log().head();
    if (!head) return failed(head);
    auto task = database_.integer("SELECT max(task) FROM _headwater_snapshots");
    if (!task) return failed(task);
    // After every number that the stream may have seen, so that no id is used twice.
    gap_ = std::max(*head, loss_.lost.seq) + 1;
    place.uuid = feed_.scope().uuid;
    place.seq = gap_ - 1;
    place.task.task = *task;
    if (auto written = write_gap(); !written) return written;
    if (loss_.restate) {
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
    const std::string to = "change " + std::to_string(gap_);
    insert->bind(0, gap_).bind_text(1, loss_.reason).bind_text(2, token_).bind_text(3, to);
    insert->bind(4, loss_.restate ? 1 : 0).bind_text(5, feed_.scope().relay);
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
  const RecordedLoss& loss_;
  std::string token_;
  std::int64_t gap_ = 0;
};

}  // namespace

Result<std::optional<LogPosition>> recorded_gap(Database& database, const Feed& feed,
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

Result<LogPosition> write_gap(Database& database, Feed& feed, const RecordedLoss& loss) {
  GapWriter gap(database, feed, loss);
  if (auto written = gap.write(); !written) return failed(written);
  return std::move(gap.place);
}

}  // namespace headwater::sqlite
