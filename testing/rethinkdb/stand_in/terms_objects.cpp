// Objects, and the terms that do the same to an object and to each of a sequence.

#include <utility>

#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/objects.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/sequences.h"
#include "testing/rethinkdb/stand_in/table.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

Datum member(const Datum& object, const std::string& name) {
  if (!object.is(Datum::Kind::object)) {
    fail("Cannot perform get_field on a non-object non-sequence `" + printed(object) + "`.",
         object.is_null() ? ErrorType::non_existence : ErrorType::query_logic);
  }
  const Datum* const found = object.find(name);
  if (found == nullptr) {
    fail_missing("No attribute `" + name + "` in object:\n" + printed(object));
  }
  return *found;
}

const char* word_for(int type) {
  switch (type) {
    case term::pluck:
      return "pluck";
    case term::without:
      return "without";
    case term::merge:
      return "merge";
    case term::has_fields:
      return "has_fields";
    case term::bracket:
      return "bracket";
    default:
      return "get_field";
  }
}

[[noreturn]] void fail_on(const Call& call, const Datum& datum) {
  fail(std::string("Cannot perform ") + word_for(call.type()) + " on a non-object non-sequence `" +
           printed(datum) + "`.",
       datum.is_null() ? ErrorType::non_existence : ErrorType::query_logic);
}

/// Does it to the object, or to each object of the sequence.
template <class To>
Value to_each(const Call& call, const Value& first, const To& to) {
  if (is_sequence(first)) {
    return mapped_like(call.in(), first, [to](const Datum& each) { return to(each); });
  }
  const Datum datum = call.in().as_datum(first);
  if (!datum.is(Datum::Kind::object)) fail_on(call, datum);
  return to(datum);
}

Value get_field(const Call& call) {
  const Value first = call.value(0);
  const Datum by = call.datum(1);
  if (call.type() == term::bracket && by.is(Datum::Kind::number)) {
    return element(call.in(), first, by.number());
  }
  const std::string name = need_kind(by, Datum::Kind::text).text();
  if (!is_sequence(first)) {
    const Datum datum = call.in().as_datum(first);
    if (!datum.is(Datum::Kind::object)) fail_on(call, datum);
    return member(datum, name);
  }
  // Objects without it are left out.
  const Pull with = filtered(call.in().elements_of(first),
                             [name](const Datum& each) { return each.find(name) != nullptr; });
  return sequence_like(call.in(), first,
                       mapped(with, [name](const Datum& each) { return member(each, name); }));
}

Paths paths_of(const Call& call) {
  Paths paths;
  for (std::size_t at = 1; at < call.size(); ++at) paths.push_back(call.datum(at));
  return paths;
}

Value pluck(const Call& call) {
  return to_each(call, call.value(0),
                 [paths = paths_of(call)](const Datum& each) { return plucked(each, paths); });
}

Value without(const Call& call) {
  return to_each(call, call.value(0), [paths = paths_of(call)](const Datum& each) {
    return without_paths(each, paths);
  });
}

Value has_fields(const Call& call) {
  const Value first = call.value(0);
  const Paths paths = paths_of(call);
  const auto has = [paths](const Datum& each) { return has_paths(each, paths); };
  if (is_sequence(first)) {
    return selection_like(call.in(), first, filtered(call.in().elements_of(first), has));
  }
  const Datum datum = call.in().as_datum(first);
  if (!datum.is(Datum::Kind::object)) fail_on(call, datum);
  return Datum(has(datum));
}

Value merge(const Call& call) {
  std::vector<Value> changes;
  for (std::size_t at = 1; at < call.size(); ++at) changes.push_back(call.value(at));
  return to_each(
      call, call.value(0), [evaluator = call.in().shared_from_this(), changes](Datum object) {
        for (const Value& each : changes) {
          const auto* const function = std::get_if<Function>(&each);
          const Datum change = function == nullptr ? evaluator->as_datum(each)
                                                   : evaluator->apply_datum(*function, {object});
          object = merged(object, change);
        }
        return object;
      });
}

Value literal(const Call& call) {
  return literal_of(call.size() == 0 ? std::nullopt : std::optional(call.datum(0)));
}

Value object(const Call& call) {
  if (call.size() % 2 != 0) {
    fail("OBJECT expects an even number of arguments (but found " + std::to_string(call.size()) +
         ").");
  }
  Datum::Object members;
  for (std::size_t at = 0; at < call.size(); at += 2) {
    const std::string name = call.text(at);
    if (!members.emplace(name, call.datum(at + 1)).second) {
      fail("Duplicate key `" + name + "` in object.");
    }
  }
  return typed(std::move(members));
}

Value keys_or_values(const Call& call) {
  Datum::Array found;
  const Datum object = need_kind(call.datum(0), Datum::Kind::object);
  for (const auto& [name, value] : object.members()) {
    found.push_back(call.type() == term::keys ? Datum(name) : value);
  }
  return Datum(std::move(found));
}

}  // namespace

void add_objects(Terms& to) {
  to[term::get_field] = {.evaluate = get_field, .least = 2, .most = 2};
  to[term::bracket] = {.evaluate = get_field, .least = 2, .most = 2};
  to[term::pluck] = {.evaluate = pluck, .least = 1, .most = any_number};
  to[term::without] = {.evaluate = without, .least = 1, .most = any_number};
  to[term::has_fields] = {.evaluate = has_fields, .least = 1, .most = any_number};
  to[term::merge] = {.evaluate = merge, .least = 1, .most = any_number};
  to[term::literal] = {.evaluate = literal, .least = 0, .most = 1};
  to[term::object] = {.evaluate = object, .least = 0, .most = any_number};
  to[term::keys] = {.evaluate = keys_or_values, .least = 1, .most = 1};
  to[term::values] = {.evaluate = keys_or_values, .least = 1, .most = 1};
}

}  // namespace headwater::rethinkdb::stand_in
