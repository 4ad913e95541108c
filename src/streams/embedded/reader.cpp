#include "src/streams/embedded/reader.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <stop_token>
#include <utility>

#include "src/ports/place.h"
#include "src/sqlite/commit_watch.h"
#include "src/streams/embedded/file.h"
#include "src/streams/embedded/retention.h"

namespace headwater::embedded {
namespace {

using sqlite::CommitWatch;
using sqlite::Database;
using sqlite::Open;
using sqlite::Statement;

constexpr Milliseconds patience_to_read{1000};
// Nothing is ever committed in a file that was deleted or replaced.
constexpr Milliseconds longest_watch{2000};
constexpr std::size_t kinds_read_ahead = 10'000;

/// The values that the events of one kind share.
struct KindRow {
  SharedText source;
  EventType type;
  std::string id_prefix;
};

// SQLite's sequences end there.
std::int64_t to_integer(std::uint64_t sequence) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(sequence, most));
}

}  // namespace

struct Reader::Session {
  explicit Session(Database opened) : database(std::move(opened)) {}

  Result<void> prepare() {
    auto prepared = database.prepare(
        "SELECT sequence, kind, time, id, subject, partition_key, data FROM events"
        " WHERE sequence >= ? ORDER BY sequence");
    if (!prepared) return failed(prepared);
    events = std::move(*prepared);
    prepared = database.prepare("SELECT source, type, id_prefix FROM kinds WHERE kind = ?");
    if (!prepared) return failed(prepared);
    kind = std::move(*prepared);
    auto watching = CommitWatch::on(database);
    if (!watching) return failed(watching);
    watch.emplace(std::move(*watching));
    return {};
  }

  /// Kinds are never changed or removed.
  Result<const KindRow*> find_kind(std::int64_t number) {
    if (const auto known = kinds.find(number); known != kinds.end()) return &known->second;
    kind.bind(0, number);
    auto row = kind.step();
    if (!row) return failed(row);
    if (!*row) {
      return fail(sqlite::to_error(SQLITE_CORRUPT, "no kind " + std::to_string(number),
                                   database.path(), database.origin()));
    }
    KindRow found{.source = SharedText(kind.bytes(0)),
                  .type = EventType::parse(kind.bytes(1)),
                  .id_prefix = std::string(kind.bytes(2))};
    kind.reset();
    if (kinds.size() >= kinds_read_ahead) kinds.clear();
    return &kinds.emplace(number, std::move(found)).first->second;
  }

  /// Whatever `stored` held before.
  Result<void> event(StoredEvent& stored) {
    auto common = find_kind(events.integer(1));
    if (!common) return failed(common);
    const KindRow& kind_row = **common;
    const std::string_view rest_of_id = events.text(3);
    stored.sequence = static_cast<std::uint64_t>(events.integer(0));
    Event& event = stored.event;
    event.source = kind_row.source;
    event.type = kind_row.type;
    event.time = WallTime(Milliseconds(events.integer(2)));
    event.id.reserve(kind_row.id_prefix.size() + rest_of_id.size());
    event.id.assign(kind_row.id_prefix).append(rest_of_id);
    event.subject = events.text(4);
    event.partition_key = events.text(5);
    event.data = events.text(6);
    event.position = {};
    return {};
  }

  Database database;
  Statement events;
  Statement kind;
  std::optional<CommitWatch> watch;
  std::map<std::int64_t, KindRow> kinds;
  std::optional<Database> acknowledging;
};

Reader::Reader(std::string path, const Clock& clock) : path_(std::move(path)), clock_(&clock) {}

Reader::~Reader() = default;

Result<void> Reader::open() {
  if (session_) {
    auto here = still_in_place(session_->database);
    if (here) return {};
    Error error = closed(std::move(here.error()));
    // Another file is there: a copy of this stream, or another stream, which is reported below.
    if (error.remedy != Remedy::retry) return fail(std::move(error));
  }
  auto database = open_file(path_, Open::read_only, patience_to_read);
  if (!database) return failed(database);
  auto life = life_of(*database);
  if (!life) return failed(life);
  if (life_.value_or(*life) != *life) return fail(recreated("stream " + path_, ""));
  life_ = *life;
  auto session = std::make_unique<Session>(std::move(*database));
  if (auto ready = session->prepare(); !ready) return failed(ready);
  session_ = std::move(session);
  return {};
}

Error Reader::closed(Error error) {
  session_.reset();
  return explained(std::move(error), path_);
}

Result<StreamRange> Reader::range() {
  if (auto opened = open(); !opened) return failed(opened);
  StreamRange range;
  auto read = session_->database.transaction("", [&]() -> Result<void> {
    auto last = last_sequence(session_->database);
    if (!last) return failed(last);
    auto first = session_->database.integer("SELECT min(sequence) FROM events");
    if (!first) return failed(first);
    range.last = *last;
    range.first = *first == 0 ? *last + 1 : static_cast<std::uint64_t>(*first);
    return {};
  });
  if (!read) return fail(closed(std::move(read.error())));
  return range;
}

