#include "testing/rethinkdb/stand_in/access.h"

#include "testing/rethinkdb/stand_in/query_error.h"

namespace headwater::rethinkdb::stand_in {
namespace {

[[noreturn]] void fail_without_replicas(const char* what) {
  fail_operation(std::string("Cannot perform ") + what +
                 R"(: primary replica for shard ["", +inf) not available)");
}

}  // namespace

void begin_read(Evaluator& evaluator, Table& table, const std::string& read_mode) {
  // Whoever has one that is made up was allowed to.
  if (table.made_up()) return;
  evaluator.need(Right::read, table);
  if (read_mode == "outdated") return;
  const Faults& faults = evaluator.store().faults();
  if (faults.unavailable()) {
    table.abort_feeds();
    fail_without_replicas("read");
  }
  if (read_mode != "majority") return;
  if (faults.no_majority()) fail_without_replicas("read");
  table.flush();
}

void begin_write(Evaluator& evaluator, const Table& table) {
  if (table.made_up()) return;
  evaluator.need(Right::write, table);
  const Faults& faults = evaluator.store().faults();
  if (faults.unavailable() || faults.no_majority()) fail_without_replicas("write");
}

void need_unexpectedly(const Evaluator& evaluator, Right right, const Table& table) {
  try {
    evaluator.need(right, table);
  } catch (QueryError& failed) {
    failed.type = ErrorType::internal;
    failed.message.insert(0, "Unexpected exception: ");
    throw;
  }
}

}  // namespace headwater::rethinkdb::stand_in
