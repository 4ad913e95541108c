// Databases, tables, and what is read from them.

#include <algorithm>
#include <utility>

#include "testing/rethinkdb/stand_in/access.h"
#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/keys.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/sequences.h"
#include "testing/rethinkdb/stand_in/system_tables.h"
#include "testing/rethinkdb/stand_in/table.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

void check_name(const char* of, const std::string& name) {
  const bool good = !name.empty() && std::ranges::all_of(name, [](unsigned char each) {
    return std::isalnum(each) != 0 || each == '_' || each == '-';
  });
  if (!good) {
    fail(std::string(of) + " name `" + name + "` invalid (Use A-Z, a-z, 0-9, _ and - only).");
  }
}

Value db(const Call& call) {
  Database database{.name = call.text(0)};
  check_name("Database", database.name);
  call.store().need_database(database.name);
  return database;
}

Value table(const Call& call) {
  const bool in_db = call.size() == 2;
  const Database database = in_db ? call.database(0) : Database{.name = "test"};
  const std::string name = call.text(in_db ? 1 : 0);
  check_name("Table", name);
  const auto found = database.name == "rethinkdb" ? system_table(call.store(), name)
                                                  : call.store().find_table(database.name, name);
  if (!found) fail_operation("Table `" + database.name + "." + name + "` does not exist.");
  if (found->made_up()) call.in().need(Right::read, *found);
  const auto mode = call.option("read_mode");
  return Slice{.table = found, .read_mode = mode ? mode->text() : "single"};
}

Value get(const Call& call) {
  const Slice slice = call.slice(0);
  Datum key = call.datum(1);
  check_primary_key(key);
  return Row{.table = slice.table, .key = std::move(key), .read_mode = slice.read_mode};
}

std::string index_in(const Call& call, const Slice& slice) {
  const auto index = call.option("index");
  std::string name = index ? index->text() : "";
  if (name.empty() || name == slice.table->config().primary_key) return "";
  need_index(*slice.table, name);
  return name;
}

/// The documents of each key; those of a key that is given twice come twice.
Value get_all(const Call& call) {
  const Slice slice = call.slice(0);
  std::vector<Pull> parts;
  for (std::size_t at = 1; at < call.size(); ++at) {
    Slice part = slice;
    part.index = index_in(call, slice);
    part.from = part.to = call.datum(at);
    if (part.from.is_null()) fail_missing("Keys cannot be NULL");
    part.to_open = false;
    parts.push_back(call.in().elements_of(part));
  }
  return Sequence{.next = [parts, at = std::size_t{0}]() mutable -> std::optional<Datum> {
                    for (; at < parts.size(); ++at) {
                      if (auto each = parts[at]()) return each;
                    }
                    return std::nullopt;
                  },
                  .table = slice.table};
}

bool is_open(const Call& call, const char* name, bool otherwise) {
  const auto said = call.option(name);
  return said ? said->text() == "open" : otherwise;
}

Value between(const Call& call) {
  Slice slice = call.slice(0);
  const std::string index = index_in(call, slice);
  if (slice.order != Slice::Order::none && slice.index != index) {
    fail("Cannot use an index other than the one of the ORDER_BY.");
  }
  slice.index = index;
  slice.whole = false;
  slice.from = call.datum(1);
  slice.to = call.datum(2);
  if (slice.from.is_null() || slice.to.is_null()) {
    fail("Cannot use `null` in BETWEEN, use `r.minval` or `r.maxval` to denote unboundedness.");
  }
  slice.from_open = is_open(call, "left_bound", false);
  slice.to_open = is_open(call, "right_bound", true);
  return slice;
}

}  // namespace

void add_reads(Terms& to) {
  to[term::db] = {.evaluate = db, .least = 1, .most = 1};
  to[term::table] = {
      .evaluate = table, .least = 1, .most = 2, .options = {"read_mode", "identifier_format"}};
  to[term::get] = {.evaluate = get, .least = 2, .most = 2};
  to[term::get_all] = {.evaluate = get_all, .least = 1, .most = any_number, .options = {"index"}};
  to[term::between] = {.evaluate = between,
                       .least = 3,
                       .most = 3,
                       .options = {"index", "left_bound", "right_bound"}};
}

}  // namespace headwater::rethinkdb::stand_in
