#include "testing/rethinkdb/stand_in/objects.h"

#include <algorithm>
#include <utility>

#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/query_error.h"

namespace headwater::rethinkdb::stand_in {
namespace {

/// Calls `each` with a name, and the paths below it, or null for all of it.
template <class Each>
void walk(const Datum& path, const Each& each) {
  if (path.is(Datum::Kind::text)) {
    each(path.text(), nullptr);
  } else if (path.is(Datum::Kind::array)) {
    for (const Datum& one : path.elements()) walk(one, each);
  } else if (path.is(Datum::Kind::object)) {
    for (const auto& [name, below] : path.members()) {
      const bool all = below == Datum(true);
      if (below.is(Datum::Kind::boolean) && !all) {
        fail("Invalid path argument `" + printed(below) + "`.");
      }
      each(name, all ? nullptr : &below);
    }
  } else {
    fail("Invalid path argument `" + printed(path) + "`.");
  }
}

bool is_literal(const Datum& datum) {
  const Datum* const type = datum.find("$reql_type$");
  return type != nullptr && type->text() == "LITERAL";
}

/// With each literal replaced by what it stands for.
std::optional<Datum> resolved(const Datum& datum) {
  if (is_literal(datum)) {
    const Datum* const value = datum.find("value");
    return value == nullptr ? std::nullopt : std::optional(*value);
  }
  if (!datum.is(Datum::Kind::object)) return datum;
  Datum::Object members;
  for (const auto& [name, value] : datum.members()) {
    if (auto kept = resolved(value)) members.emplace(name, *std::move(kept));
  }
  return members;
}

}  // namespace

Datum plucked(const Datum& object, const Paths& paths) {
  if (object.is(Datum::Kind::array)) {
    Datum::Array elements;
    for (const Datum& each : object.elements()) elements.push_back(plucked(each, paths));
    return elements;
  }
  Datum::Object kept;
  for (const Datum& path : paths) {
    walk(path, [&](const std::string& name, const Datum* below) {
      const Datum* const value = object.find(name);
      if (value == nullptr) return;
      if (below == nullptr) {
        kept.insert_or_assign(name, *value);
      } else if (value->is(Datum::Kind::object) || value->is(Datum::Kind::array)) {
        Datum part = plucked(*value, {*below});
        const auto before = kept.find(name);
        if (before != kept.end()) part = merged(before->second, part);
        kept.insert_or_assign(name, std::move(part));
      }
    });
  }
  return kept;
}

Datum without_paths(const Datum& object, const Paths& paths) {
  Datum::Object kept = object.members();
  for (const Datum& path : paths) {
    walk(path, [&](const std::string& name, const Datum* below) {
      const auto found = kept.find(name);
      if (found == kept.end()) return;
      if (below == nullptr) {
        kept.erase(found);
      } else if (found->second.is(Datum::Kind::object)) {
        found->second = without_paths(found->second, {*below});
      }
    });
  }
  return kept;
}

bool has_paths(const Datum& object, const Paths& paths) {
  bool has = true;
  for (const Datum& path : paths) {
    walk(path, [&](const std::string& name, const Datum* below) {
      const Datum* const value = object.find(name);
      has = has && value != nullptr && !value->is_null() &&
            (below == nullptr || has_paths(*value, {*below}));
    });
  }
  return has;
}

Datum literal_of(const std::optional<Datum>& value) {
  Datum::Object literal{{"$reql_type$", "LITERAL"}};
  if (value) literal.emplace("value", *value);
  return literal;
}

Datum merged(const Datum& object, const Datum& changes) {
  const bool both = object.is(Datum::Kind::object) && changes.is(Datum::Kind::object);
  if (!both || is_literal(changes)) return resolved(changes).value_or(Datum());
  Datum::Object members = object.members();
  for (const auto& [name, change] : changes.members()) {
    const auto found = members.find(name);
    if (found != members.end() && found->second.is(Datum::Kind::object) && !is_literal(change)) {
      found->second = merged(found->second, change);
    } else if (auto value = resolved(change)) {
      members.insert_or_assign(name, *std::move(value));
    } else {
      members.erase(name);
    }
  }
  return members;
}

void refuse_literals(const Datum& datum) {
  if (is_literal(datum)) {
    fail(
        "Stray literal keyword found: literal is only legal inside of the object passed to merge "
        "or update and cannot nest inside other literals.");
  }
  std::ranges::for_each(datum.elements(), refuse_literals);
  for (const auto& [name, value] : datum.members()) refuse_literals(value);
}

}  // namespace headwater::rethinkdb::stand_in
