#include "testing/mongodb_disasters/copy_of_orders.h"

#include <utility>

namespace headwater::rig {
namespace {

using Json = nlohmann::json;

/// Updates set and take away whole fields here, none inside another.
bool update(Json& order, const Json& description) {
  for (const auto& [field, value] : description.at("updatedFields").items()) order[field] = value;
  for (const auto& field : description.at("removedFields")) {
    if (order.erase(field.get<std::string>()) == 0) return false;
  }
  return true;
}

Json relaxed(const Doc& document) {
  char* text = bson_as_relaxed_extended_json(document.get(), nullptr);
  Json parsed = Json::parse(text);
  bson_free(text);
  return parsed;
}

}  // namespace

bool CopyOfOrders::apply(const Json& data) {
  const std::string op = data.at("op");
  if (op == "gap" && data.at("gap").at("restated")) {
    orders_.clear();
    return true;
  }
  const std::string key = data.at("key").dump();
  const auto known = orders_.find(key);
  if (op == "insert" || op == "read") return orders_.emplace(key, data.at("after")).second;
  if (known == orders_.end()) return false;
  if (op == "update") return update(known->second, data.at("detail").at("updateDescription"));
  if (op == "replace") {
    known->second = data.at("after");
    return true;
  }
  if (op != "delete") return false;
  orders_.erase(known);
  return true;
}

std::string CopyOfOrders::catch_up() {
  auto stream = sqlite::Database::open(events_file_, sqlite::Open::read_only, Origin::usage);
  if (!stream) return stream.error().message;
  auto rows = stream->prepare("SELECT sequence, json FROM event WHERE sequence > " +
                              std::to_string(sequence_) + " ORDER BY sequence");
  if (!rows) return rows.error().message;
  while (rows->step().value_or(false)) {
    sequence_ = rows->integer(0);
    const Json event = Json::parse(rows->bytes(1));
    if (!apply(event.at("data"))) return "impossible: " + event.dump();
    ++applied_;
  }
  return "";
}

std::string CopyOfOrders::difference(const std::string& uri) const {
  std::map<std::string, Json> there;
  for (const Doc& document : MongoShell(uri).documents(orders)) {
    Json order = relaxed(document);
    std::string key = Json{{"_id", order.at("_id")}}.dump();
    there.emplace(std::move(key), std::move(order));
  }
  for (const auto& [key, order] : there) {
    const auto here = orders_.find(key);
    if (here == orders_.end()) return key + " is missing";
    if (here->second != order) return here->second.dump() + " should be " + order.dump();
  }
  return there.size() == orders_.size() ? "" : "it has documents that are gone";
}

}  // namespace headwater::rig
