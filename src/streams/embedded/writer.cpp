#include "src/streams/embedded/writer.h"

#include <optional>
#include <utility>

#include "src/streams/embedded/file.h"
#include "src/streams/embedded/id_prefix.h"
#include "src/streams/shared/errors.h"

namespace headwater::embedded {
namespace {

using sqlite::Database;
using sqlite::Statement;

// Well under the two seconds in which the program must stop.
constexpr Milliseconds patience_to_append{1000};
// 8 MiB, then 64 MiB, of pages: at the first, the writer moves them into the file as far as readers
// allow; at the second, it waits a little for readers that block it, so that the -wal cannot grow
// forever.
constexpr int checkpoint_pages = 1000;
constexpr int restart_pages = 8000;
constexpr Milliseconds restart_wait{50};
// There are about as many kinds as tables times operations. If there are far more, they are looked
// up again.
constexpr std::size_t kinds_remembered = 10'000;

using StoredKind = std::tuple<std::string, std::string, std::string>;
using KindView = std::tuple<std::string_view, std::string_view, std::string_view>;

/// Finds a kind without building strings of its parts.
struct KindOrder {
  using is_transparent = void;
  bool operator()(const KindView& left, const KindView& right) const { return left < right; }
};

int note_wal_pages(void* pages, sqlite3* /*database*/, const char* /*name*/, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

struct Writer::Session {
  explicit Session(Database opened) : database(std::move(opened)) {
    sqlite3_wal_hook(database.handle(), note_wal_pages, &wal_pages);
  }

  Result<void> prepare() {
    // One statement, because outside a transaction another relay may append between two.
    const std::string end = std::string("SELECT ") + last_sequence_sql +
                            ", sequence, position, source, name IS NULL"
                            " FROM (SELECT 1) LEFT JOIN relays ON name = ?";
    const std::pair<Statement*, const char*> statements[] = {
        {&tail, end.c_str()},
        {&move_tail,
         "INSERT INTO relays(name, source, sequence, position, time) VALUES (?, ?, ?, ?, ?)"
         " ON CONFLICT(name) DO UPDATE SET source = excluded.source,"
         " sequence = excluded.sequence, position = excluded.position, time = excluded.time"},
        {&event,
         "INSERT INTO events(sequence, kind, time, id, subject, partition_key, data)"
         " VALUES (?, ?, ?, ?, ?, ?, ?)"},
        {&find_kind, "SELECT kind FROM kinds WHERE source = ? AND type = ? AND id_prefix = ?"},
        {&add_kind, "INSERT INTO kinds(source, type, id_prefix) VALUES (?, ?, ?)"},
    };
    for (const auto& [statement, sql] : statements) {
      auto prepared = database.prepare(sql);
      if (!prepared) return failed(prepared);
      *statement = std::move(*prepared);
    }
    return {};
  }

  Database database;
  Statement tail;
  Statement move_tail;
  Statement event;
  Statement find_kind;
  Statement add_kind;
  std::map<StoredKind, std::int64_t, KindOrder> kinds;
  int wal_pages = 0;   // after the last commit
  int pages_seen = 0;  // by checkpoint()
  int next_checkpoint = checkpoint_pages;
};

Writer::Writer(std::string relay, const Options& options, const Clock& clock)
    : relay_(std::move(relay)),
      path_(options.path),
      clock_(&clock),
      housekeeper_(options.retention, clock) {}

Writer::~Writer() = default;

Result<void> Writer::open() {
  if (session_) {
    if (auto here = still_in_place(session_->database); !here) {
      return fail(closed(std::move(here.error())));
    }
    return {};
  }
  auto database = open_for_append(path_, patience_to_append);
  if (!database) return fail(closed(std::move(database.error())));
  auto session = std::make_unique<Session>(std::move(*database));
  if (auto ready = session->prepare(); !ready) return fail(closed(std::move(ready.error())));
  session_ = std::move(session);
  return {};
}

Error Writer::closed(Error error) {
  session_.reset();
  return explained(std::move(error), path_);
}

Result<Durable> Writer::tail(std::stop_token /*stop*/) {
  if (auto opened = open(); !opened) return failed(opened);
  auto found = read_end();
  if (!found) return fail(closed(std::move(found.error())));
  // A relay killed between writing and syncing leaves a commit that can be read but still be lost.
  if (auto synced = session_->database.sync_commits(); !synced) {
    return fail(closed(std::move(synced.error())));
  }
  return Durable::confirmed_by_stream(std::move(found->tail));
}

Result<Durable> Writer::append(const Tail& expected, std::span<const Event> events,
                               const Position& position, const std::string& source,
                               std::stop_token /*stop*/) {
  if (auto opened = open(); !opened) return failed(opened);
  Tail moved;
  auto done = session_->database.transaction("IMMEDIATE", [&]() -> Result<void> {
    auto written = write(expected, events, position, source);
    if (!written) return failed(written);
    moved = std::move(*written);
    return {};
  });
  // The file may have disappeared since open() checked it.
  if (done) done = still_in_place(session_->database);
  if (!done) return fail(not_appended(std::move(done.error())));
  checkpoint();
  return Durable::confirmed_by_stream(std::move(moved));
}

Error Writer::not_appended(Error error) {
  if (error.remedy == Remedy::stand_by) return error;
  session_->kinds.clear();  // some may have been added and rolled back
  if (error.name == "stream.locked") return error;
  if (error.name != "stream.disk_full") return closed(std::move(error));
  // Opening it again also takes space. The content of the -wal may fit into the file, and its space
  // is then reused.
  sqlite3_wal_checkpoint_v2(session_->database.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr,
                            nullptr);
  return explained(std::move(error), path_);
}

Result<bool> Writer::maintain() {
  if (auto opened = open(); !opened) return failed(opened);
  auto more = housekeeper_.run(session_->database);
  if (!more) return fail(closed(std::move(more.error())));
  checkpoint();
  return more;
}

Result<StreamRoom> Writer::room() {
  if (auto opened = open(); !opened) return failed(opened);
  auto room = room_of(session_->database, clock_->wall());
  if (!room) return fail(closed(std::move(room.error())));
  return room;
}

Result<Writer::End> Writer::read_end() {
  Statement& select = session_->tail;
  select.bind_text(0, relay_);
  auto row = select.step();
  if (!row) return failed(row);
  End end{.tail = {}, .last = static_cast<std::uint64_t>(select.integer(0))};
  if (select.integer(4) == 0) {
    end.tail = {.sequence = static_cast<std::uint64_t>(select.integer(1)),
                .position = Position{std::string(select.bytes(2))},
                .source = std::string(select.bytes(3))};
  }
  select.reset();
  // Continuing would give the lost events' numbers to others.
  if (end.tail.sequence > end.last) return fail(events_lost(end));
  return end;
}

Error Writer::events_lost(const End& end) const {
  return streams::hopeless(
      "stream.events_lost",
      path_ + ": the stream ends at event " + std::to_string(end.last) + ", and relay " + relay_ +
          " has appended up to event " + std::to_string(end.tail.sequence) +
          ": another program removed its end",
      "restore a copy of the whole stream, or publish again what the source still has: headwater "
      "init -c FILE --remove, then headwater init -c FILE");
}

Result<Tail> Writer::write(const Tail& expected, std::span<const Event> events,
                           const Position& position, const std::string& source) {
  auto end = read_end();
  if (!end) return failed(end);
  const Tail& found = end->tail;
  if (found.sequence != expected.sequence || found.position != expected.position) {
    return fail(streams::conflict(path_, relay_, found, expected));
  }
  Tail next{.sequence = expected.sequence, .position = position, .source = source};
  if (!events.empty()) next.sequence = end->last;
  for (const Event& event : events) {
    if (auto stored = insert(++next.sequence, event); !stored) {
      return failed(stored);
    }
  }
  session_->move_tail.bind_text(0, relay_)
      .bind_text(1, source)
      .bind(2, static_cast<std::int64_t>(next.sequence))
      .bind_blob(3, position.token)
      .bind(4, clock_->wall().time_since_epoch().count());
  if (auto moved = session_->move_tail.run(); !moved) return failed(moved);
  return next;
}

Result<void> Writer::insert(std::uint64_t sequence, const Event& event) {
  const std::string_view prefix = id_prefix(event);
  auto kind = kind_of(event, prefix);
  if (!kind) return failed(kind);
  session_->event.bind(0, static_cast<std::int64_t>(sequence))
      .bind(1, *kind)
      .bind(2, event.time.time_since_epoch().count())
      .bind_text(3, std::string_view(event.id).substr(prefix.size()))
      .bind_text(4, event.subject)
      .bind_text(5, event.partition_key)
      .bind_text(6, event.data);
  return session_->event.run();
}

Result<std::int64_t> Writer::kind_of(const Event& event, std::string_view prefix) {
  auto& kinds = session_->kinds;
  if (const auto known = kinds.find(KindView{event.source, event.type.text(), prefix});
      known != kinds.end()) {
    return known->second;
  }
  const auto bind = [&](Statement& statement) {
    statement.bind_text(0, event.source).bind_text(1, event.type.text()).bind_text(2, prefix);
  };
  bind(session_->find_kind);
  auto row = session_->find_kind.step();
  if (!row) return failed(row);
  std::int64_t kind = 0;
  if (*row) {
    kind = session_->find_kind.integer(0);
    session_->find_kind.reset();
  } else {
    bind(session_->add_kind);
    if (auto added = session_->add_kind.run(); !added) return failed(added);
    kind = sqlite3_last_insert_rowid(session_->database.handle());
  }
  if (kinds.size() >= kinds_remembered) kinds.clear();
  kinds.emplace(StoredKind{event.source, event.type.text(), prefix}, kind);
  return kind;
}

void Writer::checkpoint() {
  Session& session = *session_;
  if (session.wal_pages < session.pages_seen) session.next_checkpoint = checkpoint_pages;
  session.pages_seen = session.wal_pages;
  if (session.wal_pages < session.next_checkpoint) return;
  session.next_checkpoint = session.wal_pages + checkpoint_pages;
  const bool restart = session.wal_pages >= restart_pages;
  if (restart) session.database.set_busy(restart_wait);
  // The events are already durable. A checkpoint that fails is retried, and its cause will soon
  // make appends fail.
  sqlite3_wal_checkpoint_v2(session.database.handle(), "main",
                            restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
                            nullptr, nullptr);
  if (restart) session.database.set_busy(patience_to_append);
}

}  // namespace headwater::embedded
