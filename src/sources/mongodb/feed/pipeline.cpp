// Which stages a user may add to a change stream.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "src/sources/mongodb/feed/watch.h"

namespace headwater::mongodb {
namespace {

// Resuming and identity rest on `_id`, the order of snapshot and changes on `clusterTime`, what an
// event says on `operationType`, `ns`, `documentKey` and (of a rename) `to`, what belongs together
// on the last two.
constexpr std::array<std::string_view, 8> needed{
    "_id", "operationType", "clusterTime", "ns", "documentKey", "to", "lsid", "txnNumber"};

std::string_view top_of(std::string_view path) { return path.substr(0, path.find('.')); }

bool is_needed(std::string_view path) {
  return std::find(needed.begin(), needed.end(), top_of(path)) != needed.end();
}

/// By `splitEvent` the server says that an event comes in parts.
bool may_be_made(std::string_view path) { return !is_needed(path) && top_of(path) != "splitEvent"; }

using Objection = std::optional<std::string>;

/// Each field of the stage's document, by `object`.
template <class Each>
Objection for_fields(const bson_iter_t& stage, const Each& object) {
  bson_iter_t field;
  if (!BSON_ITER_HOLDS_DOCUMENT(&stage) || !bson_iter_recurse(&stage, &field)) {
    return "has no fields";
  }
  while (bson_iter_next(&field)) {
    if (auto objection = object(std::string_view(bson_iter_key(&field)), field)) return objection;
  }
  return std::nullopt;
}

Objection object_to_set(const bson_iter_t& stage) {
  return for_fields(stage, [](std::string_view path, const bson_iter_t&) -> Objection {
    if (may_be_made(path)) return std::nullopt;
    return "changes '" + std::string(path) +
           "', on which resuming and identity rest; give the new field another name";
  });
}

Objection object_to_unset_path(std::string_view path) {
  if (!is_needed(path)) return std::nullopt;
  return "takes '" + std::string(path) + "' away, on which resuming and identity rest; leave it in";
}

Objection object_to_unset(const bson_iter_t& stage) {
  std::uint32_t length = 0;
  if (BSON_ITER_HOLDS_UTF8(&stage)) return object_to_unset_path(bson_iter_utf8(&stage, &length));
  bson_iter_t item;
  if (!BSON_ITER_HOLDS_ARRAY(&stage) || !bson_iter_recurse(&stage, &item)) {
    return "holds neither a field nor a list of fields";
  }
  while (bson_iter_next(&item)) {
    if (!BSON_ITER_HOLDS_UTF8(&item)) return "contains something that is not a field";
    if (auto objection = object_to_unset_path(bson_iter_utf8(&item, &length))) return objection;
  }
  return std::nullopt;
}

bool excludes(const bson_iter_t& value) {
  return (BSON_ITER_HOLDS_NUMBER(&value) && bson_iter_as_double(&value) == 0) ||
         (BSON_ITER_HOLDS_BOOL(&value) && !bson_iter_bool(&value));
}

bool includes(const bson_iter_t& value) {
  return (BSON_ITER_HOLDS_NUMBER(&value) && bson_iter_as_double(&value) != 0) ||
         (BSON_ITER_HOLDS_BOOL(&value) && bson_iter_bool(&value));
}

/// What a $project does with one path.
struct Projected {
  enum class How { taken_away, kept, made };
  std::string path;
  How how;
};

/// All paths in a $project: {a: {b: 0}} is another way to write {"a.b": 0}.
void collect(const bson_iter_t& document, const std::string& prefix, std::vector<Projected>& all) {
  bson_iter_t field;
  if (!bson_iter_recurse(&document, &field)) return;
  while (bson_iter_next(&field)) {
    std::string path = prefix + bson_iter_key(&field);
    bson_iter_t inner;
    const bool fields = BSON_ITER_HOLDS_DOCUMENT(&field) && bson_iter_recurse(&field, &inner) &&
                        bson_iter_next(&inner) && *bson_iter_key(&inner) != '$';
    if (fields) {
      collect(field, path + ".", all);
    } else if (excludes(field)) {
      all.push_back({std::move(path), Projected::How::taken_away});
    } else {
      all.push_back(
          {std::move(path), includes(field) ? Projected::How::kept : Projected::How::made});
    }
  }
}

std::string not_among(const std::vector<Projected>& named) {
  std::string missing;
  for (const std::string_view field : needed) {
    const auto is_it = [field](const Projected& one) { return one.path == field; };
    // `_id` stays unless it is named with 0.
    if (field == "_id" || std::any_of(named.begin(), named.end(), is_it)) continue;
    missing += (missing.empty() ? "" : ", ") + std::string(field);
  }
  return missing;
}

/// A $project takes away either what it names (with 0), or all that it does not name (with 1, or
/// with a new value).
Objection object_to_project(const bson_iter_t& stage) {
  if (!BSON_ITER_HOLDS_DOCUMENT(&stage)) return "has no fields";
  std::vector<Projected> named;
  collect(stage, "", named);
  bool takes_named_away = false;
  for (const auto& [path, how] : named) {
    if (how == Projected::How::taken_away) {
      takes_named_away = true;
      if (auto objection = object_to_unset_path(path)) return objection;
    } else if ((how == Projected::How::made && !may_be_made(path)) ||
               (is_needed(path) && path != top_of(path))) {
      return "changes '" + path + "', on which resuming and identity rest; name '" +
             std::string(top_of(path)) + "' with 1";
    }
  }
  if (takes_named_away) return std::nullopt;
  const std::string missing = not_among(named);
  if (missing.empty()) return std::nullopt;
  return "takes away all it does not name; name with 1 as well: " + missing;
}

Objection object_to(std::string_view name, const bson_iter_t& stage) {
  if (name == "$match") return std::nullopt;
  if (name == "$project") return object_to_project(stage);
  if (name == "$addFields" || name == "$set") return object_to_set(stage);
  if (name == "$unset") return object_to_unset(stage);
  if (name == "$replaceRoot" || name == "$replaceWith" || name == "$redact") {
    return "can take anything away, '_id' too; use $project, $set or $unset";
  }
  if (name == "$changeStream" || name == "$changeStreamSplitLargeEvent") {
    return "is added by Headwater itself; leave it out";
  }
  return "cannot stand in a change stream; $match, $project, $addFields, $set and $unset can";
}

}  // namespace

Result<std::vector<Doc>> checked_pipeline(std::vector<Doc> stages) {
  for (std::size_t i = 0; i < stages.size(); ++i) {
    bson_iter_t stage;
    const bool one = bson_count_keys(stages[i].get()) == 1 &&
                     bson_iter_init(&stage, stages[i].get()) && bson_iter_next(&stage);
    const std::string name = one ? bson_iter_key(&stage) : "";
    const Objection objection =
        one ? object_to(name, stage) : Objection("must be a mapping with one key, its name");
    if (!objection) continue;
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::usage,
                 .name = "config.bad_pipeline",
                 .message = "stage " + std::to_string(i + 1) + " of 'pipeline'" +
                            (one ? " (" + name + ") " : " ") + *objection,
                 .next = "fix the pipeline; docs/mongodb.md lists what it may contain"});
  }
  return stages;
}

}  // namespace headwater::mongodb
