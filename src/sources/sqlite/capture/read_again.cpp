#include "src/sources/sqlite/capture/read_again.h"

#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "src/base/nearest.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_rows.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/capture/user_schema.h"

namespace headwater::sqlite {
namespace {

Error refusal(const Database& database, const char* name, std::string message, std::string next) {
  return {.remedy = Remedy::stop,
          .origin = database.origin(),
          .name = name,
          .message = std::move(message),
          .next = std::move(next)};
}

Error not_captured(const Database& database, const UserSchema& schema, const RelayRow& relay,
                   const std::vector<Captured>& captured, const std::string& name) {
  if (const Candidate* found = schema.table(name); found != nullptr) {
    return refusal(database, "source.not_in_scope",
                   "relay " + relay.name + " does not publish table " + found->name,
                   "add it to `tables` in the configuration, then: headwater init -c FILE, which "
                   "has its rows read");
  }
  std::vector<std::string> names;
  for (const auto& table : captured) {
    if (relay.wants(table.table)) names.push_back(table.table);
  }
  return refusal(
      database, "source.no_such_table",
      "there is no table " + name + " in " + database.path() + suggestion(name, names, "tables"),
      "headwater snapshot -c FILE TABLE, with the name of a table of relay " + relay.name);
}

Error bad_filter(const Database& database, const std::string& table, const std::string& why) {
  Error error =
      refusal(database, "source.bad_filter",
              "the filter is not an SQL expression over the columns of table " + table + ": " + why,
              "headwater snapshot -c FILE " + table + " --where \"state = 'open'\"");
  error.origin = Origin::usage;
  return error;
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// Why SQLite does not accept it; empty: it does.
std::string complaint(const Database& database, const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(database.handle(), sql.c_str(), static_cast<int>(sql.size()),
                                      &raw, nullptr);
  const std::unique_ptr<sqlite3_stmt, Finalize> statement(raw);
  if (code != SQLITE_OK) return sqlite3_errmsg(database.handle());
  return sqlite3_bind_parameter_count(raw) == 0 ? "" : "it has parameters";
}

/// What is accepted in both places is one expression: a parenthesis that closes the first one does
/// not belong into the other. It concerns one row, because WHERE takes no aggregates.
Result<void> check_filter(const Database& database, const std::string& table,
                          const std::string& filter) {
  if (filter.empty()) return {};
  const std::string from = " FROM main." + quote_name(table);
  std::string condition = "SELECT 1" + from;
  condition.append(" WHERE (").append(filter).append("\n)");
  std::string value = "SELECT CASE WHEN ";
  value.append(filter).append("\n THEN 1 ELSE 0 END").append(from);
  for (const std::string* sql : {&condition, &value}) {
    if (const std::string why = complaint(database, *sql); !why.empty()) {
      return fail(bad_filter(database, table, why));
    }
  }
  return {};
}

/// The table that an unfinished task of the relay reads; nullopt: there is none.
Result<std::optional<std::string>> table_in_progress(Database& database, const RelayRow& relay,
                                                     std::int64_t first_open) {
  auto tasks = load_tasks(database, first_open - 1);
  if (!tasks) return failed(tasks);
  for (const auto& task : *tasks) {
    if (task.relay && *task.relay != relay.name) continue;
    auto shape = load_shape(database, task.shape);
    if (!shape) return failed(shape);
    if (relay.wants(shape->table)) return std::optional(std::move(shape->table));
  }
  return std::optional<std::string>();
}

/// The shapes of the tables, each once.
Result<std::vector<std::int64_t>> shapes_of(Database& database, const RelayRow& relay,
                                            const ReadRequest& request) {
  auto schema = load_schema(database);
  if (!schema) return failed(schema);
  auto captured = load_captured(database);
  if (!captured) return failed(captured);
  std::vector<std::int64_t> shapes;
  for (const auto& name : request.tables) {
    const auto found = std::ranges::find_if(
        *captured, [&](const Captured& table) { return same_name(table.table, name); });
    if (found == captured->end() || !relay.wants(name)) {
      return fail(not_captured(database, *schema, relay, *captured, name));
    }
    if (auto sound = check_filter(database, found->table, request.filter); !sound) {
      return failed(sound);
    }
    if (std::ranges::find(shapes, found->shape) == shapes.end()) shapes.push_back(found->shape);
  }
  return shapes;
}

Result<void> add_tasks(Database& database, const ReadRequest& request) {
  auto relay = load_relay(database, request.relay);
  if (!relay) return failed(relay);
  if (!*relay) {
    return fail(refusal(database, "source.not_prepared",
                        database.path() + " is not prepared for relay " + request.relay,
                        "headwater init -c FILE"));
  }
  auto shapes = shapes_of(database, **relay, request);
  if (!shapes) return failed(shapes);
  auto busy = table_in_progress(database, **relay, request.first_open);
  if (!busy) return failed(busy);
  if (*busy) {
    return fail(refusal(database, "source.snapshot_running",
                        "relay " + request.relay + " has not yet read all rows of table " + **busy +
                            " that it was asked for before",
                        "wait until `headwater status -c FILE` shows no snapshot, then repeat the "
                        "command; if the relay does not run: headwater run -c FILE"));
  }
  const std::string reason = request.filter.empty() ? std::string(requested_by_a_person)
                                                    : std::string(requested_where) + request.filter;
  for (const std::int64_t shape : *shapes) {
    auto added = add_task(database, shape, request.relay, reason);
    if (!added) return added;
  }
  return {};
}

}  // namespace

Result<void> read_again(Database& database, const ReadRequest& request) {
  return database.transaction("IMMEDIATE", [&] { return add_tasks(database, request); });
}

}  // namespace headwater::sqlite
