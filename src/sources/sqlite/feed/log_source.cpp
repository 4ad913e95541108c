#include "src/sources/sqlite/feed/log_source.h"

#include <algorithm>
#include <utility>

#include "src/sources/sqlite/feed/beside.h"
#include "src/sources/sqlite/feed/log_position.h"

namespace headwater::sqlite {
namespace {

// Long enough for a writer's commit. While a lock is held longer, the source waits without holding
// anything.
constexpr auto busy = Milliseconds(200);
// How soon a read retries while another connection holds the lock that healing needs.
constexpr auto locked_pause = Milliseconds(5);
// How long a read may continue without changes before it returns its position.
constexpr int pieces_per_read = 64;

Error files_replaced(const std::string& path) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.files_replaced",
          .message = path +
                     "-wal or -shm was removed or replaced while it was in use: programs that have "
                     "the database open no longer see each other's commits, and may damage it",
          .next = "end all programs that have it open, then: sqlite3 " + path +
                  " 'PRAGMA integrity_check'; then start them again, and headwater run -c FILE"};
}

}  // namespace

Result<Database> open_prepared(const std::string& path) {
  auto database = Database::open(path, Open::read_write, Origin::source, busy);
  if (!database) return database;
  if (auto uuid = load_uuid(*database); !uuid) return failed(uuid);
  // The relay's own writes may be lost in a power failure: they only trim the log or can be
  // repeated. In rollback-journal mode, less than the default would risk the file.
  auto mode = database->text("PRAGMA journal_mode");
  if (!mode) return failed(mode);
  if (*mode == "wal") {
    auto set = database->execute("PRAGMA synchronous = NORMAL");
    if (!set) return failed(set);
  }
  return database;
}

Result<std::unique_ptr<LogSource::Session>> LogSource::start(const LogSourceOptions& options,
                                                             const Clock& clock) {
  auto database = open_prepared(options.path);
  if (!database) return failed(database);
  // SQLite silently opens a file that it may not write as read-only.
  if (sqlite3_db_readonly(database->handle(), "main") == 1) {
    return fail(
        to_error(SQLITE_READONLY, "the file cannot be written", options.path, Origin::source));
  }
  FeedScope scope = options.scope;
  auto uuid = load_uuid(*database);
  if (!uuid) return failed(uuid);
  scope.uuid = std::move(*uuid);
  auto row = relay_row(*database, scope.relay);
  if (!row) return failed(row);
  scope.tables = std::move(row->tables);

  // The rest refers to the database, so the database must have its final place first.
  auto session = std::make_unique<Session>(std::move(*database));
  auto source = source_of(session->database, options.scope.relay);
  if (!source) return failed(source);
  session->source = std::move(*source);
  auto feed = Feed::on(session->database, std::move(scope));
  if (!feed) return failed(feed);
  session->feed = std::move(*feed);
  auto trimmer = Trimmer::on(session->database, clock, options.scope.relay, options.history);
  if (!trimmer) return failed(trimmer);
  session->trimmer.emplace(std::move(*trimmer));
  auto watch = CommitWatch::on(session->database);
  if (!watch) return failed(watch);
  session->watch.emplace(std::move(*watch));
  auto version = session->database.prepare("PRAGMA schema_version");
  if (!version) return failed(version);
  session->schema_version = std::move(*version);
  return session;
}

Result<std::unique_ptr<LogSource>> LogSource::connect(LogSourceOptions options,
                                                      const Clock& clock) {
  auto session = start(options, clock);
  if (!session) return failed(session);
  return std::unique_ptr<LogSource>(new LogSource(std::move(options), clock, std::move(*session)));
}

LogSource::LogSource(LogSourceOptions options, const Clock& clock, std::unique_ptr<Session> session)
    : options_(std::move(options)), clock_(&clock), session_(std::move(session)) {}

std::string LogSource::identity() const { return session_->source; }

/// Whether this connection still sees the commits of others. open() decides what follows, a moment
/// later: a restore of a backup first removes the -wal.
Result<void> LogSource::in_place() {
  const Files files = session_->database.files();
  if (files == Files::in_place) return {};
  const bool torn = files == Files::torn;
  return fail(
      {.remedy = Remedy::retry,
       .origin = Origin::source,
       .name = torn ? "source.files_replaced" : "source.replaced",
       .message = options_.path + (torn ? "-wal or -shm was removed or replaced while it was in use"
                                        : " was replaced by another file after it was opened"),
       .next = {}});
}

Result<std::int64_t> LogSource::schema_version() {
  Statement& statement = session_->schema_version;
  auto row = statement.step();
  if (!row) return failed(row);
  const std::int64_t version = statement.integer(0);
  statement.reset();
  return version;
}

Result<void> LogSource::open(const Position& after, std::stop_token /*stop*/) {
  auto gone = go_to(after);
  if (!gone) return fail(explained(std::move(gone.error())));
  return gone;
}

/// What a query misses may have been removed by `init --remove`. Then that is the error.
Error LogSource::explained(Error error) {
  if (error.remedy != Remedy::stop) return error;
  auto uuid = load_uuid(session_->database);
  if (!uuid) return uuid.error().remedy == Remedy::stop ? std::move(uuid.error()) : error;
  auto row = relay_row(session_->database, options_.scope.relay);
  if (!row && row.error().name == "source.not_prepared") return std::move(row.error());
  return error;
}

