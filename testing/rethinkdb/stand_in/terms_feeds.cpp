// changes(): a plan, which the session makes a feed of.

#include <utility>

#include "testing/rethinkdb/stand_in/access.h"
#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/table.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

Value changes(const Call& call) {
  Value of = call.value(0);
  FeedPlan plan{.initial = call.flag("include_initial"),
                .states = call.flag("include_states"),
                .types = call.flag("include_types")};
  if (auto* const slice = std::get_if<Slice>(&of)) {
    plan.slice = std::move(*slice);
  } else if (auto* const row = std::get_if<Row>(&of)) {
    plan.slice.table = row->table;
    plan.key = row->key;
  } else if (const auto* const sequence = std::get_if<Sequence>(&of);
             sequence != nullptr && sequence->watched) {
    plan.slice = sequence->watched->slice;
    plan.made = sequence->watched->made;
  } else if (std::holds_alternative<Datum>(of)) {
    fail("Cannot call `changes` on an eager stream.");
  } else {
    fail("The stand-in watches tables, parts of them by an index, and single documents.");
  }
  if (plan.slice.table->made_up()) fail("The stand-in does not watch system tables.");
  if (const auto squash = call.option("squash"); squash && squash->holds()) {
    fail("The stand-in does not squash changes.");
  }
  const auto queue = call.option("changefeed_queue_size");
  if (queue) plan.queue = static_cast<std::size_t>(queue->number());
  need_unexpectedly(call.in(), Right::read, *plan.slice.table);
  begin_read(call.in(), *plan.slice.table, "single");
  return plan;
}

}  // namespace

void add_feeds(Terms& to) {
  to[term::changes] = {.evaluate = changes,
                       .least = 1,
                       .most = 1,
                       .options = {"squash", "include_initial", "include_states", "include_types",
                                   "changefeed_queue_size"}};
}

}  // namespace headwater::rethinkdb::stand_in
