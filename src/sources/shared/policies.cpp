#include "src/sources/shared/policies.h"

#include <xxhash.h>

#include <utility>

#include "src/event/event_type.h"
#include "src/event/json_text.h"
#include "src/event/short_key.h"
#include "src/sources/shared/errors.h"

namespace headwater::sources {
namespace {

/// For an error, which never has a whole key in it.
std::string named(const Change& change) {
  std::string key(json_of(change.key));
  if (const auto* row = change.key ? std::get_if<TableRow>(&*change.key) : nullptr) {
    append_json_row(key, *row);
  }
  return change.database + "." + table_words(change.schema, change.table) + " " + in_few_bytes(key);
}

}  // namespace

Result<std::size_t> keep_small(Change& change, const LargeChanges& large) {
  const std::size_t size = footprint(change);
  if (size <= large.most) return size;
  const bool says_after = change.after || !change.detail.empty();
  const std::size_t before = change.before ? footprint(*change.before) : 0;
  if (says_after && before > 0 && size - before <= large.most) {
    change.before.reset();
    return size - before;
  }
  auto left_out = leave_out_large(
      change, std::to_string(size) + " bytes, and `max_change` is " + std::to_string(large.most),
      large);
  if (!left_out) return failed(left_out);
  return footprint(change);
}

Result<void> leave_out_large(Change& change, const std::string& size, const LargeChanges& large) {
  if (change.op == Op::remove && change.key && footprint(*change.key) <= large.most) {
    change.before.reset();
    return {};
  }
  if (large.policy == OnLarge::stop) {
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::source,
                 .name = std::string(change_too_large),
                 .message = "The change of " + named(change) + " is too large: " + size,
                 .next = "set `on_large_change: gap` to leave a gap event in its place" +
                         (large.other_way.empty() ? "" : ", or " + large.other_way)});
  }
  change.gap = Gap{.reason = std::string(change_too_large) + ": " + size,
                   .from = change.id,
                   .to = change.id,
                   .restated = false};
  change.op = Op::gap;
  change.before.reset();
  change.after.reset();
  change.detail.clear();
  return {};
}

Change gap_after(const Position& lost, const Error& loss, bool restated) {
  Change gap;
  gap.op = Op::gap;
  append_hex(gap.id = "gap:", XXH3_64bits(lost.token.data(), lost.token.size()));
  gap.gap = Gap{.reason = loss.name, .from = {}, .to = {}, .restated = restated};
  return gap;
}

}  // namespace headwater::sources
