#include <limits>

#include "src/inbox/shared/pieces.h"
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
  void bind(int index, std::int64_t number) { sqlite3_bind_int64(statement_, index, number); }
  int step() { return sqlite3_step(statement_); }
  [[nodiscard]] std::int64_t integer() const { return sqlite3_column_int64(statement_, 0); }

 private:
  sqlite3_stmt* statement_;
};

/// SQLite has no larger integer.
std::int64_t stored(std::uint64_t sequence) {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  return sequence > static_cast<std::uint64_t>(largest) ? largest
                                                        : static_cast<std::int64_t>(sequence);
}

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
  const std::string old = " FROM " + ids + " WHERE claimed_at < " + current_time + " - " +
                          std::to_string(options.keep.count()) + " AND sequence <= ?1";
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
  // Without ids to forget, nothing has to wait for a writer.
  if (auto made = make(any, "SELECT 1" + old + " LIMIT 1"); !made) return made;
  return make(remove, "DELETE FROM " + ids + " WHERE (source, id) IN (SELECT source, id" + old +
                          " ORDER BY claimed_at LIMIT " + std::to_string(inbox::piece) + ")");
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
    insert.bind(3, stored(each.sequence));
    insert.bind(4, now.integer());
    if (insert.step() != SQLITE_DONE) return state_->error();
    is_new[i] = sqlite3_changes(state_->database) > 0;
    if (is_new[i]) continue;
    Use raise(state_->raise.get());
    raise.bind(1, each.source);
    raise.bind(2, each.id);
    raise.bind(3, stored(each.sequence));
    if (raise.step() != SQLITE_DONE) return state_->error();
  }
  return is_new;
}

Result<bool> SqliteInbox::forget_some(std::uint64_t acknowledged) {
  if (state_->in_transaction()) return inbox::in_transaction(state_->options, "forget_some()");
  {
    Use any(state_->any.get());
    any.bind(1, stored(acknowledged));
    const int code = any.step();
    if (code == SQLITE_DONE) return false;
    if (code != SQLITE_ROW) return state_->error();
  }
  Use remove(state_->remove.get());
  remove.bind(1, stored(acknowledged));
  if (remove.step() != SQLITE_DONE) return state_->error();
  return sqlite3_changes(state_->database) >= inbox::piece;
}

}  // namespace headwater::client
