// insert, update, replace, delete, and for_each, which does them again and again.

#include <array>
#include <utility>

#include "testing/rethinkdb/stand_in/access.h"
#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/objects.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/table.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"
#include "testing/rethinkdb/stand_in/writer.h"

namespace headwater::rethinkdb::stand_in {
namespace {

using Conflict = std::function<Datum(const Datum&, const Datum&)>;

/// What becomes of two documents of the same key: the one that is there, and the new one.
Conflict conflict_of(const Call& call, const std::string& primary_key) {
  const auto said = call.option_value("conflict");
  if (said) {
    if (const auto* const function = std::get_if<Function>(&*said)) {
      if (!is_deterministic(*function->node, Now::constant)) {
        fail("The conflict function passed to insert must be deterministic.");
      }
      return [&call, function = *function, primary_key](const Datum& there, const Datum& fresh) {
        // The name of the key, not the key.
        return call.in().apply_datum(function, {Datum(primary_key), there, fresh});
      };
    }
  }
  const std::string way = said ? call.in().as_datum(*said).text() : "error";
  if (way == "replace") return [](const Datum&, const Datum& fresh) { return fresh; };
  if (way == "update") return merged;
  if (way != "error") {
    fail("Conflict option `" + way +
         "` unrecognized (options are \"error\", \"replace\" and \"update\").");
  }
  return [primary_key](const Datum& there, const Datum& fresh) -> Datum {
    fail("Duplicate primary key `" + primary_key + "`:\n" + printed(there) + "\n" + printed(fresh));
  };
}

Value insert(const Call& call) {
  const Slice slice = call.slice(0);
  if (!slice.whole) fail("Expected type TABLE but found TABLE_SLICE.");
  const Value documents = call.value(1);
  const WriteOptions options = write_options(call, *slice.table);
  const Conflict conflict = conflict_of(call, slice.table->config().primary_key);
  Writer writer(call.in(), slice.table, options);
  const auto* const one = std::get_if<Datum>(&documents);
  if (one != nullptr && one->is(Datum::Kind::object)) {
    writer.insert(*one, conflict);
    return writer.finish();
  }
  // What the documents are made of may be this table.
  const Pull next = call.in().elements_of(documents);
  std::vector<Datum> all;
  while (auto each = next()) all.push_back(*std::move(each));
  for (Datum& each : all) writer.insert(std::move(each), conflict);
  return writer.finish();
}

/// The keys of the documents that update(), replace() and delete() are called on.
struct Selection {
  std::shared_ptr<Table> table;
  std::vector<Datum> keys;
};

Selection selection(const Call& call) {
  const Value found = call.value(0);
  if (const auto* const row = std::get_if<Row>(&found)) {
    if (row->table->made_up()) call.in().need(Right::read, *row->table);
    return {.table = row->table, .keys = {row->key}};
  }
  Selection selected;
  if (const auto* const slice = std::get_if<Slice>(&found)) selected.table = slice->table;
  if (const auto* const sequence = std::get_if<Sequence>(&found)) selected.table = sequence->table;
  if (!selected.table) {
    const auto* const datum = std::get_if<Datum>(&found);
    fail("Expected type SELECTION but found " +
         (datum == nullptr ? type_name(found) : "DATUM:\n" + printed(*datum)));
  }
  const Pull next = call.in().elements_of(found);
  while (const auto each = next()) {
    selected.keys.push_back(*each->find(selected.table->config().primary_key));
  }
  return selected;
}

/// What update() and replace() take: a function, or what it would return.
Datum changed(const Call& call, const Value& how, const Datum& before) {
  const auto* const function = std::get_if<Function>(&how);
  return function == nullptr ? call.in().as_datum(how) : call.in().apply_datum(*function, {before});
}

Datum updated(const Call& call, const Value& how, const Datum& before) {
  if (before.is_null()) return {};
  const Datum change = changed(call, how, before);
  if (change.is_null()) return before;
  return merged(before, need_kind(change, Datum::Kind::object));
}

/// Whether it is known to give the same again, as an update of many documents must.
void check_determinism(const Call& call) {
  if (call.type() == term::remove || call.flag("non_atomic")) return;
  if (!is_deterministic(*call.node()->arguments[1], Now::constant)) {
    fail("Could not prove argument deterministic.  Maybe you want to use the non_atomic flag?");
  }
}

Value change(const Call& call) {
  const Selection selected = selection(call);
  const WriteOptions options = write_options(call, *selected.table);
  check_determinism(call);
  const Value how = call.type() == term::remove ? Value(Datum()) : call.value(1);
  Writer writer(call.in(), selected.table, options);
  for (const Datum& key : selected.keys) {
    writer.write(key, [&](const Datum& before) {
      return call.type() == term::update ? updated(call, how, before) : changed(call, how, before);
    });
  }
  return writer.finish();
}

Value for_each(const Call& call) {
  const Pull next = call.in().elements_of(call.value(0));
  const Function function = call.function(1);
  std::vector<Datum> all;
  while (auto each = next()) all.push_back(*std::move(each));
  Datum sum = Datum::Object{};
  for (const Datum& each : all) {
    const Datum answer = call.in().apply_datum(function, {each});
    if (answer.find("errors") == nullptr) {
      fail("FOR_EACH expects one or more basic write queries.  Expected type ARRAY but found " +
           answer.type_name() + ".");
    }
    sum = added_up(sum, answer);
  }
  return sum;
}

}  // namespace

void add_writes(Terms& to) {
  const std::set<std::string> options{"durability", "return_changes", "ignore_write_hook"};
  TermKind kind{.evaluate = insert, .least = 2, .most = 2, .options = options};
  kind.options.insert("conflict");
  to[term::insert] = kind;
  kind = {.evaluate = change, .least = 2, .most = 2, .options = options};
  kind.options.insert("non_atomic");
  to[term::update] = kind;
  to[term::replace] = kind;
  to[term::remove] = {.evaluate = change, .least = 1, .most = 1, .options = options};
  to[term::for_each] = {.evaluate = for_each, .least = 2, .most = 2};
}

}  // namespace headwater::rethinkdb::stand_in
