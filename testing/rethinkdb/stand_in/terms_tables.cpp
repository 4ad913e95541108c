// Databases and tables: what there is, and making and dropping them.

#include <algorithm>
#include <utility>

#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/system_tables.h"
#include "testing/rethinkdb/stand_in/table.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

void need_config(const Call& call, const Area& area) {
  if (call.store().users().may(call.in().user(), Right::config, area)) return;
  fail("User `" + call.in().user() + "` does not have the required `config` permission.",
       ErrorType::permission);
}

Datum database(const Store& store, const std::string& name) {
  return Datum::Object{{"id", store.databases().at(name)}, {"name", name}};
}

Datum changed(const Datum& before, const Datum& after) {
  return Datum::Array{Datum::Object{{"old_val", before}, {"new_val", after}}};
}

Value db_create(const Call& call) {
  need_config(call, {});
  const std::string name = call.text(0);
  call.store().create_database(name);
  return Datum(Datum::Object{{"config_changes", changed({}, database(call.store(), name))},
                             {"dbs_created", 1}});
}

Value db_drop(const Call& call) {
  const std::string name = call.text(0);
  need_config(call, {.db = name});
  call.store().need_database(name);
  const Datum before = database(call.store(), name);
  const std::size_t tables = call.store().drop_database(name);
  return Datum(Datum::Object{
      {"config_changes", changed(before, {})}, {"dbs_dropped", 1}, {"tables_dropped", tables}});
}

Value db_list(const Call& call) {
  Datum::Array names{"rethinkdb"};
  for (const auto& [name, id] : call.store().databases()) names.emplace_back(name);
  std::ranges::sort(names);
  return Datum(std::move(names));
}

std::string text_option(const Call& call, const char* name, const char* otherwise) {
  const auto said = call.option(name);
  return said ? said->text() : otherwise;
}

Database database_of(const Call& call, std::size_t arguments) {
  return call.size() == arguments ? call.database(0) : Database{.name = "test"};
}

Value table_create(const Call& call) {
  const std::string db = database_of(call, 2).name;
  need_config(call, {.db = db});
  const std::string name = call.text(call.size() - 1);
  if (call.store().find_table(db, name)) {
    fail_operation("Table `" + db + "." + name + "` already exists.");
  }
  const auto table =
      call.store().create_table({.id = new_uuid(),
                                 .db = db,
                                 .name = name,
                                 .primary_key = text_option(call, "primary_key", "id"),
                                 .durability = text_option(call, "durability", "hard")});
  return Datum(
      Datum::Object{{"config_changes", changed({}, config_of(*table))}, {"tables_created", 1}});
}

Value table_drop(const Call& call) {
  const std::string db = database_of(call, 2).name;
  const std::string name = call.text(call.size() - 1);
  const auto table = call.store().find_table(db, name);
  if (!table) fail_operation("Table `" + db + "." + name + "` does not exist.");
  call.in().need(Right::config, *table);
  const Datum before = config_of(*table);
  call.store().drop_table(table);
  return Datum(Datum::Object{{"config_changes", changed(before, {})}, {"tables_dropped", 1}});
}

Value table_list(const Call& call) {
  const std::string db = database_of(call, 1).name;
  Datum::Array names;
  if (db == "rethinkdb") {
    for (const std::string& each : system_table_names()) names.emplace_back(each);
  }
  for (const auto& each : call.store().tables()) {
    if (each->config().db == db) names.emplace_back(each->config().name);
  }
  std::ranges::sort(names);
  return Datum(std::move(names));
}

/// r.grant(USER, RIGHTS), of a database or of a table too: then that comes first.
Value grant(const Call& call) {
  if (call.in().user() != "admin") need_config(call, {.db = "rethinkdb"});
  Area area;
  if (call.size() == 3) {
    const Value of = call.value(0);
    if (const auto* const slice = std::get_if<Slice>(&of)) {
      area = {.db = slice->table->config().db, .table = slice->table->config().id};
    } else {
      area = {.db = call.database(0).name};
    }
  }
  const std::string user = call.text(call.size() - 2);
  if (!call.store().users().contains(user)) fail_operation("User `" + user + "` not found.");
  const auto& rights = call.store().users().all().at(user).rights;
  const auto found = rights.find(area);
  const Datum before = found == rights.end() ? Datum() : Datum(found->second);
  const auto after = call.store().users().grant(user, area, call.datum(call.size() - 1).members());
  call.store().note_user(user);
  return Datum(
      Datum::Object{{"granted", 1}, {"permissions_changes", changed(before, Datum(after))}});
}

}  // namespace

void add_tables(Terms& to) {
  to[term::db_create] = {.evaluate = db_create, .least = 1, .most = 1};
  to[term::db_drop] = {.evaluate = db_drop, .least = 1, .most = 1};
  to[term::db_list] = {.evaluate = db_list};
  to[term::table_create] = {.evaluate = table_create,
                            .least = 1,
                            .most = 2,
                            .options = {"primary_key", "durability", "shards", "replicas"}};
  to[term::table_drop] = {.evaluate = table_drop, .least = 1, .most = 2};
  to[term::table_list] = {.evaluate = table_list, .least = 0, .most = 1};
  to[term::grant] = {.evaluate = grant, .least = 2, .most = 3};
}

}  // namespace headwater::rethinkdb::stand_in