Result<void> LogSource::go_to(const Position& after) {
  if (auto here = in_place(); !here) {
    if (here.error().name == "source.files_replaced") return fail(files_replaced(options_.path));
    auto session = start(options_, *clock_);
    if (!session) return failed(session);
    session_ = std::move(*session);
  }
  if (auto row = relay_row(session_->database, options_.scope.relay); !row) return failed(row);
  synced_ = 0;
  gap_.reset();
  lost_.reset();
  lost_confirmed_ = false;
  if (auto forgotten = session_->trimmer->forget(); !forgotten) return forgotten;
  auto found = find_place(session_->database, *session_->feed, after, options_.on_lost);
  if (!found) return failed(found);
  if (!found->lost()) {
    gap_ = std::move(found->gap);
    return take_up(found->place);
  }
  reseek_ = false;
  lost_ = std::move(found->place);
  returned_ = after;
  return {};
}

Result<void> LogSource::take_up(const LogPosition& place) {
  reseek_ = false;
  healed_ = false;
  held_ = gap_.has_value();
  returned_ = to_position(place);
  return session_->database.transaction("", [&]() -> Result<void> {
    auto head = session_->feed->log().head();
    if (!head) return failed(head);
    open_head_ = *head;
    return session_->feed->seek(place);
  });
}

Result<PieceEnd> LogSource::piece(const ReadLimits& limits, ChangeBatch& batch, bool verify) {
  PieceEnd end = PieceEnd::dry;
  auto read = session_->database.transaction("", [&]() -> Result<void> {
    auto version = schema_version();
    if (!version) return failed(version);
    if (verify) {
      if (auto same = session_->feed->verify(); !same) return same;
    }
    const bool healed = *version == session_->healer.schema_version();
    auto piece = session_->feed->piece(limits, healed, batch);
    if (!piece) return failed(piece);
    end = *piece;
    // The findings of healing are among what was committed before.
    if (healed && !healed_) open_head_ = session_->feed->head();
    healed_ = healed_ || healed;
    return {};
  });
  if (!read) return failed(read);
  return end;
}

/// Reads until the batch is full, everything is read, or there is a position to report.
Result<PieceEnd> LogSource::pieces(const ReadLimits& limits, const std::stop_token& stop,
                                   ChangeBatch& batch) {
  for (int i = 0;; ++i) {
    // While another connection holds the lock that healing needs, the log can be read, but no
    // table.
    auto healed = session_->healer.heal();
    if (!healed && healed.error().remedy != Remedy::retry) return failed(healed);
    auto end = piece(limits, batch, i == 0);
    if (!end || *end != PieceEnd::more) return end;
    if (stop.stop_requested()) return end;
    if (i >= pieces_per_read && (!batch.changes.empty() || batch.position != returned_)) return end;
  }
}

Result<ChangeBatch> LogSource::read(const ReadLimits& limits, Milliseconds wait,
                                    std::stop_token stop) {
  auto batch = next_batch(limits, wait, stop);
  if (!batch) return fail(explained(std::move(batch.error())));
  return batch;
}

Result<ChangeBatch> LogSource::next_batch(const ReadLimits& limits, Milliseconds wait,
                                          const std::stop_token& stop) {
  const SteadyTime deadline = clock_->steady() + wait;
  if (auto here = in_place(); !here) return failed(here);
  ChangeBatch batch{.changes = {}, .position = returned_, .current = false, .backlog = {}};
  if (gap_) return next_gap();
  if (lost_) {
    auto recorded = recorded_loss(wait, stop, batch);
    if (!recorded) return failed(recorded);
    if (!*recorded) return batch;
  }
  for (;;) {
    if (reseek_) {
      auto place = parse_position(returned_);
      if (!place) return failed(place);
      auto sought =
          session_->database.transaction("", [&] { return session_->feed->seek(*place); });
      if (!sought) return failed(sought);
      reseek_ = false;
    }
    auto end = pieces(limits, stop, batch);
    // An error after some changes occurs again once these are processed.
    if (!end) reseek_ = true;
    if (!batch.changes.empty() || (end && batch.position != returned_)) {
      return finished(std::move(batch));
    }
    const auto left = std::chrono::duration_cast<Milliseconds>(deadline - clock_->steady());
    const bool over = stop.stop_requested() || left.count() <= 0;
    if (!end && (over || end.error().name != "source.locked")) return failed(end);
    if (over) return finished(std::move(batch));
    if (auto trimmed = trim(1); !trimmed) return failed(trimmed);
    const Milliseconds trim_rest = session_->trimmer->rest().value_or(left);
    const Milliseconds rest = end ? trim_rest : locked_pause;
    auto woken = session_->watch->wait(std::min(left, rest), stop);
    if (!woken) return failed(woken);
    if (auto here = in_place(); !here) return failed(here);
  }
}

Result<ChangeBatch> LogSource::finished(ChangeBatch batch) {
  Feed& feed = *session_->feed;
  const bool from_tables = !batch.changes.empty() && batch.changes.back().op == Op::read;
  if (from_tables || (feed.head() > synced_ && !batch.changes.empty())) {
    if (auto synced = session_->database.sync_commits(); !synced) {
      reseek_ = true;
      return failed(synced);
    }
    synced_ = feed.head();
  }
  returned_ = batch.position;
  batch.current = healed_ && feed.done_up_to(open_head_);
  if (feed.scanning()) {
    batch.snapshot = feed.snapshot_progress();
  } else {
    batch.backlog = static_cast<std::uint64_t>(std::max<std::int64_t>(feed.head() - feed.seq(), 0));
  }
  if (auto trimmed = trim(batch.changes.size()); !trimmed) return failed(trimmed);
  return batch;
}

/// Keeps up with `rows` more in the log.
Result<void> LogSource::trim(std::size_t rows) {
  for (std::int64_t done = 0; done <= static_cast<std::int64_t>(rows);) {
    auto removed = session_->trimmer->work();
    if (!removed) return failed(removed);
    if (*removed == 0) break;
    done += *removed;
  }
  return {};
}

}  // namespace headwater::sqlite
