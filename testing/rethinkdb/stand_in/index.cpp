#include "testing/rethinkdb/stand_in/index.h"

#include <algorithm>

#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/stored_function.h"

namespace headwater::rethinkdb::stand_in {

bool can_be_key(const Datum& datum) {
  switch (datum.kind()) {
    case Datum::Kind::array:
      return std::ranges::all_of(datum.elements(), can_be_key);
    case Datum::Kind::null:
    case Datum::Kind::object:
    case Datum::Kind::minval:
    case Datum::Kind::maxval:
      return false;
    default:
      return true;
  }
}

std::vector<Datum> Index::keys_of(Store& store, const Datum& document) const {
  std::vector<Datum> keys;
  try {
    const auto evaluator = std::make_shared<Evaluator>(store, "admin");
    const Datum result =
        evaluator->apply_datum({.node = function_, .scope = nullptr}, {Value(document)});
    if (multi_ && result.is(Datum::Kind::array)) {
      for (const Datum& each : result.elements()) {
        if (can_be_key(each)) keys.push_back(each);
      }
    } else if (can_be_key(result)) {
      keys.push_back(result);
    }
  } catch (const QueryError&) {
    return {};
  }
  return keys;
}

void Index::add(Store& store, const Datum& key, const Datum& document) {
  for (Datum& each : keys_of(store, document)) entries_.emplace(std::move(each), key);
}

void Index::remove(Store& store, const Datum& key, const Datum& document) {
  for (Datum& each : keys_of(store, document)) entries_.erase({std::move(each), key});
}

std::string Index::stored() const {
  return stored_function(index_prefix, *function_, std::string{multi_ ? '\1' : '\0', '\0'});
}

}  // namespace headwater::rethinkdb::stand_in
