#include "src/sources/rethinkdb/prepare.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "src/event/encoding.h"
#include "src/json/json.h"
#include "src/sources/rethinkdb/journal/hook.h"
#include "src/sources/rethinkdb/journal/known_keys.h"
#include "src/sources/rethinkdb/journal/names.h"
#include "src/sources/rethinkdb/journal/standing.h"
#include "src/sources/rethinkdb/journal/stored_function.h"

namespace headwater::rethinkdb {
namespace {

using Kind = Finding::Kind;

constexpr int document = 1;  // a variable

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

/// The answer to a query that has no value of interest.
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

Error taken(const SourceOptions& options, const std::string& by) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.taken",
          .message = options.words() + " is followed by the relay " + by +
                     ", and its journal has one reader",
          .next =
              "read that relay's stream instead, or `headwater init -c FILE --remove` with its "
              "configuration"};
}

/// A table of ours, on as many servers as the followed one. Makes it if it is not there.
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

/// The user's own hook, as the server stored it.
struct Foreign {
  Term binary = Term::null();
  std::optional<Term> function{};
};

Result<Foreign> foreign_hook(const Json& config, bool is_ours, const Json& registration) {
  Foreign foreign;
  // What is registered beside a hook of ours is what was there before it.
  const Json& binary = is_ours ? registration["before"] : config["write_hook"]["function"];
  if (binary.is_null()) return foreign;
  const auto bytes = base64_decoded(binary["data"].text().value_or(""));
  auto function = function_in(bytes.value_or(""));
  if (!function) return failed(function);
  foreign.binary = Term::value(binary.dump());
  foreign.function = *std::move(function);
  return foreign;
}

struct Prepared {
  Json config;
  Standing standing;
  Json registration;
};

Result<Prepared> look(Session& session) {
  const SourceOptions& options = session.options();
  auto config = asked(session, followed(options).then(TermType::config));
  if (!config) return failed(config);
  auto made = make_table(session, *config, std::string(register_name));
  if (!made) return failed(made);
  auto standing = standing_of(session, {});
  if (!standing) return failed(standing);
  auto registration =
      asked(session, registrations(options).then(TermType::get, {standing->names.id}));
  if (!registration) return failed(registration);
  return Prepared{.config = *std::move(config),
                  .standing = *std::move(standing),
                  .registration = *std::move(registration)};
}

/// Registers the journal first, so that a relay knows that a hook is missing.
Result<void> install_hook(Session& session, const std::string& relay, const Prepared& found,
                          bool is_new) {
  const SourceOptions& options = session.options();
  const bool is_ours = !found.standing.kept.empty();
  auto foreign = foreign_hook(found.config, is_ours, found.registration);
  if (!foreign) return failed(foreign);
  std::string journal = found.standing.kept;
  if (is_new) {
    auto made = asked(session, Term::call(TermType::uuid, {}));
    if (!made) return failed(made);
    journal = made->text().value_or("");
  }
  const bool removal = options.deletes == Deletes::scan;
  const Term entry = Term::object(
      {{"id", found.standing.names.id},
       {"relay", relay},
       {"journal", journal},
       {"primary_key", found.config["primary_key"].text().value_or("id")},
       {"released",
        static_cast<std::int64_t>(found.registration["released"].unsigned_integer().value_or(0))},
       {"told",
        static_cast<std::int64_t>(found.registration["told"].unsigned_integer().value_or(0))},
       {"removal", removal},
       {"before", foreign->binary}});
  auto registered =
      done(session, registrations(options).then(TermType::insert, {entry},
                                                {{"conflict", "replace"}, {"durability", "hard"}}));
  if (!registered) return registered;
  return done(session, followed(options).then(TermType::set_write_hook,
                                              {hook_function({.journal = journal,
                                                              .allows_removal = removal,
                                                              .before = foreign->function})}));
}

Result<bool> install_index(Session& session, const Prepared& found) {
  const SourceOptions& options = session.options();
  const std::string key(found.config["primary_key"].text().value_or("id"));
  if (!found.standing.has_index) {
    auto made = done(session, followed(options).then(TermType::index_create,
                                                     {journal_name, index_function(key)}));
    if (!made) return failed(made);
  }
  auto built = done(session, followed(options).then(TermType::index_wait, {journal_name}));
  if (!built) return failed(built);
  return !found.standing.has_index;
}

