#include "src/sources/sqlite/capture/arming.h"

#include <vector>

#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/trigger_sql.h"

namespace headwater::sqlite {
namespace {

/// The statement is at fault, not the disk or somebody's lock.
bool of_the_sql(const Error& error) {
  return error.name == "source.sql_error" || error.name == "source.too_big";
}

/// Whether somebody could write to the table from this connection.
bool compiles(Database& database, const TableInfo& table, std::string& why) {
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
  for (const auto& sql : statements) {
    auto statement = database.prepare(sql);
    if (statement) continue;
    why = statement.error().message;
    return false;
  }
  return true;
}

Result<void> make(Database& database, const TableInfo& table, std::int64_t shape) {
  auto fits = make_room(database, table.width());
  if (!fits) return failed(fits);
  for (const auto& trigger : triggers_for(table, shape, *fits)) {
    if (auto made = database.execute(trigger.sql); !made) return made;
  }
  return {};
}

}  // namespace

Result<std::string> arm(Database& database, const TableInfo& table, std::int64_t shape) {
  std::string why;
  // If it does not compile before, the table needs something only its own program brings along, and
  // nothing can be said of our triggers.
  const bool compiled_before = compiles(database, table, why);
  if (auto begun = database.execute("SAVEPOINT headwater_arm"); !begun) return failed(begun);
  why.clear();
  auto made = make(database, table, shape);
  if (!made && !of_the_sql(made.error())) return failed(made);
  if (!made) why = made.error().message;
  const bool armed = made && (!compiled_before || compiles(database, table, why));
  auto ended = database.execute(armed ? "RELEASE headwater_arm"
                                      : "ROLLBACK TO headwater_arm; RELEASE headwater_arm");
  if (!ended) return failed(ended);
  return armed ? std::string() : why;
}

}  // namespace headwater::sqlite
