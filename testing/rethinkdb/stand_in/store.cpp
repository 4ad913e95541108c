#include "testing/rethinkdb/stand_in/store.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "src/base/unique.h"
#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/query_error.h"

namespace headwater::rethinkdb::stand_in {
std::string new_uuid() {
  std::string text = unique_name();
  text[12] = '4';
  text[16] = 'a';
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, "-");
  return text;
}

Store::Store(const std::filesystem::path& folder) : log_(folder), faults_(folder) {
  log_.replay([this](const Json& line) { replay(line); });
  if (server_id_.empty()) {
    server_id_ = new_uuid();
    databases_["test"] = new_uuid();
  }
  log_.rewrite(everything());
}

void Store::let_others_in() {
  mutex_.unlock();
  std::this_thread::yield();
  mutex_.lock();
}

double Store::now() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  return (static_cast<double>(ms) + faults_.clock_ahead_ms()) / 1000;
}

void Store::create_database(const std::string& name) {
  if (databases_.contains(name) || name == "rethinkdb") {
    fail_operation("Database `" + name + "` already exists.");
  }
  databases_[name] = new_uuid();
  note({{"database", name}, {"id", databases_[name]}});
}

std::size_t Store::drop_database(const std::string& name) {
  need_database(name);
  std::size_t dropped = 0;
  for (const auto& each : std::vector(tables_)) {
    if (each->config().db != name) continue;
    drop_table(each);
    ++dropped;
  }
  databases_.erase(name);
  note({{"drop_database", name}});
  return dropped;
}

void Store::need_database(const std::string& name) const {
  if (!databases_.contains(name) && name != "rethinkdb") {
    fail_operation("Database `" + name + "` does not exist.");
  }
}

std::shared_ptr<Table> Store::find_table(const std::string& db, const std::string& name) const {
  const auto found = std::ranges::find_if(tables_, [&](const auto& each) {
    return each->config().db == db && each->config().name == name;
  });
  return found == tables_.end() ? nullptr : *found;
}

std::shared_ptr<Table> Store::table_with(std::string_view id) const {
  const auto found =
      std::ranges::find_if(tables_, [&](const auto& each) { return each->config().id == id; });
  return found == tables_.end() ? nullptr : *found;
}

std::shared_ptr<Table> Store::create_table(TableConfig config) {
  auto table = std::make_shared<Table>(*this, std::move(config));
  tables_.push_back(table);
  note_table(*table);
  return table;
}

void Store::drop_table(const std::shared_ptr<Table>& table) {
  table->abort_feeds();
  std::erase(tables_, table);
  note({{"drop_table", table->config().id}});
}

void Store::note(const Json& line) { log_.append(line.dump() + "\n"); }

void Store::note_user(const std::string& name) {
  note(users_.contains(name) ? users_.described(name) : Json{{"drop_user", name}});
}

void Store::flush() {
  for (const auto& each : tables_) each->flush();
}

void Store::replay(const Json& line) {
  if (line.contains("put") || line.contains("remove")) {
    const bool put = line.contains("put");
    const auto table = table_with(text_in(line, put ? "put" : "remove"));
    if (!table) return;
    const Datum row = put ? datum_of(line["row"]) : Datum();
    const Datum* const key = row.find(table->config().primary_key);
    table->restore(key == nullptr ? datum_of(line["key"]) : *key, row);
  } else if (line.contains("table")) {
    auto table = table_with(text_in(line, "table"));
    if (!table) {
      table = tables_.emplace_back(std::make_shared<Table>(*this, TableConfig{}));
    }
    table->restore_description(line);
  } else if (line.contains("drop_table")) {
    std::erase(tables_, table_with(text_in(line, "drop_table")));
  } else if (line.contains("database")) {
    databases_[text_in(line, "database")] = text_in(line, "id");
  } else if (line.contains("drop_database")) {
    databases_.erase(text_in(line, "drop_database"));
  } else if (line.contains("user")) {
    users_.restore(line);
  } else if (line.contains("drop_user")) {
    users_.remove(text_in(line, "drop_user"));
  } else if (line.contains("server")) {
    server_id_ = text_in(line, "server");
  }
}

std::string Store::everything() const {
  std::string lines = Json{{"server", server_id_}}.dump() + "\n";
  for (const auto& [name, id] : databases_) {
    lines += Json{{"database", name}, {"id", id}}.dump() + "\n";
  }
  for (const auto& [name, user] : users_.all()) lines += users_.described(name).dump() + "\n";
  for (const auto& each : tables_) {
    lines += each->described().dump() + "\n";
    each->append_rows(lines);
  }
  return lines;
}

}  // namespace headwater::rethinkdb::stand_in
