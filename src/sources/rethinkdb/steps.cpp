#include "src/sources/rethinkdb/steps.h"

#include <algorithm>
#include <utility>

#include "src/sources/rethinkdb/journal/names.h"

namespace headwater::rethinkdb {
namespace {

constexpr int row = 1;  // a variable

/// The keys of some documents after one, in their order, and how many changes each has pending.
Term page_of_keys(const SourceOptions& options, const std::string& primary_key, const Term& after) {
  constexpr std::int64_t at_once = 500;
  const Term pending =
      var(row)[journal_name]["log"].then(TermType::count).then(TermType::default_to, {0});
  return followed(options)
      .then(TermType::between, {after, maxval()},
            {{"left_bound", "open"}, {"right_bound", "closed"}})
      .then(TermType::order_by, {}, {{"index", primary_key}})
      .then(TermType::limit, {at_once})
      .then(TermType::map, {func({row}, Term::array({var(row)[primary_key], pending}))})
      .then(TermType::coerce_to, {"array"});
}

}  // namespace

Term followed(const SourceOptions& options) { return table(options.database, options.table); }
Term registrations(const SourceOptions& options) { return table(options.database, register_name); }
Term database(const SourceOptions& options) { return Term::call(TermType::db, {options.database}); }

Result<Json> asked(Session& session, const Term& term) {
  auto results = session.ask(term, {});
  if (!results) return failed(results);
  auto json = Json::parse(results->one());
  if (!json) return fail(bad_message("the answer is not JSON"));
  return *std::move(json);
}

Result<void> done(Session& session, const Term& term) {
  auto results = session.ask(term, {});
  if (!results) return failed(results);
  const auto json = Json::parse(results->one());
  const auto error = json ? (*json)["first_error"].text() : std::nullopt;
  if (!error) return {};
  return fail({.remedy = Remedy::stop,
               .origin = Origin::source,
               .name = "source.refused",
               .message = "the server refused a write: " + std::string(*error),
               .next = "headwater check -c FILE"});
}

Result<void> make_table(Session& session, const Json& config, const std::string& name) {
  const SourceOptions& options = session.options();
  const auto replicas = std::max<std::size_t>(1, config["shards"][0]["replicas"].size());
  const Term make = database(options).then(TermType::table_create, {name},
                                           {{"replicas", static_cast<std::int64_t>(replicas)}});
  const Term exists = database(options).then(TermType::table_list).then(TermType::contains, {name});
  auto made = asked(session, branch(exists, Term::null(), make));
  if (!made) return failed(made);
  return done(session, table(options.database, name).then(TermType::wait));
}

Result<void> drop_table(Session& session, const std::string& name) {
  const Term owner = database(session.options());
  const Term exists = owner.then(TermType::table_list).then(TermType::contains, {name});
  return done(session, branch(exists, owner.then(TermType::table_drop, {name}), Term::null()));
}

Result<std::uint64_t> with_each_part(Session& session, const std::string& primary_key,
                                     const std::function<Term(const Term& documents)>& step) {
  std::uint64_t pending = 0;
  for (Term low = minval();;) {
    auto page = asked(session, page_of_keys(session.options(), primary_key, low));
    if (!page) return failed(page);
    if (page->size() == 0) return pending;
    for (const Json& each : page->elements()) pending += each[1].unsigned_integer().value_or(0);
    const Term high = Term::value((*page)[page->size() - 1][0].dump());
    const Term documents = followed(session.options())
                               .then(TermType::between, {low, high},
                                     {{"left_bound", "open"}, {"right_bound", "closed"}});
    if (auto stepped = done(session, step(documents)); !stepped) return failed(stepped);
    low = high;
  }
}

}  // namespace headwater::rethinkdb
