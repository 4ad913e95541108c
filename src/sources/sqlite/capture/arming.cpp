#include "src/sources/sqlite/capture/arming.h"

#include "src/sources/sqlite/capture/schema_rows.h"

namespace headwater::sqlite {
namespace {

/// The statement is at fault, not the disk or somebody's lock.
bool of_the_sql(const Error& error) {
  return error.name == "source.sql_error" || error.name == "source.too_big";
}

/// The table needs something that only its own program has, so there is no trying whether it can be
/// written with the triggers; SQLite says at least whether they are triggers.
Result<std::string> arm_untried(Database& database, const std::vector<Trigger>& triggers) {
  if (auto begun = database.execute("SAVEPOINT headwater_arm"); !begun) return failed(begun);
  std::string why;
  for (const Trigger& trigger : triggers) {
    auto made = database.execute(trigger.sql);
    if (made) continue;
    if (!of_the_sql(made.error())) return failed(made);
    why = made.error().message;
    break;
  }
  auto ended = database.execute(why.empty() ? "RELEASE headwater_arm"
                                            : "ROLLBACK TO headwater_arm; RELEASE headwater_arm");
  if (!ended) return failed(ended);
  return why;
}

}  // namespace

Result<std::string> arm(Database& database, const TableInfo& table,
                        const std::vector<Trigger>& triggers, const Verdict& verdict) {
  if (!verdict.known) return arm_untried(database, triggers);
  if (auto added = add_trigger_rows(database, table.name, triggers); !added) return failed(added);
  return std::string();
}

}  // namespace headwater::sqlite
