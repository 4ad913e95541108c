#include "src/sources/mongodb/audit/key_choice.h"

#include <algorithm>
#include <string_view>

namespace headwater::mongodb {
namespace {

// Shard keys, the other fields of documentKey, may change.
constexpr std::string_view constant_fields[] = {"documentKey._id", "ns", "ns.db", "ns.coll"};

bool constant(std::string_view field) {
  return std::ranges::any_of(constant_fields,
                             [field](std::string_view each) { return field == each; });
}

/// Every field an expression names begins with "$" as a text; operators are names of members.
bool expression_by_key(const bson_iter_t& at) {
  if (BSON_ITER_HOLDS_UTF8(&at)) {
    std::uint32_t length = 0;
    const std::string_view text(bson_iter_utf8(&at, &length));
    return !text.starts_with('$') || constant(text.substr(1));
  }
  bson_iter_t inside;
  if (!BSON_ITER_HOLDS_DOCUMENT(&at) && !BSON_ITER_HOLDS_ARRAY(&at)) return true;
  if (!bson_iter_recurse(&at, &inside)) return false;
  while (bson_iter_next(&inside)) {
    if (!expression_by_key(inside)) return false;
  }
  return true;
}

/// `query` stands before its first member.
bool query_by_key(bson_iter_t& query) {
  while (bson_iter_next(&query)) {
    const std::string_view name = bson_iter_key(&query);
    if (name == "$expr") {
      if (!expression_by_key(query)) return false;
    } else if (name == "$and" || name == "$or" || name == "$nor") {
      bson_iter_t each;
      if (!bson_iter_recurse(&query, &each)) return false;
      while (bson_iter_next(&each)) {
        bson_iter_t inside;
        if (!bson_iter_recurse(&each, &inside) || !query_by_key(inside)) return false;
      }
    } else if (name != "$comment" && !constant(name)) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool chooses_by_key(const std::vector<Doc>& pipeline) {
  return std::ranges::all_of(pipeline, [](const Doc& stage) {
    const auto match = find(stage.get(), "$match");
    bson_iter_t query;
    return match && bson_iter_recurse(&*match, &query) && query_by_key(query);
  });
}

}  // namespace headwater::mongodb