Result<std::vector<StoredEvent>> Reader::read(std::uint64_t from, const ReadLimits& limits,
                                              Milliseconds wait, std::stop_token stop) {
  const SteadyTime start = clock_->steady();
  for (;;) {
    if (auto opened = open(); !opened) return failed(opened);
    auto found = read_now(from, limits);
    if (!found) return fail(closed(std::move(found.error())));
    const auto past = std::chrono::duration_cast<Milliseconds>(clock_->steady() - start);
    if (!found->empty()) return found;
    if (from > 1) {
      if (auto there = reaches(from - 1, ""); !there) return failed(there);
    }
    if (stop.stop_requested() || past >= wait) return found;
    // Returns true at once if there was a commit since the last wait, so no commit between the read
    // and the wait is missed.
    auto committed = session_->watch->wait(std::min(wait - past, longest_watch), stop);
    if (!committed) return fail(closed(std::move(committed.error())));
  }
}

Result<std::vector<StoredEvent>> Reader::read_now(std::uint64_t from, const ReadLimits& limits) {
  auto batch = spare_.batch();
  Statement& events = session_->events;
  events.bind(0, to_integer(from));
  for (std::size_t bytes = 0; batch.size() < limits.count;) {
    auto row = events.step();
    if (!row) return failed(row);
    if (!*row) break;
    StoredEvent& event = batch.add();
    if (auto filled = session_->event(event); !filled) return failed(filled);
    bytes += footprint(event.event);
    if (bytes > limits.bytes && batch.size() > 1) {
      batch.drop_last();
      break;
    }
  }
  events.reset();
  return std::move(batch).take();
}

Result<void> Reader::reaches(std::uint64_t sequence, const std::string& consumer) {
  auto last = last_sequence(session_->database);
  if (!last) return fail(closed(std::move(last.error())));
  if (sequence <= *last) return {};
  return fail(beyond_end("stream " + path_, consumer, sequence, *last));
}

Result<std::optional<std::uint64_t>> Reader::acknowledged(const std::string& consumer) {
  if (auto opened = open(); !opened) return failed(opened);
  auto select = session_->database.prepare("SELECT acknowledged FROM consumers WHERE name = ?");
  if (!select) return fail(closed(std::move(select.error())));
  select->bind_text(0, consumer);
  auto row = select->step();
  if (!row) return fail(closed(std::move(row.error())));
  if (!*row) return std::nullopt;
  const auto sequence = static_cast<std::uint64_t>(select->integer(0));
  select->reset();
  if (auto there = reaches(sequence, consumer); !there) return failed(there);
  return {sequence};
}

Result<Database*> Reader::acknowledging() {
  if (auto opened = open(); !opened) return failed(opened);
  auto& database = session_->acknowledging;
  if (database) return &*database;
  auto writable = open_file(path_, Open::read_write, patience_to_read);
  if (!writable) return fail(closed(std::move(writable.error())));
  // The file may have just been replaced.
  auto life = life_of(*writable);
  if (!life) return fail(closed(std::move(life.error())));
  if (*life != life_) return fail(recreated("stream " + path_, ""));
  // Without its own sync: a consumer must not make the relay wait for the disk.
  if (auto set = writable->execute("PRAGMA synchronous=NORMAL"); !set) {
    return fail(closed(std::move(set.error())));
  }
  database.emplace(std::move(*writable));
  return &*database;
}

Result<void> Reader::acknowledge(const std::string& consumer, std::uint64_t sequence) {
  auto database = acknowledging();
  if (!database) return failed(database);
  // Its earlier acknowledgement must also be in the stream.
  auto before = acknowledged(consumer);
  if (!before) return failed(before);
  if (auto there = reaches(sequence, consumer); !there) return there;
  auto note = (*database)->prepare(
      "INSERT INTO consumers(name, acknowledged, time) VALUES (?, ?, ?)"
      " ON CONFLICT(name) DO UPDATE SET acknowledged = excluded.acknowledged, time = excluded.time"
      " WHERE excluded.acknowledged > acknowledged");
  if (!note) return fail(closed(std::move(note.error())));
  note->bind_text(0, consumer)
      .bind(1, to_integer(sequence))
      .bind(2, clock_->wall().time_since_epoch().count());
  if (auto noted = note->run(); !noted) return fail(closed(std::move(noted.error())));
  return {};
}

Result<void> Reader::forget(const std::string& consumer) {
  auto database = acknowledging();
  if (!database) return failed(database);
  auto gone = (*database)->prepare("DELETE FROM consumers WHERE name = ?");
  if (!gone) return fail(closed(std::move(gone.error())));
  gone->bind_text(0, consumer);
  if (auto done = gone->run(); !done) return fail(closed(std::move(done.error())));
  return {};
}

}  // namespace headwater::embedded
