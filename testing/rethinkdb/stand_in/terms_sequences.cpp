// What is done to the elements of a sequence.

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/sequences.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

using Keep = std::function<bool(const Datum&)>;

/// Whether an object has the members of another, and those of its objects likewise.
bool has_all(const Datum& datum, const Datum& wanted) {
  if (!wanted.is(Datum::Kind::object)) return datum == wanted;
  return std::ranges::all_of(wanted.members(), [&](const auto& each) {
    const Datum* const found = datum.find(each.first);
    return found != nullptr && has_all(*found, each.second);
  });
}

/// What filter(), count() and contains() take: a function, or a value. A document that lacks what
/// the function asks for does not count.
Keep predicate(const Call& call, std::size_t index, bool by_members) {
  const Value wanted = call.value(index);
  if (const auto* const found = std::get_if<Function>(&wanted)) {
    return [evaluator = call.in().shared_from_this(), function = *found,
            otherwise = call.flag("default")](const Datum& each) {
      try {
        return evaluator->apply_datum(function, {each}).holds();
      } catch (const QueryError& failed) {
        if (failed.type != ErrorType::non_existence) throw;
        return otherwise;
      }
    };
  }
  const Datum datum = call.in().as_datum(wanted);
  if (by_members && datum.is(Datum::Kind::boolean)) {
    return [keep = datum.holds()](const Datum&) { return keep; };
  }
  return [datum, by_members](const Datum& each) {
    return by_members ? has_all(each, datum) : each == datum;
  };
}

Value map(const Call& call) {
  return mapped_like(call.in(), call.value(0),
                     [evaluator = call.in().shared_from_this(), function = call.function(1)](
                         const Datum& each) { return evaluator->apply_datum(function, {each}); });
}

Value filter(const Call& call) {
  const Value source = call.value(0);
  if (const auto* const plan = std::get_if<FeedPlan>(&source)) {
    FeedPlan more = *plan;
    more.steps.emplace_back([keep = predicate(call, 1, true)](const Datum& entry) {
      return keep(entry) ? std::optional(entry) : std::nullopt;
    });
    return more;
  }
  return selection_like(call.in(), source,
                        filtered(call.in().elements_of(source), predicate(call, 1, true)));
}

Value concat_map(const Call& call) {
  const Value source = call.value(0);
  const Pull outer = call.in().elements_of(source);
  const auto next = [evaluator = call.in().shared_from_this(), function = call.function(1), outer,
                     inner = Pull()]() mutable -> std::optional<Datum> {
    for (;;) {
      if (inner) {
        if (auto each = inner()) return each;
      }
      const auto element = outer();
      if (!element) return std::nullopt;
      inner = evaluator->elements_of(evaluator->apply(function, {*element}));
    }
  };
  return sequence_like(call.in(), source, next);
}

Value reduce(const Call& call) {
  const Pull next = call.in().elements_of(call.value(0));
  const Function function = call.function(1);
  auto result = next();
  if (!result) fail_missing("Cannot reduce over an empty stream.");
  while (const auto each = next()) result = call.in().apply_datum(function, {*result, *each});
  return *result;
}

Value count(const Call& call) {
  const Value source = call.value(0);
  if (const auto* const datum = std::get_if<Datum>(&source)) {
    if (datum->is(Datum::Kind::text)) return Datum(datum->text().size());
    if (datum->is(Datum::Kind::binary)) return Datum(datum->text().size());
  }
  Pull next = call.in().elements_of(source);
  if (call.size() == 2) next = filtered(next, predicate(call, 1, false));
  std::size_t counted = 0;
  while (next()) ++counted;
  return Datum(counted);
}

Value sum(const Call& call) {
  const Pull next = call.in().elements_of(call.value(0));
  double total = 0;
  while (const auto each = next()) {
    const Datum* const member = call.size() == 2 ? each->find(call.text(1)) : nullptr;
    if (call.size() == 2 && member == nullptr) continue;
    total += need_kind(member == nullptr ? *each : *member, Datum::Kind::number).number();
  }
  return Datum(total);
}

/// By a member if there is a second argument.
Value extreme(const Call& call) {
  const Pull next = call.in().elements_of(call.value(0));
  std::optional<std::pair<Datum, Datum>> best;
  while (const auto each = next()) {
    const Datum* const by = call.size() == 2 ? each->find(call.text(1)) : &*each;
    if (by == nullptr) continue;
    const bool better = !best || (call.type() == term::min ? *by < best->first : best->first < *by);
    if (better) best.emplace(*by, *each);
  }
  const char* const word = call.type() == term::min ? "min" : "max";
  if (!best) fail_missing(std::string("Cannot take the ") + word + " of an empty stream.");
  return best->second;
}

Value is_empty(const Call& call) {
  return Datum(!call.in().elements_of(call.value(0))().has_value());
}

Value contains(const Call& call) {
  const Value source = call.value(0);
  for (std::size_t at = 1; at < call.size(); ++at) {
    const Pull next = filtered(call.in().elements_of(source), predicate(call, at, false));
    if (!next()) return Datum(false);
  }
  return Datum(true);
}

Value distinct(const Call& call) {
  const Pull next = call.in().elements_of(call.value(0));
  std::set<Datum> found;
  while (auto each = next()) found.insert(*std::move(each));
  return Datum(Datum::Array(found.begin(), found.end()));
}

