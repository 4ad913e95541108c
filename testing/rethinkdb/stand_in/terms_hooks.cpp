// Write hooks. writer.cpp calls them.

#include "testing/rethinkdb/stand_in/access.h"
#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/stored_function.h"
#include "testing/rethinkdb/stand_in/system_tables.h"
#include "testing/rethinkdb/stand_in/table.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

/// A function, what get_write_hook() shows as one, or null for none.
NodePtr hook_in(const Call& call) {
  const Value given = call.value(1);
  const auto* const datum = std::get_if<Datum>(&given);
  if (datum != nullptr && datum->is_null()) return nullptr;
  NodePtr hook;
  if (datum != nullptr && datum->is(Datum::Kind::binary)) {
    const auto stored = function_of(hook_prefix, datum->text());
    if (!stored) {
      fail(
          "Cannot create a write hook except from a reql_write_hook_function returned from "
          "`get_write_hook`.");
    }
    hook = stored->function;
  } else {
    hook = call.function(1).node;
  }
  if (hook->variables.size() != 3) fail("Write hook functions must expect 3 arguments.");
  if (!is_deterministic(*hook, Now::changing)) {
    fail("Could not prove function deterministic.  Write hook functions must be deterministic.");
  }
  return hook;
}

Value set_write_hook(const Call& call) {
  const Slice slice = call.slice(0);
  const NodePtr hook = hook_in(call);
  need_unexpectedly(call.in(), Right::config, *slice.table);
  const bool before = slice.table->hook() != nullptr;
  slice.table->set_hook(hook);
  call.store().note_table(*slice.table);
  return Datum(Datum::Object{{!hook ? "deleted" : before ? "replaced" : "created", 1}});
}

Value get_write_hook(const Call& call) {
  const Slice slice = call.slice(0);
  call.in().need(Right::config, *slice.table);
  return hook_of(*slice.table);
}

}  // namespace

void add_hooks(Terms& to) {
  to[term::set_write_hook] = {.evaluate = set_write_hook, .least = 2, .most = 2};
  to[term::get_write_hook] = {.evaluate = get_write_hook, .least = 1, .most = 1};
}

}  // namespace headwater::rethinkdb::stand_in
