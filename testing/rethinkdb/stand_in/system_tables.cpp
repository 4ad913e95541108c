#include "testing/rethinkdb/stand_in/system_tables.h"

#include <unistd.h>

#include <utility>

#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/stored_function.h"

namespace headwater::rethinkdb::stand_in {
namespace {

Datum names_of(const std::map<std::string, Index>& indexes) {
  Datum::Array names;
  for (const auto& [name, index] : indexes) names.emplace_back(name);
  return names;
}

void change_config(Store& store, const Datum& before, const Datum& after) {
  const auto table = store.find_table(text_in(before, "db"), text_in(before, "name"));
  if (!table || after.is_null()) fail_operation("The stand-in drops tables by table_drop() only.");
  TableConfig changed = table->config();
  changed.name = text_in(after, "name");
  changed.durability = text_in(after, "durability");
  changed.write_acks = text_in(after, "write_acks");
  if (changed.name != table->config().name && store.find_table(changed.db, changed.name)) {
    fail_operation("Table `" + changed.db + "." + changed.name + "` already exists.");
  }
  table->config() = std::move(changed);
  store.note_table(*table);
}

void change_user(Store& store, const Datum& before, const Datum& after) {
  const std::string name = text_in(after.is_null() ? before : after, "id");
  if (after.is_null()) {
    store.users().remove(name);
  } else {
    store.users().set_password(name, text_in(after, "password"));
  }
  store.note_user(name);
}

Table::Rows configs(const Store& store) {
  Table::Rows rows;
  for (const auto& each : store.tables()) rows.emplace(each->config().id, config_of(*each));
  return rows;
}

Table::Rows statuses(const Store& store) {
  Table::Rows rows;
  for (const auto& each : store.tables()) rows.emplace(each->config().id, status_of(store, *each));
  return rows;
}

Table::Rows databases(const Store& store) {
  Table::Rows rows;
  for (const auto& [name, id] : store.databases()) {
    rows.emplace(id, Datum::Object{{"id", id}, {"name", name}});
  }
  return rows;
}

Table::Rows users(Store& store) {
  Table::Rows rows;
  for (const auto& [name, user] : store.users().all()) {
    rows.emplace(name, Datum::Object{{"id", name}, {"password", !user.password.empty()}});
  }
  return rows;
}

std::string table_name(const Store& store, const std::string& id) {
  for (const auto& each : store.tables()) {
    if (each->config().id == id) return each->config().name;
  }
  return "";
}

Table::Rows permissions(Store& store) {
  Table::Rows rows;
  for (const auto& [name, user] : store.users().all()) {
    for (const auto& [area, rights] : user.rights) {
      Datum::Array key{name};
      Datum::Object row{{"user", name}, {"permissions", rights}};
      if (!area.db.empty()) {
        const auto db = store.databases().find(area.db);
        key.emplace_back(db == store.databases().end() ? "" : db->second);
        row.emplace("database", area.db);
      }
      if (!area.table.empty()) {
        key.emplace_back(area.table);
        row.emplace("table", table_name(store, area.table));
      }
      row.emplace("id", key);
      rows.emplace(key, row);
    }
  }
  return rows;
}

Table::Rows servers(const Store& store) {
  const Datum::Object process{{"pid", ::getpid()}, {"version", "rethinkdb 2.4.4 (stand-in)"}};
  return {{store.server_id(),
           Datum::Object{{"id", store.server_id()}, {"name", server_name}, {"process", process}}}};
}

}  // namespace

Datum hook_of(const Table& table) {
  if (!table.hook()) return {};
  return Datum::Object{{"function", Datum::binary(stored_function(hook_prefix, *table.hook()))},
                       {"query", "setWriteHook(function(var1, var2, var3) { return ...; })"}};
}

Datum config_of(const Table& table) {
  const TableConfig& config = table.config();
  const Datum::Object shard{{"nonvoting_replicas", Datum::Array{}},
                            {"primary_replica", server_name},
                            {"replicas", Datum::Array{server_name}}};
  return Datum::Object{{"db", config.db},
                       {"durability", config.durability},
                       {"id", config.id},
                       {"indexes", names_of(table.indexes())},
                       {"name", config.name},
                       {"primary_key", config.primary_key},
                       {"shards", Datum::Array{shard}},
                       {"write_acks", config.write_acks},
                       {"write_hook", hook_of(table)}};
}

Datum status_of(const Store& store, const Table& table) {
  const bool there = !store.faults().unavailable();
  const bool majority = there && !store.faults().no_majority();
  const Datum::Object replica{{"server", server_name}, {"state", "ready"}};
  const Datum::Object shard{
      {"primary_replicas", there ? Datum::Array{server_name} : Datum::Array{}},
      {"replicas", Datum::Array{replica}}};
  return Datum::Object{{"db", table.config().db},
                       {"id", table.config().id},
                       {"name", table.config().name},
                       {"raft_leader", majority ? Datum(server_name) : Datum()},
                       {"shards", Datum::Array{shard}},
                       {"status", Datum::Object{{"all_replicas_ready", majority},
                                                {"ready_for_outdated_reads", true},
                                                {"ready_for_reads", there},
                                                {"ready_for_writes", majority}}}};
}

std::vector<std::string> system_table_names() {
  return {"db_config", "permissions", "server_status", "table_config", "table_status", "users"};
}

std::shared_ptr<Table> system_table(Store& store, const std::string& name) {
  Table::Rows rows;
  Table::Apply apply;
  if (name == "db_config") {
    rows = databases(store);
  } else if (name == "permissions") {
    rows = permissions(store);
  } else if (name == "server_status") {
    rows = servers(store);
  } else if (name == "table_config") {
    rows = configs(store);
    apply = [&store](const Datum& before, const Datum& after) {
      change_config(store, before, after);
    };
  } else if (name == "table_status") {
    rows = statuses(store);
  } else if (name == "users") {
    rows = users(store);
    apply = [&store](const Datum& before, const Datum& after) {
      change_user(store, before, after);
    };
  } else {
    return nullptr;
  }
  return std::make_shared<Table>(store, TableConfig{.id = name, .db = "rethinkdb", .name = name},
                                 std::move(rows), std::move(apply));
}

}  // namespace headwater::rethinkdb::stand_in
