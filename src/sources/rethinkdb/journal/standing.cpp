#include "src/sources/rethinkdb/journal/standing.h"

#include <utility>

#include "src/json/json.h"
#include "src/sources/rethinkdb/journal/names.h"

namespace headwater::rethinkdb {
namespace {

constexpr int table_id = 1;  // a variable

Error stop_error(std::string name, std::string message, std::string next) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = std::move(name),
          .message = std::move(message),
          .next = std::move(next)};
}

Error not_prepared(const std::string& words) {
  return stop_error("source.not_prepared", words + " is not prepared: it has no journal",
                    "headwater init -c FILE");
}

/// [the table's id, what the hook says, the indexes, the registration, the time, a new name]
Term question(const SourceOptions& options) {
  const Term followed = table(options.database, options.table);
  // A hook says its name when it refuses a new document with a journal. Who may not configure a table
  // cannot ask for its hook. Without a hook, the write is refused because the key is another. No
  // document has a new uuid as its key.
  const Term refused = Term::object({{"id", "another"}, {journal_name, Term::object({})}});
  const Term hook = followed.then(TermType::get, {Term::call(TermType::uuid, {})})
                        .then(TermType::replace, {refused});
  const Term registered = table(options.database, register_name, {{"read_mode", "majority"}})
                              .then(TermType::get, {var(table_id)});
  const Term now = Term::call(TermType::now, {}).then(TermType::to_epoch_time);
  const Term all = Term::array({var(table_id), hook, followed.then(TermType::index_status),
                                registered, now, Term::call(TermType::uuid, {})});
  return Term::call(TermType::funcall,
                    {func({table_id}, all), followed.then(TermType::status)["id"]});
}

std::string journal_kept(const Json& answer) {
  const auto said = answer["first_error"].text().value_or("");
  // The server has its own words before it.
  const auto at = said.find(hook_says);
  return at == std::string_view::npos ? std::string()
                                      : std::string(said.substr(at + hook_says.size()));
}

std::optional<Registration> registration_in(const Json& json) {
  const auto text = [&](const char* name) { return std::string(json[name].text().value_or("")); };
  if (!json.is_object()) return std::nullopt;
  return Registration{.relay = text("relay"),
                      .journal = text("journal"),
                      .released = json["released"].unsigned_integer().value_or(0),
                      .told = json["told"].unsigned_integer().value_or(0),
                      .by = text("by"),
                      .index = std::string(json["index"]["data"].text().value_or("")),
                      .doubt = text("doubt")};
}

}  // namespace

Result<Standing> standing_of(Session& session, const std::stop_token& stop) {
  const SourceOptions& options = session.options();
  auto answer = session.ask(question(options), stop);
  if (!answer) {
    const std::string missing =
        "Table `" + options.database + "." + std::string(register_name) + "` does not exist";
    if (answer.error().message.find(missing) != std::string::npos)
      return fail(not_prepared(options.words()));
    return failed(answer);
  }
  const auto json = Json::parse(answer->one());
  if (!json || json->size() != 6) return fail(bad_message("the answer is not what was asked for"));
  Standing standing{.names = {.database = options.database, .table = options.table}};
  standing.names.id = (*json)[0].text().value_or("");
  standing.kept = journal_kept((*json)[1]);
  for (const Json& index : (*json)[2].elements()) {
    if (index["index"].text() != journal_name) continue;
    standing.has_index = true;
    standing.index_function = index["function"]["data"].text().value_or("");
    standing.index_ready = index["ready"].boolean().value_or(false);
  }
  standing.registered = registration_in((*json)[3]);
  standing.names.primary_key = (*json)[3]["primary_key"].text().value_or("id");
  standing.fresh = (*json)[5].text().value_or("");
  standing.now_ms = static_cast<std::uint64_t>((*json)[4].real().value_or(0) * 1000);
  return standing;
}

bool has_sound_index(const Standing& standing) {
  return standing.has_index && standing.registered &&
         standing.index_function == standing.registered->index;
}

Result<void> check_relay(const Standing& standing, const std::string& relay) {
  if (!standing.registered || standing.registered->relay == relay) return {};
  return fail(stop_error("source.taken",
                         standing.names.database + "." + standing.names.table +
                             " is followed by the relay " + standing.registered->relay +
                             ", and its journal has one reader",
                         "read that relay's stream instead, or `headwater init -c FILE --remove` "
                         "with its configuration"));
}

Result<void> check_standing(const Standing& standing, const std::string& relay) {
  const std::string words = standing.names.database + "." + standing.names.table;
  if (!standing.registered) return fail(not_prepared(words));
  const Registration& registered = *standing.registered;
  if (auto ours = check_relay(standing, relay); !ours) return ours;
  if (standing.kept != registered.journal) {
    return fail(stop_error(
        "source.hook_changed",
        standing.kept.empty()
            ? "the write hook of " + words +
                  " is not Headwater's, so its journal misses what was written since it was changed"
            : "the write hook of " + words +
                  " keeps another journal than the one that is registered",
        "headwater init -c FILE, which installs it again and keeps the other one; then see "
        "`on_lost_position`. reconfigure() takes write hooks away; config().update({shards: …}) "
        "does the same without that"));
  }
  if (!has_sound_index(standing)) {
    return fail(stop_error(
        "source.index_dropped",
        "the index " + std::string(journal_name) + " of " + words +
            (standing.has_index ? " is not the one that Headwater made" : " was dropped") +
            "; nothing is lost",
        "headwater init -c FILE, which makes it again"));
  }
  if (!standing.index_ready) {
    return fail({.remedy = Remedy::retry,
                 .origin = Origin::source,
                 .name = "source.unavailable",
                 .message = "the index " + std::string(journal_name) + " of " + words +
                            " is still being built",
                 .next = {}});
  }
  return {};
}

}  // namespace headwater::rethinkdb