Pull from_to(const Pull& next, std::size_t from, std::size_t to) {
  return [next, from, to, at = std::size_t{0}]() mutable -> std::optional<Datum> {
    for (; at < from; ++at) {
      if (!next()) return std::nullopt;
    }
    if (at >= to) return std::nullopt;
    ++at;
    return next();
  };
}

std::size_t whole_number(const Call& call, const char* word) {
  const double number = call.number(1);
  if (number < 0) {
    fail(std::string(word) + " takes a non-negative argument (got " + to_json(Datum(number)) + ")");
  }
  return static_cast<std::size_t>(number);
}

constexpr std::size_t no_end = std::numeric_limits<std::size_t>::max();

Value limit(const Call& call) {
  const Value source = call.value(0);
  return selection_like(call.in(), source,
                        from_to(call.in().elements_of(source), 0, whole_number(call, "LIMIT")));
}

Value skip(const Call& call) {
  const Value source = call.value(0);
  return selection_like(call.in(), source,
                        from_to(call.in().elements_of(source), whole_number(call, "SKIP"), no_end));
}

/// A position from the beginning, of one that may be from the end.
std::size_t place(double number, std::size_t size) {
  if (number >= 0) return static_cast<std::size_t>(number);
  const auto from_end = static_cast<std::size_t>(-number);
  return from_end > size ? 0 : size - from_end;
}

Value slice(const Call& call) {
  const Value source = call.value(0);
  const double from = call.number(1);
  const double to = call.size() == 3 ? call.number(2) : -1;
  const auto bound = [&](const char* name, bool otherwise) {
    const auto said = call.option(name);
    return said ? said->text() == "closed" : otherwise;
  };
  const std::size_t after_from = bound("left_bound", true) ? 0 : 1;
  const std::size_t with_to = bound("right_bound", call.size() == 2) ? 1 : 0;
  const auto* const datum = std::get_if<Datum>(&source);
  if (datum == nullptr) {
    if (from < 0 || (to < 0 && call.size() == 3)) fail("Cannot use a negative index on a stream.");
    const std::size_t end = call.size() == 3 ? place(to, 0) + with_to : no_end;
    return selection_like(call.in(), source,
                          from_to(call.in().elements_of(source), place(from, 0) + after_from, end));
  }
  const bool is_array = datum->is(Datum::Kind::array);
  const std::size_t size = is_array ? datum->elements().size() : datum->text().size();
  const std::size_t begin = std::min(place(from, size) + after_from, size);
  const std::size_t end = std::max(begin, std::min(place(to, size) + with_to, size));
  if (datum->is(Datum::Kind::text)) return Datum(datum->text().substr(begin, end - begin));
  if (datum->is(Datum::Kind::binary)) {
    return Datum::binary(datum->text().substr(begin, end - begin));
  }
  return call.in().collect(from_to(call.in().elements_of(source), begin, end));
}

Value nth(const Call& call) { return element(call.in(), call.value(0), call.number(1)); }

Value union_all(const Call& call) {
  std::vector<Pull> parts;
  bool arrays = true;
  for (std::size_t at = 0; at < call.size(); ++at) {
    const Value each = call.value(at);
    arrays = arrays && std::holds_alternative<Datum>(each);
    parts.push_back(call.in().elements_of(each));
  }
  const Pull next = [parts, at = std::size_t{0}]() mutable -> std::optional<Datum> {
    for (; at < parts.size(); ++at) {
      if (auto each = parts[at]()) return each;
    }
    return std::nullopt;
  };
  if (arrays) return call.in().collect(next);
  return Sequence{.next = next};
}

Value range(const Call& call) {
  const double from = call.size() == 2 ? call.number(0) : 0;
  const double to =
      call.size() == 0 ? std::numeric_limits<double>::infinity() : call.number(call.size() - 1);
  return Sequence{.next = [at = from, to]() mutable -> std::optional<Datum> {
    if (at >= to) return std::nullopt;
    return Datum(at++);
  }};
}

}  // namespace

void add_sequences(Terms& to) {
  to[term::map] = {.evaluate = map, .least = 2, .most = 2};
  to[term::filter] = {.evaluate = filter, .least = 2, .most = 2, .options = {"default"}};
  to[term::concat_map] = {.evaluate = concat_map, .least = 2, .most = 2};
  to[term::reduce] = {.evaluate = reduce, .least = 2, .most = 2};
  to[term::count] = {.evaluate = count, .least = 1, .most = 2};
  to[term::sum] = {.evaluate = sum, .least = 1, .most = 2};
  to[term::min] = {.evaluate = extreme, .least = 1, .most = 2};
  to[term::max] = {.evaluate = extreme, .least = 1, .most = 2};
  to[term::is_empty] = {.evaluate = is_empty, .least = 1, .most = 1};
  to[term::contains] = {.evaluate = contains, .least = 1, .most = any_number};
  to[term::distinct] = {.evaluate = distinct, .least = 1, .most = 1};
  to[term::limit] = {.evaluate = limit, .least = 2, .most = 2};
  to[term::skip] = {.evaluate = skip, .least = 2, .most = 2};
  to[term::slice] = {
      .evaluate = slice, .least = 2, .most = 3, .options = {"left_bound", "right_bound"}};
  to[term::nth] = {.evaluate = nth, .least = 2, .most = 2};
  to[term::union_all] = {.evaluate = union_all, .least = 0, .most = any_number};
  to[term::range] = {.evaluate = range, .least = 0, .most = 2};
}

}  // namespace headwater::rethinkdb::stand_in
