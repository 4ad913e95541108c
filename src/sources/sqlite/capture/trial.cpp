#include "src/sources/sqlite/capture/trial.h"

#include <algorithm>
#include <array>
#include <utility>

#include "src/sources/sqlite/capture/index_text.h"
#include "src/sources/sqlite/capture/log_tables.h"

namespace headwater::sqlite {
namespace {

/// A stand-in for the program's own collation.
int compare_bytes(void*, int a_size, const void* a, int b_size, const void* b) {
  const std::string_view left(static_cast<const char*>(a), static_cast<std::size_t>(a_size));
  const std::string_view right(static_cast<const char*>(b), static_cast<std::size_t>(b_size));
  return left.compare(right);
}

void need_collation(void*, sqlite3* database, int, const char* name) {
  sqlite3_create_collation_v2(database, name, SQLITE_UTF8, nullptr, compare_bytes, nullptr);
}

void no_function(sqlite3_context* context, int, sqlite3_value**) { sqlite3_result_null(context); }

/// Defines a stand-in for a function that only the program has. Returns false if `why` does not
/// name one.
bool make_function(sqlite3* database, const std::string& why) {
  constexpr std::string_view asks = "no such function: ";
  if (!why.starts_with(asks)) return false;
  constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  return sqlite3_create_function_v2(database, why.c_str() + asks.size(), -1, flags, nullptr,
                                    no_function, nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::string column_names(const TableInfo& table) {
  std::string all;
  for (const auto& column : table.columns) {
    all.append(all.empty() ? "" : ", ").append(quote_name(column.name));
  }
  return all;
}

/// The statements that must compile for the table to be writable.
std::vector<std::string> writes(const TableInfo& table) {
  const std::string name = "main." + quote_name(table.name);
  std::vector<std::string> statements{"INSERT INTO " + name + " DEFAULT VALUES",
                                      "DELETE FROM " + name};
  std::string all;
  for (const auto& column : table.columns) {
    if (column.generated) continue;
    const std::string quoted = quote_name(column.name);
    all.append(all.empty() ? "" : ", ").append(quoted).append(" = ").append(quoted);
  }
  if (!all.empty()) statements.push_back("UPDATE " + name + " SET " + all);
  return statements;
}

}  // namespace

Result<Trial> Trial::open() {
  auto database = Database::open(":memory:", Open::create, Origin::source);
  if (!database) return failed(database);
  if (auto made = create_log(*database, 0); !made) return failed(made);
  // As in many programs, "text" does not mean 'text' in a trigger. In a table it may.
  sqlite3_db_config(database->handle(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(database->handle(), SQLITE_DBCONFIG_DQS_DDL, 1, nullptr);
  auto allowed = std::make_unique<Allowed>(Allowed::all);
  sqlite3_limit(database->handle(), SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_collation_needed(database->handle(), nullptr, need_collation);
  sqlite3_set_authorizer(database->handle(), authorize, allowed.get());
  return Trial(std::move(*database), std::move(allowed));
}

int Trial::authorize(void* allowed, int action, const char* first, const char*, const char*,
                     const char*) {
  const auto now = *static_cast<const Allowed*>(allowed);
  if (now == Allowed::all) return SQLITE_OK;
  switch (action) {
    case SQLITE_READ:
    case SQLITE_FUNCTION:
      return SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE: {  // CREATE itself writes to sqlite_master
      const bool own = first != nullptr && std::string_view(first).starts_with("sqlite_");
      return own || now == Allowed::make_triggers ? SQLITE_OK : SQLITE_DENY;
    }
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_INDEX:
      return now == Allowed::make_table ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
      return now == Allowed::make_triggers ? SQLITE_OK : SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

std::string Trial::statement(std::string_view sql, bool execute) {
  sqlite3* const handle = database_.handle();
  // Each round defines one missing function.
  for (int i = 0;; ++i) {
    sqlite3_stmt* made = nullptr;
    const char* tail = nullptr;
    const int code =
        sqlite3_prepare_v2(handle, sql.data(), static_cast<int>(sql.size()), &made, &tail);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> owner(made, sqlite3_finalize);
    if (code != SQLITE_OK) {
      std::string why = sqlite3_errmsg(handle);
      if (i < 1000 && make_function(handle, why)) continue;
      return why;
    }
    if (made == nullptr) return "it is empty";
    const auto rest = sql_tokens(sql.substr(static_cast<std::size_t>(tail - sql.data())));
    if (std::ranges::any_of(rest, [](auto token) { return token != ";"; })) {
      return "there is more than one statement";
    }
    if (!execute || sqlite3_step(made) == SQLITE_DONE) return {};
    return sqlite3_errmsg(handle);
  }
}

Result<std::string> Trial::why_not(const TableInfo& table, const std::vector<Trigger>& triggers) {
  auto room = database_.transaction("", [&]() -> Result<void> {
    auto made = make_room(database_, table.width());
    return made ? Result<void>() : failed(made);
  });
  if (!room) return failed(room);
  if (auto begun = database_.execute("BEGIN"); !begun) return failed(begun);
  std::string why = try_out(table, triggers);
  *allowed_ = Allowed::all;
  if (auto undone = database_.execute("ROLLBACK"); !undone) return failed(undone);
  return why;
}

std::string Trial::try_out(const TableInfo& table, const std::vector<Trigger>& triggers) {
  *allowed_ = Allowed::make_table;
  const bool real = statement(table.definition, true).empty();
  if (!real) {
    const std::string name = "main." + quote_name(table.name);
    std::string why = statement("CREATE TABLE " + name + "(" + column_names(table) + ")", true);
    if (!why.empty()) return why;
  }
  *allowed_ = Allowed::make_triggers;
  for (const Trigger& trigger : triggers) {
    if (std::string why = statement(trigger.sql, true); !why.empty()) return why;
  }
  if (!real) return {};
  for (const auto& sql : writes(table)) {
    if (std::string why = statement(sql, false); !why.empty()) return why;
  }
  return {};
}

}  // namespace headwater::sqlite
