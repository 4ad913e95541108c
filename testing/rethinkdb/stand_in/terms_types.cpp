// The types of values, and values of the types that JSON lacks.

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "src/base/hex.h"
#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/sequences.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

Value type_of(const Call& call) { return Datum(type_name(call.value(0))); }

std::string upper(std::string word) {
  for (char& each : word) {
    if (each >= 'a' && each <= 'z') each = static_cast<char>(each - 'a' + 'A');
  }
  return word;
}

Datum number_in(const std::string& text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) {
    fail("Could not coerce `" + text + "` to NUMBER.");
  }
  return number;
}

Datum object_of_pairs(Evaluator& evaluator, const Value& source) {
  const Pull next = evaluator.elements_of(source);
  Datum::Object members;
  while (const auto pair = next()) {
    if (pair->elements().size() != 2) {
      fail("Expected array of size 2, but got size " + std::to_string(pair->elements().size()) +
           ".");
    }
    const std::string name = need_kind(pair->elements()[0], Datum::Kind::text).text();
    members.insert_or_assign(name, pair->elements()[1]);
  }
  return members;
}

Value coerce_to(const Call& call) {
  const Value source = call.value(0);
  const std::string to = upper(call.text(1));
  const auto* const known = std::get_if<Datum>(&source);
  const bool array = known != nullptr && known->is(Datum::Kind::array);
  if (to == "ARRAY" && (known == nullptr || array || known->is(Datum::Kind::object))) {
    return call.in().collect(call.in().elements_of(source));
  }
  if (to == "OBJECT" && is_sequence(source)) return object_of_pairs(call.in(), source);
  const Datum datum = call.in().as_datum(source);
  if (datum.type_name() == to) return datum;
  if (to == "BOOL") return Datum(datum.holds());
  if (to == "STRING" && datum.is(Datum::Kind::binary)) return Datum(datum.text());
  if (to == "STRING") return Datum(to_json(datum));
  if (to == "NUMBER" && datum.is(Datum::Kind::text)) return number_in(datum.text());
  if (to == "BINARY" && datum.is(Datum::Kind::text)) return Datum::binary(datum.text());
  fail("Cannot coerce " + datum.type_name() + " to " + to + ".");
}

Value bound(const Call& call) {
  return Datum::bound(call.type() == term::minval ? Datum::Kind::minval : Datum::Kind::maxval);
}

Value now(const Call& call) { return Datum(Datum::Time{.epoch = call.store().now()}); }

Value epoch_time(const Call& call) { return Datum(Datum::Time{.epoch = call.number(0)}); }

/// To the millisecond, as the server rounds it.
Value to_epoch_time(const Call& call) {
  const double epoch = need_kind(call.datum(0), Datum::Kind::time).time().epoch;
  return Datum(std::round(epoch * 1000) / 1000);
}

Value binary(const Call& call) {
  const Datum datum = call.datum(0);
  if (datum.is(Datum::Kind::binary)) return datum;
  return Datum::binary(need_kind(datum, Datum::Kind::text).text());
}

/// Version 5 of RFC 4122: the same for the same text. The server has another name space.
std::string uuid_of(const std::string& text) {
  const std::string hashed = std::string(16, '\0') + text;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_Digest(hashed.data(), hashed.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0fU) | 0x50U);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3fU) | 0x80U);
  std::string bytes(digest.begin(), digest.begin() + 16);
  std::string name;
  append_hex_bytes(name, bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) name.insert(at, "-");
  return name;
}

Value uuid(const Call& call) {
  return Datum(call.size() == 0 ? new_uuid() : uuid_of(call.text(0)));
}

}  // namespace

void add_types(Terms& to) {
  to[term::type_of] = {.evaluate = type_of, .least = 1, .most = 1};
  to[term::coerce_to] = {.evaluate = coerce_to, .least = 2, .most = 2};
  to[term::minval] = {.evaluate = bound};
  to[term::maxval] = {.evaluate = bound};
  to[term::now] = {.evaluate = now};
  to[term::epoch_time] = {.evaluate = epoch_time, .least = 1, .most = 1};
  to[term::to_epoch_time] = {.evaluate = to_epoch_time, .least = 1, .most = 1};
  to[term::binary] = {.evaluate = binary, .least = 1, .most = 1};
  to[term::uuid] = {.evaluate = uuid, .least = 0, .most = 1};
}

}  // namespace headwater::rethinkdb::stand_in
