// Secondary indexes.

#include <utility>

#include "testing/rethinkdb/stand_in/access.h"
#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/stored_function.h"
#include "testing/rethinkdb/stand_in/table.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

std::string on_table(const Table& table) { return " on table `" + table.full_name() + "`."; }

NodePtr node(Node made) { return std::make_shared<const Node>(std::move(made)); }

/// Without a function, an index is on the member of its name.
NodePtr member_function(const std::string& name) {
  constexpr int document = -19;
  const NodePtr variable = node({.type = term::var, .variables = {document}});
  const NodePtr member = node({.type = term::datum, .value = name});
  return node({.type = term::func,
               .variables = {document},
               .arguments = {node({.type = term::get_field, .arguments = {variable, member}})}});
}

Index index_of(const Call& call, const std::string& name) {
  const bool multi = call.flag("multi");
  if (call.size() == 2) return {member_function(name), multi};
  const Value how = call.value(2);
  if (const auto* const datum = std::get_if<Datum>(&how)) {
    const auto stored =
        datum->is(Datum::Kind::binary) ? function_of(index_prefix, datum->text()) : std::nullopt;
    if (!stored || stored->last.empty()) {
      fail(
          "Cannot create an sindex except from a reql_index_function returned from "
          "`index_status` in the field `function`.");
    }
    return {stored->function, stored->last[0] != '\0'};
  }
  const Function function = call.function(2);
  if (function.node->variables.size() != 1) fail("Index functions must expect 1 argument.");
  if (!is_deterministic(*function.node, Now::changing)) {
    fail("Could not prove function deterministic.  Index functions must be deterministic.");
  }
  return {function.node, multi};
}

Value index_create(const Call& call) {
  const Slice slice = call.slice(0);
  Table& table = *slice.table;
  const std::string name = call.text(1);
  if (name == table.config().primary_key) {
    fail("Index name conflict: `" + name + "` is the name of the primary key.");
  }
  Index index = index_of(call, name);
  call.in().need(Right::config, table);
  if (table.index(name) != nullptr) {
    fail_operation("Index `" + name + "` already exists" + on_table(table));
  }
  table.add_index(name, std::move(index));
  call.store().note_table(table);
  return Datum(Datum::Object{{"created", 1}});
}

Value index_drop(const Call& call) {
  const Slice slice = call.slice(0);
  const std::string name = call.text(1);
  call.in().need(Right::config, *slice.table);
  if (!slice.table->drop_index(name)) {
    fail_operation("Index `" + name + "` does not exist" + on_table(*slice.table));
  }
  call.store().note_table(*slice.table);
  return Datum(Datum::Object{{"dropped", 1}});
}

Value index_list(const Call& call) {
  const Slice slice = call.slice(0);
  Datum::Array names;
  for (const auto& [name, index] : slice.table->indexes()) names.emplace_back(name);
  return Datum(std::move(names));
}

Datum status_of(const std::string& name, const Index& index) {
  return Datum::Object{{"function", Datum::binary(index.stored())},
                       {"geo", false},
                       {"index", name},
                       {"multi", index.multi()},
                       {"outdated", false},
                       {"query", "indexCreate('" + name + "', function(var1) { return ...; })"},
                       {"ready", index.ready()}};
}

std::vector<std::string> names_in(const Call& call, const Table& table) {
  std::vector<std::string> names;
  for (std::size_t at = 1; at < call.size(); ++at) {
    names.push_back(call.text(at));
    if (table.index(names.back()) != nullptr) continue;
    fail_operation("Index `" + names.back() + "` was not found" + on_table(table));
  }
  if (call.size() > 1) return names;
  for (const auto& [name, index] : table.indexes()) names.push_back(name);
  return names;
}

/// Of the named indexes; of all if none is named. index_wait() is the same, but later.
Value index_status(const Call& call) {
  const Slice slice = call.slice(0);
  Datum::Array found;
  for (const std::string& name : names_in(call, *slice.table)) {
    if (call.type() == term::index_wait) slice.table->make_ready(name);
    found.push_back(status_of(name, *slice.table->index(name)));
    slice.table->make_ready(name);
  }
  return Datum(std::move(found));
}

}  // namespace

void add_indexes(Terms& to) {
  to[term::index_create] = {
      .evaluate = index_create, .least = 2, .most = 3, .options = {"multi", "geo"}};
  to[term::index_drop] = {.evaluate = index_drop, .least = 2, .most = 2};
  to[term::index_list] = {.evaluate = index_list, .least = 1, .most = 1};
  to[term::index_status] = {.evaluate = index_status, .least = 1, .most = any_number};
  to[term::index_wait] = {.evaluate = index_status, .least = 1, .most = any_number};
}

}  // namespace headwater::rethinkdb::stand_in
