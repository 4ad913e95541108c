#include "src/sources/mongodb/feed/piece_commands.h"

#include <optional>
#include <string>
#include <utility>

namespace headwater::mongodb {
namespace {

Doc simple_collation() { return std::move(Doc().add("locale", "simple")); }

/// The stage that makes of a document the insert event it could have been.
Doc wrapping(const CollectionName& name) {
  Doc event;
  event.add("_id", Doc().add("_data", Doc().add("$literal", "snapshot")));
  event.add("operationType", Doc().add("$literal", "insert"));
  Doc where;
  where.add("db", Doc().add("$literal", name.database));
  where.add("coll", Doc().add("$literal", name.collection));
  event.add("ns", where);
  event.add("documentKey", Doc().add("_id", "$_id"));
  event.add("fullDocument", "$$ROOT");
  return std::move(Doc().add("$replaceRoot", Doc().add("newRoot", event)));
}

/// By an expression: the index on _id cannot be used.
Doc greater_than(const Doc& after) {
  Doc sides;
  sides.add("0", "$_id").add("1", Doc().add("$literal", id_of(after)));
  Doc greater;
  bson_append_array(greater.out(), "$gt", -1, sides.get());
  return std::move(Doc().add("$expr", greater));
}

Doc both(const Doc& one, const Doc& other) {
  std::vector<Doc> conditions;
  conditions.push_back(Doc::copy_of(*one.get()));
  conditions.push_back(Doc::copy_of(*other.get()));
  return std::move(Doc().add("$and", conditions));
}

/// What a document must match, apart from the bounds of the index; empty: nothing.
std::optional<Doc> condition_of(const Range& range) {
  const bool by_expression = range.own_collation && range.after != nullptr;
  if (by_expression && range.filter != nullptr)
    return both(greater_than(*range.after), *range.filter);
  if (by_expression) return greater_than(*range.after);
  if (range.filter != nullptr) return Doc::copy_of(*range.filter->get());
  return std::nullopt;
}

}  // namespace

bson_value_t id_of(const Doc& document) {
  bson_value_t value{};
  const auto at = find(document.get(), "_id");
  if (at) value = *bson_iter_value(const_cast<bson_iter_t*>(&*at));
  return value;
}

Doc find_command(const CollectionName& name, const Range& range) {
  Doc command;
  command.add("find", name.collection).add("sort", Doc().add("_id", 1));
  if (range.own_collation) {
    command.add("collation", simple_collation()).add("allowDiskUse", true);
  } else {
    // A filter {_id: {$gt: …}} would find only values of the same type; bounds find all.
    command.add("hint", Doc().add("_id", 1));
    if (range.after != nullptr) command.add("min", *range.after);
  }
  if (const auto condition = condition_of(range)) command.add("filter", *condition);
  if (range.only_keys) command.add("projection", Doc().add("_id", 1));
  command.add("limit", range.documents).add("batchSize", range.documents);
  return command;
}

Doc matching_nothing(const Doc& filter) {
  return both(filter, Doc().add("_id", Doc().add("$in", std::vector<Doc>())));
}

Doc filter_command(const CollectionName& name, const std::vector<Doc>& keys,
                   const std::vector<Doc>& pipeline, std::int32_t documents) {
  Doc ids;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ids.add(std::to_string(i).c_str(), id_of(keys[i]));
  }
  Doc among;
  bson_append_array(among.out(), "$in", -1, ids.get());
  std::vector<Doc> stages;
  stages.push_back(std::move(Doc().add("$match", Doc().add("_id", among))));
  stages.push_back(std::move(Doc().add("$sort", Doc().add("_id", 1))));
  stages.push_back(wrapping(name));
  for (const Doc& stage : pipeline) stages.push_back(Doc::copy_of(*stage.get()));
  Doc command;
  command.add("aggregate", name.collection).add("pipeline", stages);
  command.add("cursor", Doc().add("batchSize", documents));
  command.add("collation", simple_collation());
  return command;
}

}  // namespace headwater::mongodb
