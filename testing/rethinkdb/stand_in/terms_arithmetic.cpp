// Numbers, comparisons, and what is true.

#include <cmath>
#include <compare>
#include <random>

#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

Datum finite(double number) {
  if (!std::isfinite(number)) fail("Non-finite number: " + std::to_string(number));
  return number;
}

Datum concatenated(const Call& call, Datum sum) {
  for (std::size_t at = 1; at < call.size(); ++at) {
    const Datum next = need_kind(call.datum(at), sum.kind());
    if (sum.is(Datum::Kind::text)) {
      sum = sum.text() + next.text();
    } else {
      Datum::Array elements = sum.elements();
      elements.insert(elements.end(), next.elements().begin(), next.elements().end());
      sum = std::move(elements);
    }
  }
  return sum;
}

Datum moved(const Datum& time, double seconds) {
  Datum::Time changed = time.time();
  changed.epoch += seconds;
  return changed;
}

Value add(const Call& call) {
  const Datum first = call.datum(0);
  if (first.is(Datum::Kind::text) || first.is(Datum::Kind::array)) return concatenated(call, first);
  if (first.is(Datum::Kind::time)) return moved(first, call.number(1));
  double sum = need_kind(first, Datum::Kind::number).number();
  for (std::size_t at = 1; at < call.size(); ++at) sum += call.number(at);
  return finite(sum);
}

Value sub(const Call& call) {
  const Datum first = call.datum(0);
  if (first.is(Datum::Kind::time)) {
    const Datum other = call.datum(1);
    if (other.is(Datum::Kind::time)) return Datum(first.time().epoch - other.time().epoch);
    return moved(first, -need_kind(other, Datum::Kind::number).number());
  }
  double left = need_kind(first, Datum::Kind::number).number();
  for (std::size_t at = 1; at < call.size(); ++at) left -= call.number(at);
  return finite(left);
}

Value mul(const Call& call) {
  double product = call.number(0);
  for (std::size_t at = 1; at < call.size(); ++at) product *= call.number(at);
  return finite(product);
}

Value div(const Call& call) {
  double quotient = call.number(0);
  for (std::size_t at = 1; at < call.size(); ++at) {
    const double by = call.number(at);
    if (by == 0) fail("Cannot divide by zero.");
    quotient /= by;
  }
  return finite(quotient);
}

Value mod(const Call& call) {
  const double by = std::trunc(call.number(1));
  if (by == 0) fail("Cannot take a number modulo 0.");
  return Datum(std::fmod(std::trunc(call.number(0)), by));
}

Value rounded(const Call& call) {
  const double number = call.number(0);
  return Datum(call.type() == term::floor  ? std::floor(number)
               : call.type() == term::ceil ? std::ceil(number)
                                           : std::round(number));
}

bool in_order(int type, std::strong_ordering order) {
  switch (type) {
    case term::eq:
      return std::is_eq(order);
    case term::lt:
      return std::is_lt(order);
    case term::le:
      return std::is_lteq(order);
    case term::gt:
      return std::is_gt(order);
    default:
      return std::is_gteq(order);
  }
}

/// `ne`: not all are equal. The others: each two neighbours are in order.
Value compare(const Call& call) {
  const int type = call.type() == term::ne ? static_cast<int>(term::eq) : call.type();
  bool holds = true;
  Datum before = call.datum(0);
  for (std::size_t at = 1; at < call.size() && holds; ++at) {
    Datum next = call.datum(at);
    holds = in_order(type, before <=> next);
    before = std::move(next);
  }
  return Datum(call.type() == term::ne ? !holds : holds);
}

/// A real number between 0 and 1.
Value random(const Call&) {
  static std::mt19937_64 generator{std::random_device()()};
  return Datum(std::uniform_real_distribution<double>()(generator));
}

Value negate(const Call& call) { return Datum(!call.datum(0).holds()); }

Value any_or_all(const Call& call) {
  const bool any = call.type() == term::logical_or;
  Datum last = !any;
  for (std::size_t at = 0; at < call.size(); ++at) {
    last = call.datum(at);
    if (last.holds() == any) break;
  }
  return last;
}

}  // namespace

void add_arithmetic(Terms& to) {
  to[term::add] = {.evaluate = add, .least = 1, .most = any_number};
  to[term::sub] = {.evaluate = sub, .least = 1, .most = any_number};
  to[term::mul] = {.evaluate = mul, .least = 1, .most = any_number};
  to[term::div] = {.evaluate = div, .least = 1, .most = any_number};
  to[term::mod] = {.evaluate = mod, .least = 2, .most = 2};
  for (const int each : {term::floor, term::ceil, term::round}) {
    to[each] = {.evaluate = rounded, .least = 1, .most = 1};
  }
  for (const int each : {term::eq, term::ne, term::lt, term::le, term::gt, term::ge}) {
    to[each] = {.evaluate = compare, .least = 2, .most = any_number};
  }
  to[term::random] = {.evaluate = random};
  to[term::logical_not] = {.evaluate = negate, .least = 1, .most = 1};
  for (const int each : {term::logical_or, term::logical_and}) {
    to[each] = {.evaluate = any_or_all, .least = 0, .most = any_number};
  }
}

}  // namespace headwater::rethinkdb::stand_in
