#include "src/inbox/shared/pieces.h"
#include "src/inbox/shared/stored.h"
#include "src/inbox/sqlite/state.h"

namespace headwater::client {
namespace {

/// unixepoch() is newer than the SQLite of Ubuntu 22.04.
constexpr const char* current_time = "CAST(strftime('%s', 'now') AS INTEGER)";

inbox::Cause cause_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return inbox::Cause::busy;
    case SQLITE_READONLY:
      return inbox::Cause::read_only;
    case SQLITE_FULL:
      return inbox::Cause::full;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return inbox::Cause::denied;
    default:
      return inbox::Cause::other;
  }
}

/// Resets a statement when its use ends, so that it holds no lock.
class Use {
 public:
  explicit Use(sqlite3_stmt* statement) : statement_(statement) {}
  ~Use() { sqlite3_reset(statement_); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  /// The bytes must live as long as this.
  void bind(int index, std::string_view text) {
    // A null pointer would bind NULL.
    sqlite3_bind_text64(statement_, index, text.empty() ? "" : text.data(), text.size(),
                        SQLITE_STATIC, SQLITE_UTF8);
  }
  /// Greater than any text.
  void bind_greatest(int index) { sqlite3_bind_zeroblob(statement_, index, 1); }
  void bind(int index, std::int64_t number) { sqlite3_bind_int64(statement_, index, number); }
  int step() { return sqlite3_step(statement_); }
  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] std::string_view text(int column) const {
    const unsigned char* bytes = sqlite3_column_text(statement_, column);
    if (bytes == nullptr) return {};
    return {reinterpret_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
};

}  // namespace

Error SqliteInbox::State::error() const {
  return inbox::database_error(options, cause_of(sqlite3_errcode(database)),
                               std::string("SQLite: ") + sqlite3_errmsg(database));
}

auto SqliteInbox::State::prepare(const std::string& sql) const -> Result<Prepared> {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK) {
    return error();
  }
  return Prepared(statement);
}

Result<void> SqliteInbox::State::execute(const std::string& sql) const {
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return error();
  return {};
}

Result<std::string> SqliteInbox::State::text(const std::string& sql) const {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  const int code = sqlite3_step(statement->get());
  if (code == SQLITE_DONE) return std::string();
  if (code != SQLITE_ROW) return error();
  const unsigned char* found = sqlite3_column_text(statement->get(), 0);
  if (found == nullptr) return std::string();
  return std::string(reinterpret_cast<const char*>(found));
}

Result<void> SqliteInbox::State::prepare_all() {
  const std::string ids = table();
  const auto make = [this](Prepared& into, const std::string& sql) -> Result<void> {
    auto statement = prepare(sql);
    if (!statement) return statement.error();
    into = *std::move(statement);
    return {};
  };
  if (auto made = make(now, std::string("SELECT ") + current_time); !made) return made;
  if (auto made = make(insert, "INSERT OR IGNORE INTO " + ids + " VALUES (?1, ?2, ?3, ?4)"); !made)
    return made;
  if (auto made = make(raise, "UPDATE " + ids +
                                  " SET sequence = ?3 WHERE source = ?1 AND id = ?2"
                                  " AND sequence < ?3");
      !made) {
    return made;
  }
  if (auto made = make(window, "SELECT claimed_at, sequence, source, id FROM " + ids +
                                   " WHERE (source, id) > (?1, ?2) ORDER BY source, id LIMIT " +
                                   std::to_string(inbox::part));
      !made) {
    return made;
  }
  return make(remove, "DELETE FROM " + ids +
                          " WHERE (source, id) > (?1, ?2) AND (source, id) <= (?3, ?4)"
                          " AND claimed_at < ?5 AND sequence <= ?6");
}

