#include "testing/mongodb_disasters/copy_of_orders.h"

#include <utility>

namespace headwater::rig {
namespace {

/// Updates set and take away whole fields here, none inside another.
bool update(Json& order, const Json& description) {
  const Json& updated = description["updatedFields"];
  const Json& removed = description["removedFields"];
  if (!updated.is_object() || !removed.is_array()) return false;
  for (const auto& [field, value] : updated.members()) order.set(field, value);
  for (const Json& field : removed.elements()) {
    Json rest = Json::object();
    for (const auto& [name, value] : order.members()) {
      if (name != field.text()) rest.set(name, value);
    }
    if (rest.size() == order.size()) return false;
    order = std::move(rest);
  }
  return true;
}

Json relaxed(const Doc& document) {
  char* text = bson_as_relaxed_extended_json(document.get(), nullptr);
  auto parsed = Json::parse(text);
  bson_free(text);
  return std::move(parsed).value();
}

}  // namespace

bool CopyOfOrders::apply(const Json& data) {
  const Json& op = data["op"];
  if (op == "gap" && data["gap"]["restated"] == true) {
    orders_.clear();
    return true;
  }
  const std::string key = data["key"].dump();
  const auto known = orders_.find(key);
  if (op == "insert" || op == "read") return orders_.emplace(key, data["after"]).second;
  if (known == orders_.end()) return false;
  if (op == "update") return update(known->second, data["detail"]["updateDescription"]);
  if (op == "replace") {
    known->second = data["after"];
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
    const auto event = Json::parse(rows->bytes(1));
    if (!event || !apply((*event)["data"])) return "impossible: " + std::string(rows->bytes(1));
    ++applied_;
  }
  return "";
}

std::string CopyOfOrders::difference(const std::string& uri) const {
  std::map<std::string, Json> there;
  for (const Doc& document : MongoShell(uri).documents(orders)) {
    Json order = relaxed(document);
    std::string key = Json{{"_id", order["_id"]}}.dump();
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
