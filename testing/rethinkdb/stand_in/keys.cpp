#include "testing/rethinkdb/stand_in/keys.h"

#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/query_error.h"

namespace headwater::rethinkdb::stand_in {
namespace {

/// How long the server's own form of a key is, in bytes.
std::size_t stored_size(const Datum& key) {
  constexpr std::size_t number = 40;
  switch (key.kind()) {
    case Datum::Kind::text:
    case Datum::Kind::binary:
      return key.text().size() + 1;
    case Datum::Kind::array: {
      std::size_t size = 1;
      for (const Datum& each : key.elements()) size += stored_size(each) + 1;
      return size;
    }
    default:
      return number;
  }
}

void check_part(const Datum& part) {
  for (const Datum& each : part.elements()) check_part(each);
  if (part.is_null() || part.is(Datum::Kind::object)) {
    fail("Array keys can only contain numbers, strings, bools,  pseudotypes, or arrays (got " +
         printed(part) + " of type " + part.type_name() + ").");
  }
}

}  // namespace

void check_primary_key(const Datum& key) {
  if (key.is_null() || key.is(Datum::Kind::object)) {
    fail("Primary keys must be either a number, string, bool, pseudotype or array (got type " +
             key.type_name() + "):\n" + printed(key),
         key.is_null() ? ErrorType::non_existence : ErrorType::query_logic);
  }
  check_part(key);
  constexpr std::size_t longest = 127;
  if (stored_size(key) > longest + 1) {
    fail("Primary key too long (max 127 characters): " + printed(key));
  }
}

}  // namespace headwater::rethinkdb::stand_in
