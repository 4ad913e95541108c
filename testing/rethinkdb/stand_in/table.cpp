#include "testing/rethinkdb/stand_in/table.h"

#include <algorithm>
#include <utility>

#include "src/event/encoding.h"
#include "src/event/json_text.h"
#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/feed.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/store.h"
#include "testing/rethinkdb/stand_in/stored_function.h"

namespace headwater::rethinkdb::stand_in {
namespace {

std::string in_base64(const std::string& bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

NodePtr stored_in(std::string_view prefix, const Json& base64) {
  const auto bytes = base64_decoded(base64.text().value_or(""));
  auto found = bytes ? function_of(prefix, *bytes) : std::nullopt;
  return found ? found->function : nullptr;
}

}  // namespace

Datum Table::find(const Datum& key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? Datum() : found->second;
}

void Table::change(const Datum& key, const Datum& before, const Datum& after) {
  for (auto& [name, index] : indexes_) {
    if (!before.is_null()) index.remove(store_, key, before);
    if (!after.is_null()) index.add(store_, key, after);
  }
  if (after.is_null()) {
    rows_.erase(key);
  } else {
    rows_.insert_or_assign(key, after);
  }
}

void Table::put(const Datum& key, const Datum& document) {
  const Datum before = find(key);
  if (made_up_) {
    if (!apply_) fail_operation("It's illegal to write to the `" + full_name() + "` table.");
    apply_(before, document);
    return;
  }
  change(key, before, document);
  append_row(pending_, key, document);
  std::erase_if(feeds_, [&](const std::weak_ptr<Feed>& each) {
    const auto feed = each.lock();
    if (feed) feed->see(store_, key, before, document);
    return feed == nullptr;
  });
}

void Table::restore(const Datum& key, const Datum& document) { change(key, find(key), document); }

void Table::flush() {
  if (pending_.empty()) return;
  store_.append(pending_);
  pending_.clear();
}

const Index* Table::index(const std::string& name) const {
  const auto found = indexes_.find(name);
  return found == indexes_.end() ? nullptr : &found->second;
}

void Table::add_index(const std::string& name, Index index) {
  for (const auto& [key, document] : rows_) index.add(store_, key, document);
  indexes_.insert_or_assign(name, std::move(index));
}

void Table::make_ready(const std::string& index) { indexes_.at(index).make_ready(); }

bool Table::drop_index(const std::string& name) { return indexes_.erase(name) != 0; }

void Table::watch(const std::shared_ptr<Feed>& feed) { feeds_.push_back(feed); }

void Table::abort_feeds() {
  for (const auto& each : std::exchange(feeds_, {})) {
    if (const auto feed = each.lock()) feed->abort();
  }
}

Json Table::described() const {
  Json line{{"table", config_.id},
            {"db", config_.db},
            {"name", config_.name},
            {"primary_key", config_.primary_key},
            {"durability", config_.durability},
            {"write_acks", config_.write_acks}};
  Json indexes = Json::array();
  for (const auto& [name, index] : indexes_) {
    indexes.push_back(
        Json{{"name", name}, {"multi", index.multi()}, {"function", in_base64(index.stored())}});
  }
  line.set("indexes", std::move(indexes));
  if (hook_) line.set("hook", in_base64(stored_function(hook_prefix, *hook_)));
  return line;
}

void Table::restore_description(const Json& line) {
  config_ = {.id = text_in(line, "table"),
             .db = text_in(line, "db"),
             .name = text_in(line, "name"),
             .primary_key = text_in(line, "primary_key"),
             .durability = text_in(line, "durability"),
             .write_acks = text_in(line, "write_acks")};
  indexes_.clear();
  for (const Json& each : line["indexes"].elements()) {
    const std::string name = text_in(each, "name");
    add_index(name, Index(stored_in(index_prefix, each["function"]),
                          each["multi"].boolean().value_or(false)));
    make_ready(name);
  }
  hook_ = line.contains("hook") ? stored_in(hook_prefix, line["hook"]) : nullptr;
}

void Table::append_row(std::string& lines, const Datum& key, const Datum& document) const {
  lines += document.is_null() ? R"({"remove":)" : R"({"put":)";
  append_json_name(lines, config_.id);
  lines += document.is_null() ? R"(,"key":)" : R"(,"row":)";
  append_to_json(lines, document.is_null() ? key : document);
  lines += "}\n";
}

void Table::append_rows(std::string& lines) const {
  for (const auto& [key, document] : rows_) append_row(lines, key, document);
}

}  // namespace headwater::rethinkdb::stand_in
