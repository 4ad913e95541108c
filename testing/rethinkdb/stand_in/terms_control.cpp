// Branches, calls of functions, errors and defaults.

#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

/// In pairs of a condition and what follows from it; the last is for none of them.
Value branch(const Call& call) {
  std::size_t at = 0;
  for (; at + 1 < call.size(); at += 2) {
    if (call.datum(at).holds()) return call.value(at + 1);
  }
  return call.value(at);
}

/// The first argument is the function, or a value that is the result.
Value funcall(const Call& call) {
  Value called = call.value(0);
  const auto* const function = std::get_if<Function>(&called);
  if (function == nullptr) return called;
  std::vector<Value> arguments;
  for (std::size_t at = 1; at < call.size(); ++at) arguments.push_back(call.value(at));
  return call.in().apply(*function, arguments);
}

Value error(const Call& call) {
  if (call.size() == 0) fail("Empty ERROR term outside a default block.", ErrorType::user);
  fail(call.text(0), ErrorType::user);
}

/// Without a message it stands for the error that is being replaced.
bool is_bare_error(const Node& node) { return node.type == term::error && node.arguments.empty(); }

Value default_to(const Call& call) {
  try {
    Value value = call.value(0);
    const auto* const row = std::get_if<Row>(&value);
    const bool null = (row != nullptr || std::holds_alternative<Datum>(value)) &&
                      call.in().as_datum(value).is_null();
    if (!null) return value;
  } catch (const QueryError& failed) {
    if (failed.type != ErrorType::non_existence) throw;
    if (is_bare_error(*call.node()->arguments[1])) throw;
  }
  const Value other = call.value(1);
  const auto* const function = std::get_if<Function>(&other);
  return function == nullptr ? other : call.in().apply(*function, {Value(Datum())});
}

}  // namespace

void add_control(Terms& to) {
  to[term::branch] = {.evaluate = branch, .least = 3, .most = any_number};
  to[term::funcall] = {.evaluate = funcall, .least = 1, .most = any_number};
  to[term::error] = {.evaluate = error, .least = 0, .most = 1};
  to[term::default_to] = {.evaluate = default_to, .least = 2, .most = 2};
}

}  // namespace headwater::rethinkdb::stand_in
