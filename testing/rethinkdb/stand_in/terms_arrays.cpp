// Arrays, as values.

#include <algorithm>
#include <utility>

#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

Value make_array(const Call& call) {
  if (call.size() > largest_array) {
    fail("Array over size limit `" + std::to_string(largest_array) + "`.",
         ErrorType::resource_limit);
  }
  Datum::Array elements;
  for (std::size_t at = 0; at < call.size(); ++at) elements.push_back(call.datum(at));
  return Datum(std::move(elements));
}

Value with_one_more(const Call& call) {
  Datum::Array elements = need_kind(call.datum(0), Datum::Kind::array).elements();
  Datum more = call.datum(1);
  const bool there =
      call.type() == term::set_insert && std::ranges::find(elements, more) != elements.end();
  if (!there) {
    elements.insert(call.type() == term::prepend ? elements.begin() : elements.end(),
                    std::move(more));
  }
  return Datum(std::move(elements));
}

}  // namespace

void add_arrays(Terms& to) {
  to[term::make_array] = {.evaluate = make_array, .least = 0, .most = any_number};
  for (const int each : {term::append, term::prepend, term::set_insert}) {
    to[each] = {.evaluate = with_one_more, .least = 2, .most = 2};
  }
}

}  // namespace headwater::rethinkdb::stand_in
