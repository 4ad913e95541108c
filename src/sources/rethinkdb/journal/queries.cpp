#include "src/sources/rethinkdb/journal/queries.h"

#include <utility>

#include "src/sources/rethinkdb/journal/known_keys.h"
#include "src/sources/rethinkdb/journal/names.h"

namespace headwater::rethinkdb {
namespace {

/// The variables of functions.
namespace in {
enum Name : int { document = 1, id, older, newer, note };
}

Term whole(std::uint64_t value) { return {static_cast<std::int64_t>(value)}; }

Term at_majority(const TableNames& names) {
  return table(names.database, names.table, {{"read_mode", "majority"}});
}

/// Between two values of the index, without the lower one.
Term indexed(const Term& from, const Term& low, const Term& high, const char* right) {
  return from.then(TermType::between, {low, high},
                   {{"index", journal_name}, {"left_bound", "open"}, {"right_bound", right}});
}

Term pending_between(const Term& from, const std::optional<IndexPlace>& after,
                     const std::optional<std::uint64_t>& until) {
  const Term low = after ? Term::array({pending_mark, whole(after->first), Term::value(after->key)})
                         : Term::array({pending_mark, minval()});
  const Term high = until ? Term::array({pending_mark, whole(*until), maxval()})
                          : Term::array({pending_mark, maxval()});
  return indexed(from, low, high, "closed");
}

/// Changes what is registered of the table, durably.
Term registered(const TableNames& table, const Term& change) {
  return rethinkdb::table(table.database, register_name)
      .then(TermType::get, {table.id})
      .then(TermType::update, {change}, {{"durability", "hard"}, {"return_changes", "always"}});
}

}  // namespace

Term page_of_pending(const TableNames& table, const PageChoice& choice) {
  Term page = pending_between(at_majority(table), choice.after, choice.until)
                  .then(TermType::order_by, {}, {{"index", journal_name}});
  if (choice.not_after) {
    const Term read =
        var(in::document)[table.primary_key].then(TermType::le, {Term::value(*choice.not_after)});
    page = page.then(TermType::filter, {func({in::document}, read)});
  }
  return page.then(TermType::limit, {whole(choice.count)});
}

Term page_of_numbers(const TableNames& table, const PageChoice& choice) {
  const Term note = Term::array({"n", "v", "op"});
  const Term journal = Term::object({{"n", true}, {"v", true}, {"gone", true}, {"log", note}});
  return page_of_pending(table, choice)
      .then(TermType::pluck, {table.primary_key, Term::object({{journal_name, journal}})});
}

Term page_of_rows(const TableNames& table, const std::optional<std::string>& after,
                  std::size_t count) {
  Term rows = at_majority(table);
  if (after) {
    rows = rows.then(TermType::between, {Term::value(*after), maxval()},
                     {{"left_bound", "open"}, {"right_bound", "closed"}});
  }
  return rows.then(TermType::order_by, {}, {{"index", table.primary_key}})
      .then(TermType::limit, {whole(count)});
}

Term wake_feed(const TableNames& table) {
  // Without the images, which may be large. The number is what a write changes.
  const Term numbers =
      pending_between(rethinkdb::table(table.database, table.table), std::nullopt, std::nullopt)
          .then(TermType::pluck, {Term::object({{journal_name, Term::array({"n"})}})});
  const Term stays = var(in::document)["new_val"].then(TermType::ne, {Term::null()});
  return numbers.then(TermType::changes)
      .then(TermType::filter, {func({in::document}, stays)})
      .then(TermType::map, {func({in::document}, 1)});
}

Term release(const TableNames& table, const std::vector<Taken>& taken, std::uint64_t told,
             const std::string& by) {
  const Term before = var(in::document)["told"];
  const Term raised =
      func({in::document},
           Term::object(
               {{"released", var(in::document)["released"].then(TermType::add, {1})},
                {"by", by},
                {"told", branch(before.then(TermType::gt, {whole(told)}), before, whole(told))}}));
  const Term counter = registered(table, raised);
  std::vector<Term> numbers;
  std::vector<Taken> missing;
  for (const Taken& each : taken) {
    if (each.is_missing) missing.push_back(each);
    if (each.is_missing) continue;
    numbers.push_back(Term::object({{table.primary_key, Term::value(each.key)},
                                    {journal_name, Term::object({{"n", whole(each.number)}})}}));
  }
  const Term is_left = var(in::note)["n"].then(TermType::gt, {var(in::newer)[journal_name]["n"]});
  const Term rest =
      var(in::older)[journal_name]["log"].then(TermType::filter, {func({in::note}, is_left)});
  const Term log = Term::call(TermType::literal, {rest});
  const Term pruned = var(in::older).then(
      TermType::merge, {Term::object({{journal_name, Term::object({{"log", log}})}})});
  const Term written = rethinkdb::table(table.database, table.table)
                           .then(TermType::insert, {Term::array(numbers)},
                                 {{"durability", "hard"},
                                  {"conflict", func({in::id, in::older, in::newer}, pruned)}});
  std::vector<Term> steps{counter["changes"].then(TermType::nth, {0})["new_val"]["released"]};
  steps.push_back(written);
  if (!missing.empty()) steps.push_back(forget_keys(table, missing));
  return Term::array(steps);
}

Term note_doubt(const TableNames& table, const std::string& doubt, std::uint64_t released) {
  const Term later = var(in::document)["released"].then(TermType::gt, {whole(released)});
  return registered(table, func({in::document},
                                branch(later, Term::object({}), Term::object({{"doubt", doubt}}))));
}

Term settle_doubt(const TableNames& table) {
  return registered(table, Term::object({{"doubt", ""}}));
}

Term purge(const TableNames& table, std::uint64_t up_to, std::size_t count) {
  // Somebody may insert it again after the index was read.
  const Term journal = var(in::document)[journal_name];
  const Term is_old =
      journal["gone"]
          .then(TermType::logical_and, {journal["n"].then(TermType::le, {whole(up_to)})})
          .then(TermType::default_to, {false});
  const Term unless_back = func({in::document}, branch(is_old, Term::null(), var(in::document)));
  return indexed(rethinkdb::table(table.database, table.table),
                 Term::array({deleted_mark, minval()}), Term::array({deleted_mark, whole(up_to)}),
                 "closed")
      .then(TermType::limit, {whole(count)})
      .then(TermType::replace, {unless_back}, {{"durability", "soft"}});
}

}  // namespace headwater::rethinkdb
