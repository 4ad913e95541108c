// Making and checking the tables.
#include "src/inbox/sqlite/state.h"

namespace headwater::client {
namespace {

constexpr const char* columns =
    "source TEXT 1, id TEXT 2, sequence INTEGER 0, claimed_at INTEGER 0";

std::string quoted_text(const std::string& text) {
  std::string quoted = "'";
  for (const char letter : text) quoted.append(letter == '\'' ? 2 : 1, letter);
  return quoted + "'";
}

}  // namespace

std::string SqliteInbox::State::table(std::string_view suffix) const {
  return "main.\"" + options.table + std::string(suffix) + "\"";
}

Result<bool> SqliteInbox::State::exists() const {
  auto count = text("SELECT count(*) FROM main.sqlite_master WHERE lower(name) IN (lower('" +
                    options.table + "'), lower('" + options.table + "_meta'))");
  if (!count) return count.error();
  return *count != "0";
}

Result<void> SqliteInbox::State::create() const {
  const std::string sql =
      "BEGIN IMMEDIATE;"
      "CREATE TABLE IF NOT EXISTS " +
      table() +
      " (source TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL,"
      " claimed_at INTEGER NOT NULL, PRIMARY KEY (source, id)) WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS " +
      table("_meta") +
      " (one INTEGER PRIMARY KEY CHECK (one = 1), format INTEGER NOT NULL, consumer TEXT NOT NULL);"
      "INSERT OR IGNORE INTO " +
      table("_meta") + " VALUES (1, " + std::to_string(inbox::format) + ", " +
      quoted_text(options.consumer) +
      ");"
      "COMMIT";
  auto made = execute(sql);
  if (!made && in_transaction()) (void)execute("ROLLBACK");
  return made;
}

Result<void> SqliteInbox::State::check() const {
  auto found = text(
      "SELECT group_concat(name || ' ' || upper(type) || ' ' || pk, ', ') FROM "
      "(SELECT * FROM pragma_table_info('" +
      options.table + "', 'main') ORDER BY cid)");
  if (!found) return found.error();
  if (*found != columns) {
    return inbox::other_shape(
        options, found->empty() ? "it has no table of ids" : "its columns are " + *found);
  }
  auto meta = text("SELECT group_concat(name, ', ') FROM (SELECT * FROM pragma_table_info('" +
                   options.table + "_meta', 'main') ORDER BY cid)");
  if (!meta) return meta.error();
  if (*meta != "one, format, consumer") {
    return inbox::other_shape(options, "it has no table " + options.table + "_meta of this shape");
  }
  auto stored = text("SELECT format FROM " + table("_meta"));
  if (!stored) return stored.error();
  auto consumer = text("SELECT consumer FROM " + table("_meta"));
  if (!consumer) return consumer.error();
  return inbox::check_about(options, {.format = *stored, .consumer = *consumer});
}

}  // namespace headwater::client