/// Runs what `step` makes of some documents, a page after the other in the order of the keys.
Result<void> with_each_page(Session& session, const std::string& primary_key,
                            const std::function<Term(const Term& page)>& step) {
  constexpr std::int64_t at_once = 500;
  Term low = minval();
  for (;;) {
    const Term page = followed(session.options())
                          .then(TermType::between, {low, maxval()},
                                {{"left_bound", "open"}, {"right_bound", "closed"}})
                          .then(TermType::order_by, {}, {{"index", primary_key}})
                          .then(TermType::limit, {at_once});
    const Term keys = page.then(TermType::map, {func({document}, var(document)[primary_key])})
                          .then(TermType::coerce_to, {"array"});
    const Term last = keys.then(TermType::nth, {-1}).then(TermType::default_to, {Term::null()});
    auto stepped = asked(session, Term::array({last, step(page)}));
    if (!stepped) return failed(stepped);
    if ((*stepped)[0].is_null()) return {};
    low = Term::value((*stepped)[0].dump());
  }
}

/// Documents lose their journals, or go if they are marked as deleted.
Result<void> strip_documents(Session& session, const std::string& primary_key) {
  const Term gone = var(document)[journal_name]["gone"].then(TermType::default_to, {false});
  const Term stripped =
      func({document},
           branch(gone, Term::null(), var(document).then(TermType::without, {journal_name})));
  auto done_all = with_each_page(session, primary_key, [&](const Term& page) {
    return page.then(TermType::replace, {stripped}, {{"durability", "soft"}});
  });
  if (!done_all) return done_all;
  return done(session, followed(session.options()).then(TermType::sync));
}

/// A document that is deleted before anything of it is published is missed by a scan, too.
Result<void> note_documents(Session& session, const Prepared& found) {
  const std::string known = known_keys_name(found.standing.names.id);
  if (auto made = make_table(session, found.config, known); !made) return made;
  TableNames names = found.standing.names;
  names.primary_key = found.config["primary_key"].text().value_or("id");
  return with_each_page(session, names.primary_key,
                        [&](const Term& page) { return note_page(names, page); });
}

}  // namespace

Result<Report> prepare(Session& session, const std::string& relay) {
  const SourceOptions& options = session.options();
  auto found = look(session);
  if (!found) return failed(found);
  const auto& registered = found->standing.registered;
  if (registered && registered->relay != relay) return fail(taken(options, registered->relay));
  const bool is_kept =
      registered && !found->standing.kept.empty() && found->standing.kept == registered->journal;
  const bool removal = options.deletes == Deletes::scan;
  if (!is_kept || found->registration["removal"].boolean() != removal) {
    if (auto installed = install_hook(session, relay, *found, !is_kept); !installed)
      return failed(installed);
  }
  auto indexed = install_index(session, *found);
  if (!indexed) return failed(indexed);
  if (removal) {
    if (auto noted = note_documents(session, *found); !noted) return failed(noted);
  }
  Report report;
  const std::string words = "table " + options.words();
  report.push_back({.what = words + (is_kept ? ": its write hook keeps the journal already"
                                             : ": its write hook keeps the journal from now on")});
  if (*indexed)
    report.push_back({.what = words + ": index " + std::string(journal_name) + " built"});
  if (removal) {
    report.push_back({.what = "table " + known_keys_name(found->standing.names.id) +
                              ": notes the keys, for the scan"});
  }
  return report;
}

Result<Report> remove(Session& session, const std::string& relay) {
  const SourceOptions& options = session.options();
  auto found = look(session);
  if (!found) return failed(found);
  const auto& registered = found->standing.registered;
  if (registered && registered->relay != relay) return fail(taken(options, registered->relay));
  const std::string key(found->config["primary_key"].text().value_or("id"));
  if (!found->standing.kept.empty()) {
    const Term before = Term::value(found->registration["before"].dump());
    if (auto unset = done(session, followed(options).then(TermType::set_write_hook, {before}));
        !unset)
      return failed(unset);
  }
  if (found->standing.has_index) {
    if (auto dropped = done(session, followed(options).then(TermType::index_drop, {journal_name}));
        !dropped)
      return failed(dropped);
  }
  if (auto stripped = strip_documents(session, key); !stripped) return failed(stripped);
  if (auto gone = done(session, registrations(options)
                                    .then(TermType::get, {found->standing.names.id})
                                    .then(TermType::remove));
      !gone)
    return failed(gone);
  auto forgotten = drop_table(session, known_keys_name(found->standing.names.id));
  if (!forgotten) return failed(forgotten);
  auto rest = asked(session, registrations(options).then(TermType::is_empty));
  if (!rest) return failed(rest);
  if (rest->boolean().value_or(false)) {
    auto dropped = drop_table(session, std::string(register_name));
    if (!dropped) return failed(dropped);
  }
  return Report{{.what = "table " + options.words() +
                         ": hook, index and journal removed, documents as they would be without"}};
}

}  // namespace headwater::rethinkdb