SqliteInbox::SqliteInbox(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteInbox::SqliteInbox(SqliteInbox&&) noexcept = default;
SqliteInbox& SqliteInbox::operator=(SqliteInbox&&) noexcept = default;
SqliteInbox::~SqliteInbox() = default;

Result<SqliteInbox> SqliteInbox::open(sqlite3* database, InboxOptions options) {
  if (auto checked = inbox::check_options(options); !checked) return checked.error();
  auto state = std::make_unique<State>(database, std::move(options));
  if (state->in_transaction()) return inbox::in_transaction(state->options, "open()");
  auto exists = state->exists();
  if (!exists) return exists.error();
  if (!*exists) {
    if (auto created = state->create(); !created) return created.error();
  }
  if (auto checked = state->check(); !checked) return checked.error();
  if (auto prepared = state->prepare_all(); !prepared) return prepared.error();
  return SqliteInbox(std::move(state));
}

Result<std::vector<bool>> SqliteInbox::claim(std::span<const Delivery> deliveries) {
  if (!state_->in_transaction()) return inbox::no_transaction(state_->options, "BEGIN");
  Use now(state_->now.get());
  if (now.step() != SQLITE_ROW) return state_->error();
  std::vector<bool> is_new(deliveries.size());
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    const Delivery& each = deliveries[i];
    Use insert(state_->insert.get());
    insert.bind(1, each.source);
    insert.bind(2, each.id);
    insert.bind(3, inbox::stored(each.sequence));
    insert.bind(4, now.integer(0));
    if (insert.step() != SQLITE_DONE) return state_->error();
    is_new[i] = sqlite3_changes(state_->database) > 0;
    if (is_new[i]) continue;
    Use raise(state_->raise.get());
    raise.bind(1, each.source);
    raise.bind(2, each.id);
    raise.bind(3, inbox::stored(each.sequence));
    if (raise.step() != SQLITE_DONE) return state_->error();
  }
  return is_new;
}

auto SqliteInbox::State::read_part(std::int64_t cutoff, std::int64_t acknowledged) -> Result<Part> {
  Part part;
  Use rows(window.get());
  rows.bind(1, at_source);
  rows.bind(2, at_id);
  for (int left = inbox::part; left > 0; --left) {
    const int code = rows.step();
    if (code == SQLITE_DONE) return part;
    if (code != SQLITE_ROW) return error();
    if (rows.integer(0) < cutoff && rows.integer(1) <= acknowledged) {
      ++part.old;
    } else {
      sweep.leaves(rows.integer(0));
    }
    if (left > 1 && part.old < inbox::piece) continue;
    part.end = false;
    part.source = rows.text(2);
    part.id = rows.text(3);
    return part;
  }
  return part;
}

Result<void> SqliteInbox::State::remove_old(const Part& part, std::int64_t cutoff,
                                            std::int64_t acknowledged) {
  Use use(remove.get());
  use.bind(1, at_source);
  use.bind(2, at_id);
  if (part.end) {
    use.bind_greatest(3);
  } else {
    use.bind(3, part.source);
  }
  use.bind(4, part.id);
  use.bind(5, cutoff);
  use.bind(6, acknowledged);
  if (use.step() != SQLITE_DONE) return error();
  return {};
}

Result<bool> SqliteInbox::forget_some(std::uint64_t acknowledged) {
  State& state = *state_;
  if (state.in_transaction()) return inbox::in_transaction(state.options, "forget_some()");
  const auto clock = inbox::Sweep::Clock::now();
  if (!state.sweep.due(clock)) return false;
  Use now(state.now.get());
  if (now.step() != SQLITE_ROW) return state.error();
  const std::int64_t time = now.integer(0);
  const std::int64_t cutoff = time - state.options.keep.count();
  auto part = state.read_part(cutoff, inbox::stored(acknowledged));
  if (!part) return part.error();
  // Without ids to forget, nothing has to wait for a writer.
  if (part->old > 0) {
    auto removed = state.remove_old(*part, cutoff, inbox::stored(acknowledged));
    if (!removed) return removed.error();
  }
  if (part->end) state.sweep.end(time, clock);
  state.at_source = std::move(part->source);
  state.at_id = std::move(part->id);
  return part->old >= inbox::piece;
}

}  // namespace headwater::client
