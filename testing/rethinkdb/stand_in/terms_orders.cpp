// order_by: by an index, which is read in its order, or by what functions make of each document.

#include <algorithm>
#include <utility>

#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/sequences.h"
#include "testing/rethinkdb/stand_in/table.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

Value direction(const Call& call) {
  return std::make_shared<const Direction>(
      Direction{.descending = call.type() == term::desc, .by = call.value(0)});
}

Direction as_direction(Value value) {
  const auto* const found = std::get_if<std::shared_ptr<const Direction>>(&value);
  return found == nullptr ? Direction{.by = std::move(value)} : **found;
}

Slice by_index(const Call& call, Slice slice, Value index) {
  const Direction direction = as_direction(std::move(index));
  std::string name = call.in().as_datum(direction.by).text();
  if (name == slice.table->config().primary_key) name.clear();
  if (!name.empty()) need_index(*slice.table, name);
  if (!slice.whole && slice.index != name) {
    fail("Cannot order by index `" + name + "` after calling BETWEEN on index `" + slice.index +
         "`.");
  }
  slice.index = name;
  slice.whole = false;
  slice.order = direction.descending ? Slice::Order::descending : Slice::Order::ascending;
  return slice;
}

/// What a document is ordered by; nothing sorts first if it lacks that.
std::optional<Datum> sort_key(Evaluator& evaluator, const Value& by, const Datum& document) {
  if (const auto* const function = std::get_if<Function>(&by)) {
    try {
      return evaluator.apply_datum(*function, {document});
    } catch (const QueryError& failed) {
      if (failed.type != ErrorType::non_existence) throw;
      return std::nullopt;
    }
  }
  const Datum* const member = document.find(evaluator.as_datum(by).text());
  return member == nullptr ? std::nullopt : std::optional(*member);
}

Value order_by(const Call& call) {
  Value source = call.value(0);
  if (const auto index = call.option_value("index")) {
    auto* const slice = std::get_if<Slice>(&source);
    if (slice == nullptr) fail("Indexed order_by can only be performed on a TABLE or TABLE_SLICE.");
    source = by_index(call, *slice, *index);
  }
  if (call.size() == 1) return source;
  std::vector<Direction> directions;
  for (std::size_t at = 1; at < call.size(); ++at) {
    directions.push_back(as_direction(call.value(at)));
  }
  Datum::Array sorted = call.in().collect(call.in().elements_of(source)).elements();
  std::ranges::stable_sort(sorted, [&](const Datum& one, const Datum& other) {
    for (const Direction& each : directions) {
      const auto left = sort_key(call.in(), each.by, one);
      const auto right = sort_key(call.in(), each.by, other);
      if (left != right) return each.descending ? right < left : left < right;
    }
    return false;
  });
  return Datum(std::move(sorted));
}

}  // namespace

void add_orders(Terms& to) {
  to[term::asc] = {.evaluate = direction, .least = 1, .most = 1};
  to[term::desc] = {.evaluate = direction, .least = 1, .most = 1};
  to[term::order_by] = {.evaluate = order_by, .least = 1, .most = any_number, .options = {"index"}};
}

}  // namespace headwater::rethinkdb::stand_in
