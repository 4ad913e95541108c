#include "src/sources/rethinkdb/prepare.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "src/json/json.h"
#include "src/sources/rethinkdb/foreign_hook.h"
#include "src/sources/rethinkdb/journal/hook.h"
#include "src/sources/rethinkdb/journal/known_keys.h"
#include "src/sources/rethinkdb/journal/names.h"
#include "src/sources/rethinkdb/journal/standing.h"
#include "src/sources/rethinkdb/steps.h"

namespace headwater::rethinkdb {
namespace {

using Kind = Finding::Kind;

constexpr int document = 1;  // a variable

struct Prepared {
  Json config;
  Standing standing;  ///< With the primary key, also of a table that is not registered.
  Json registration;
};

Result<Prepared> look(Session& session, const std::string& relay, bool removes) {
  const SourceOptions& options = session.options();
  auto config = asked(session, followed(options).then(TermType::config));
  if (!config) return failed(config);
  if (auto callable = removes ? Result<void>() : check_callable(*config); !callable)
    return failed(callable);
  auto made = make_table(session, *config, std::string(register_name));
  if (!made) return failed(made);
  auto standing = standing_of(session, {});
  if (!standing) return failed(standing);
  if (auto ours = check_relay(*standing, relay); !ours) return failed(ours);
  standing->names.primary_key = (*config)["primary_key"].text().value_or("id");
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
  auto foreign = foreign_hook(options, found.config, is_ours, found.registration);
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
       {"primary_key", found.standing.names.primary_key},
       {"released",
        static_cast<std::int64_t>(found.registration["released"].unsigned_integer().value_or(0))},
       {"told",
        static_cast<std::int64_t>(found.registration["told"].unsigned_integer().value_or(0))},
       {"removal", removal},
       {"before", foreign->binary},
       {"doubt", found.registration["doubt"].text().value_or("")},
       {"index", Term::value(found.registration["index"].dump())}});
  auto registered =
      done(session, registrations(options).then(TermType::insert, {entry},
                                                {{"conflict", "replace"}, {"durability", "hard"}}));
  if (!registered) return registered;
  return done(session, followed(options).then(TermType::set_write_hook,
                                              {hook_function({.journal = journal,
                                                              .allows_removal = removal,
                                                              .before = foreign->function})}));
}

/// An index that somebody else made is dropped. Registers what the server says of the function, by
/// which a relay knows the index.
Result<bool> install_index(Session& session, const Prepared& found) {
  const SourceOptions& options = session.options();
  const std::string& key = found.standing.names.primary_key;
  const bool is_there = has_sound_index(found.standing);
  if (!is_there && found.standing.has_index) {
    auto dropped = done(session, followed(options).then(TermType::index_drop, {journal_name}));
    if (!dropped) return failed(dropped);
  }
  if (!is_there) {
    auto made = done(session, followed(options).then(TermType::index_create,
                                                     {journal_name, index_function(key)}));
    if (!made) return failed(made);
  }
  auto built =
      asked(session,
            followed(options).then(TermType::index_wait, {journal_name}).then(TermType::nth, {0}));
  if (!built) return failed(built);
  const Term function = Term::object({{"index", Term::value((*built)["function"].dump())}});
  auto registered =
      done(session, registrations(options)
                        .then(TermType::get, {found.standing.names.id})
                        .then(TermType::update, {function}, {{"durability", "hard"}}));
  if (!registered) return failed(registered);
  return !is_there;
}

/// Documents lose their journals, or go if they are marked as deleted. Returns how many changes were
/// pending. No hook is called, so the one from before neither changes a document nor refuses.
Result<std::uint64_t> strip_documents(Session& session, const std::string& primary_key) {
  const Term gone = var(document)[journal_name]["gone"].then(TermType::default_to, {false});
  const Term stripped =
      func({document},
           branch(gone, Term::null(), var(document).then(TermType::without, {journal_name})));
  auto pending = with_each_part(session, primary_key, [&](const Term& documents) {
    return documents.then(TermType::replace, {stripped},
                          {{"durability", "soft"}, {"ignore_write_hook", true}});
  });
  if (!pending) return pending;
  auto synced = done(session, followed(session.options()).then(TermType::sync));
  if (!synced) return failed(synced);
  return pending;
}

/// A document that is deleted before anything of it is published is missed by a scan, too.
Result<void> note_documents(Session& session, const Prepared& found) {
  const std::string known = known_keys_name(found.standing.names.id);
  if (auto made = make_table(session, found.config, known); !made) return made;
  const TableNames& names = found.standing.names;
  auto noted = with_each_part(session, names.primary_key,
                              [&](const Term& documents) { return note_page(names, documents); });
  if (!noted) return failed(noted);
  return {};
}

}  // namespace

Result<Report> prepare(Session& session, const std::string& relay) {
  const SourceOptions& options = session.options();
  auto found = look(session, relay, false);
  if (!found) return failed(found);
  const auto& registered = found->standing.registered;
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
  const bool calls =
      !is_kept && found->config["write_hook"].is_null() && !found->registration["before"].is_null();
  if (calls) {
    report.push_back({.kind = Kind::note,
                      .what = words + ": the write hook that was there before is called again",
                      .next = "to do without it: headwater init -c FILE --remove, "
                              "set_write_hook(null), headwater init -c FILE"});
  }
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
  auto found = look(session, relay, true);
  if (!found) return failed(found);
  const bool is_ours = !found->standing.kept.empty();
  if (is_ours || found->config["write_hook"].is_null()) {
    auto before = foreign_hook(options, found->config, is_ours, found->registration);
    if (!before) return failed(before);
    if (auto unset =
            done(session, followed(options).then(TermType::set_write_hook, {before->binary}));
        !unset)
      return failed(unset);
  }
  if (found->standing.has_index) {
    if (auto dropped = done(session, followed(options).then(TermType::index_drop, {journal_name}));
        !dropped)
      return failed(dropped);
  }
  auto pending = strip_documents(session, found->standing.names.primary_key);
  if (!pending) return failed(pending);
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
  Report report{{.what = "table " + options.words() +
                         ": hook, index and journal removed, documents as they would be without"}};
  if (*pending != 0) {
    report.push_back(
        {.kind = Kind::note,
         .what = "table " + options.words() + ": " + std::to_string(*pending) +
                 " changes were still in the journal, most of them probably not published",
         .next = "next time, let the relay run until `headwater status -c FILE` shows no lag "
                 "before you remove it"});
  }
  return report;
}

}  // namespace headwater::rethinkdb
