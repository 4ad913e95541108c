#include "testing/rethinkdb/order_queries.h"

#include <utility>

namespace headwater::rig {
namespace {

using rethinkdb::branch;
using rethinkdb::func;
using rethinkdb::Options;
using rethinkdb::Term;
using rethinkdb::TermType;
using rethinkdb::var;

constexpr const char* journal = "_hw";

/// What a majority of the replicas has on disk.
Term kept_orders() { return rethinkdb::table("shop", "orders", {{"read_mode", "majority"}}); }
Options says_changes() { return {{"return_changes", true}}; }

Term or_else(const Term& value, const Term& otherwise) {
  return value.then(TermType::default_to, {otherwise});
}
Term journal_of(const Term& document) { return or_else(document[journal], Term::object({})); }
Term is_gone(const Term& document) { return or_else(document[journal]["gone"], false); }
Term mark() { return Term::object({{journal, Term::object({{"gone", true}})}}); }

/// A document in a write's answer; null: there is none.
std::uint64_t number_of(const Json& document) {
  return document[journal]["n"].unsigned_integer().value_or(0);
}
bool is_there(const Json& document) {
  return document.is_object() && document[journal]["gone"] != true;
}

}  // namespace

Term orders() { return rethinkdb::table("shop", "orders"); }

Term insert_orders(const std::vector<Term>& documents) {
  Options options = says_changes();
  options.emplace_back("conflict", func({1, 2, 3}, branch(is_gone(var(2)), var(3), var(2))));
  return orders().then(TermType::insert, {Term::array(documents)}, options);
}

Term upsert_order(const Term& document, const Term& total) {
  Options options = says_changes();
  const Term changed = var(2).then(TermType::merge, {Term::object({{"total", total}})});
  options.emplace_back("conflict", func({1, 2, 3}, branch(is_gone(var(2)), var(3), changed)));
  return orders().then(TermType::insert, {document}, options);
}

Term update_orders(const Term& documents, const Term& change) {
  const Term unless_gone = branch(is_gone(var(1)), Term::object({}), change);
  return documents.then(TermType::update, {func({1}, unless_gone)}, says_changes());
}

Term replace_order(const Term& key, const Term& document) {
  const Term is_here = var(1).then(TermType::ne, {Term::null()});
  const Term replaced = branch(is_here, branch(is_gone(var(1)), var(1), document), Term::null());
  return orders()
      .then(TermType::get, {key})
      .then(TermType::replace, {func({1}, replaced)}, says_changes());
}

Term delete_orders(const Term& documents) { return update_orders(documents, mark()); }

std::vector<OrderChange> changes_in(const Json& written) {
  std::vector<OrderChange> changes;
  for (const Json& each : written["changes"].elements()) {
    const Json& before = each["old_val"];
    const Json& after = each["new_val"];
    const std::uint64_t number = number_of(after);
    // The table is not followed, or only something of the journal is forgotten.
    if (number == number_of(before)) continue;
    const char* const operation = !is_there(after)   ? "delete"
                                  : is_there(before) ? "update"
                                                     : "insert";
    changes.push_back({.key = order_key(after["id"]), .number = number, .operation = operation});
  }
  return changes;
}

std::string order_key(const Json& key) {
  const auto text = key.text();
  return text ? "'" + std::string(*text) : key.dump();
}

Term order_states() {
  const Term kept = journal_of(var(1));
  const Term state = Term::array(
      {var(1)["id"], or_else(kept["v"], 0), or_else(kept["n"], 0), or_else(kept["gone"], false)});
  return kept_orders().then(TermType::map, {func({1}, state)});
}

OrderState state_in(const Json& row) {
  return {.version = row[1].unsigned_integer().value_or(0),
          .number = row[2].unsigned_integer().value_or(0),
          .gone = row[3] == true};
}

Term orders_there() {
  const Term there = func({1}, is_gone(var(1)).then(TermType::logical_not));
  const Term bare = func({1}, var(1).then(TermType::without, {journal}));
  return kept_orders().then(TermType::filter, {there}).then(TermType::map, {bare});
}

Term orders_pending() {
  const Term log = or_else(var(1)[journal]["log"], Term::array({}));
  const Term is_pending = func({1}, log.then(TermType::is_empty).then(TermType::logical_not));
  return kept_orders().then(TermType::filter, {is_pending}).then(TermType::count);
}

Term order_feed() {
  // More than any test writes.
  constexpr std::int64_t queue = 10'000'000;
  const Term before = or_else(var(1)["old_val"], Term::object({}));
  const Term after = or_else(var(1)["new_val"], Term::object({}));
  const Term kept = journal_of(after);
  const Term entry =
      Term::array({or_else(after["id"], before["id"]), or_else(journal_of(before)["n"], 0),
                   or_else(kept["n"], 0), or_else(kept["v"], 0), or_else(kept["gone"], false)});
  const Term is_state = var(1).then(TermType::has_fields, {"state"});
  const Term is_error = var(1).then(TermType::has_fields, {"error"});
  const Term shown = branch(is_state.then(TermType::logical_or, {is_error}), var(1), entry);
  return orders()
      .then(TermType::changes, {},
            {{"squash", false}, {"include_states", true}, {"changefeed_queue_size", queue}})
      .then(TermType::map, {func({1}, shown)});
}

}  // namespace headwater::rig
