// What a table is like, and whether it is ready.

#include <utility>

#include "testing/rethinkdb/stand_in/access.h"
#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/system_tables.h"
#include "testing/rethinkdb/stand_in/table.h"
#include "testing/rethinkdb/stand_in/term_number.h"
#include "testing/rethinkdb/stand_in/terms.h"

namespace headwater::rethinkdb::stand_in {
namespace {

/// The document of the table in a system table: update() of it changes the table.
Value config(const Call& call) {
  const Slice slice = call.slice(0);
  call.in().need(Right::config, *slice.table);
  return Row{.table = system_table(call.store(), "table_config"), .key = slice.table->config().id};
}

Value status(const Call& call) {
  return Row{.table = system_table(call.store(), "table_status"),
             .key = call.slice(0).table->config().id};
}

Datum info_of(const Call& call, const Slice& slice) {
  begin_read(call.in(), *slice.table, slice.read_mode);
  const TableConfig& config = slice.table->config();
  Datum::Array indexes;
  for (const auto& [name, index] : slice.table->indexes()) indexes.emplace_back(name);
  const auto db = call.store().databases().find(config.db);
  const Datum db_id = db == call.store().databases().end() ? Datum() : Datum(db->second);
  return Datum::Object{{"db", Datum::Object{{"id", db_id}, {"name", config.db}, {"type", "DB"}}},
                       {"doc_count_estimates", Datum::Array{slice.table->rows().size()}},
                       {"id", config.id},
                       {"indexes", indexes},
                       {"name", config.name},
                       {"primary_key", config.primary_key},
                       {"type", "TABLE"}};
}

Value info(const Call& call) {
  const Value of = call.value(0);
  if (const auto* const slice = std::get_if<Slice>(&of); slice != nullptr && slice->whole) {
    return info_of(call, *slice);
  }
  Datum::Object found{{"type", type_name(of)}};
  if (const auto* const datum = std::get_if<Datum>(&of)) found.emplace("value", to_json(*datum));
  return Datum(std::move(found));
}

/// Does not wait for what it is asked for: a table that is not ready stays so until a test says
/// otherwise.
Value wait(const Call& call) {
  const Slice slice = call.slice(0);
  if (call.store().faults().unavailable()) {
    fail_operation("Timed out while waiting for tables.");
  }
  return Datum(Datum::Object{{"ready", 1}});
}

Value sync(const Call& call) {
  const Slice slice = call.slice(0);
  begin_write(call.in(), *slice.table);
  slice.table->flush();
  return Datum(Datum::Object{{"synced", 1}});
}

/// There is only one server, so that nothing changes but that the feeds end.
Value reconfigure(const Call& call) {
  const Slice slice = call.slice(0);
  call.in().need(Right::config, *slice.table);
  slice.table->abort_feeds();
  // As RethinkDB 2.4 does, for whatever reason.
  slice.table->set_hook(nullptr);
  call.store().note_table(*slice.table);
  const Datum config = config_of(*slice.table);
  const Datum status = status_of(call.store(), *slice.table);
  const auto same = [](const Datum& each) {
    return Datum::Array{Datum::Object{{"new_val", each}, {"old_val", each}}};
  };
  return Datum(Datum::Object{
      {"config_changes", same(config)}, {"reconfigured", 1}, {"status_changes", same(status)}});
}

}  // namespace

void add_configs(Terms& to) {
  to[term::config] = {.evaluate = config, .least = 1, .most = 1};
  to[term::status] = {.evaluate = status, .least = 1, .most = 1};
  to[term::info] = {.evaluate = info, .least = 1, .most = 1};
  to[term::wait] = {.evaluate = wait, .least = 1, .most = 1, .options = {"timeout", "wait_for"}};
  to[term::sync] = {.evaluate = sync, .least = 1, .most = 1};
  to[term::reconfigure] = {.evaluate = reconfigure, .least = 1, .most = 1, .any_options = true};
}

}  // namespace headwater::rethinkdb::stand_in
