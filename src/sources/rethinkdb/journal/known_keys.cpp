#include "src/sources/rethinkdb/journal/known_keys.h"

#include "src/sources/rethinkdb/journal/names.h"

namespace headwater::rethinkdb {
namespace {

/// The variables of functions.
namespace of {
enum Name : int { id = 1, older, newer, note, row };
}

Term known(const TableNames& names) { return table(names.database, known_keys_name(names.id)); }

Term as_notes(const std::vector<Taken>& keys) {
  std::vector<Term> notes;
  notes.reserve(keys.size());
  for (const Taken& each : keys) {
    notes.push_back(Term::object(
        {{"id", Term::value(each.key)}, {"n", static_cast<std::int64_t>(each.number)}}));
  }
  return Term::array(notes);
}

Term noted(const TableNames& table, const Term& notes) {
  const Term is_newer = var(of::newer)["n"].then(TermType::gt, {var(of::older)["n"]});
  const Term later = branch(is_newer, var(of::newer), var(of::older));
  return known(table).then(
      TermType::insert, {notes},
      {{"durability", "hard"}, {"conflict", func({of::id, of::older, of::newer}, later)}});
}

Term without_document(const Term& notes, const Term& documents) {
  const Term document = documents.then(TermType::get, {var(of::note)["id"]});
  return notes.then(TermType::filter,
                    {func({of::note}, document.then(TermType::eq, {Term::null()}))});
}

}  // namespace

std::string known_keys_name(const std::string& table_id) {
  return std::string(register_name) + '_' + table_id;
}

Term note_keys(const TableNames& table, const std::vector<Taken>& keys) {
  return noted(table, as_notes(keys));
}

Term note_page(const TableNames& table, const Term& documents) {
  const Term now = Term::call(TermType::now, {})
                       .then(TermType::to_epoch_time)
                       .then(TermType::mul, {1000})
                       .then(TermType::floor);
  const Term number = var(of::row)[journal_name]["n"].then(TermType::default_to, {now});
  const Term note = Term::object({{"id", var(of::row)[table.primary_key]}, {"n", number}});
  return noted(table, documents.then(TermType::map, {func({of::row}, note)}));
}

Term missing_keys(const TableNames& table, const std::optional<std::string>& after,
                  std::size_t count) {
  const Term low = after ? Term::value(*after) : minval();
  const Term page = known(table)
                        .then(TermType::between, {low, maxval()},
                              {{"left_bound", "open"}, {"right_bound", "closed"}})
                        .then(TermType::order_by, {}, {{"index", "id"}})
                        .then(TermType::limit, {static_cast<std::int64_t>(count)})
                        .then(TermType::coerce_to, {"array"});
  const Term last =
      branch(page.then(TermType::is_empty), Term::null(), page.then(TermType::nth, {-1})["id"]);
  return Term::array({last, without_document(page, rethinkdb::table(table.database, table.table))});
}

Term surely_missing(const TableNames& table, std::string_view noted) {
  return without_document(Term::value(noted), rethinkdb::table(table.database, table.table,
                                                               {{"read_mode", "majority"}}));
}

Term forget_keys(const TableNames& table, const std::vector<Taken>& keys) {
  const Term is_older = var(of::row)["n"].then(TermType::lt, {var(of::note)["n"]});
  const Term gone =
      func({of::row}, branch(var(of::row).then(TermType::eq, {Term::null()}), Term::null(),
                             branch(is_older, Term::null(), var(of::row))));
  const Term replaced = known(table)
                            .then(TermType::get, {var(of::note)["id"]})
                            .then(TermType::replace, {gone}, {{"durability", "hard"}});
  return as_notes(keys).then(TermType::for_each, {func({of::note}, replaced)});
}

}  // namespace headwater::rethinkdb
