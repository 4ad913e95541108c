#include "testing/rethinkdb/stand_in/sequences.h"

#include <utility>

#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/table.h"

namespace headwater::rethinkdb::stand_in {
namespace {

std::shared_ptr<Table> table_of(const Value& source) {
  if (const auto* const slice = std::get_if<Slice>(&source)) return slice->table;
  const auto* const sequence = std::get_if<Sequence>(&source);
  return sequence == nullptr ? nullptr : sequence->table;
}

}  // namespace

bool is_sequence(const Value& value) {
  const auto* const datum = std::get_if<Datum>(&value);
  if (datum != nullptr) return datum->is(Datum::Kind::array);
  return std::holds_alternative<Slice>(value) || std::holds_alternative<Sequence>(value);
}

Pull mapped(Pull next, std::function<Datum(const Datum&)> to) {
  return [next = std::move(next), to = std::move(to)]() -> std::optional<Datum> {
    const auto each = next();
    if (!each) return std::nullopt;
    return to(*each);
  };
}

Pull filtered(Pull next, std::function<bool(const Datum&)> keep) {
  return [next = std::move(next), keep = std::move(keep)] {
    auto each = next();
    while (each && !keep(*each)) each = next();
    return each;
  };
}

Value sequence_like(Evaluator& evaluator, const Value& source, Pull next) {
  if (std::holds_alternative<Datum>(source)) return evaluator.collect(next);
  return Sequence{.next = std::move(next)};
}

Value selection_like(Evaluator& evaluator, const Value& source, Pull next) {
  if (std::holds_alternative<Datum>(source)) return evaluator.collect(next);
  return Sequence{.next = std::move(next), .table = table_of(source)};
}

Value mapped_like(Evaluator& evaluator, const Value& source,
                  std::function<Datum(const Datum&)> to) {
  if (auto plan = std::get_if<FeedPlan>(&source)) {
    FeedPlan more = *plan;
    more.steps.emplace_back(std::move(to));
    return more;
  }
  Value made = sequence_like(evaluator, source, mapped(evaluator.elements_of(source), to));
  if (const auto* const slice = std::get_if<Slice>(&source)) {
    std::get<Sequence>(made).watched =
        std::make_shared<const Watched>(Watched{.slice = *slice, .made = std::move(to)});
  }
  return made;
}

Value element(Evaluator& evaluator, const Value& source, double number) {
  const Pull next = evaluator.elements_of(source);
  std::vector<Datum> last;
  const auto wanted = static_cast<std::size_t>(number < 0 ? -number : number + 1);
  bool found = false;
  while (auto each = next()) {
    last.push_back(*std::move(each));
    found = last.size() == wanted;
    if (found && number >= 0) break;
    if (last.size() > wanted) last.erase(last.begin());
    found = last.size() == wanted;
  }
  if (!found) fail_missing("Index out of bounds: " + to_json(Datum(number)));
  const Datum chosen = number < 0 ? last.front() : last.back();
  const auto table = table_of(source);
  if (!table) return chosen;
  const Datum* const key = chosen.find(table->config().primary_key);
  return key == nullptr ? Value(chosen) : Value(Row{.table = table, .key = *key});
}

}  // namespace headwater::rethinkdb::stand_in
