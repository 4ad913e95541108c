#include "src/cli/configured.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "src/cli/adapters.h"
#include "src/cli/exit_code.h"
#include "src/config/nearest.h"

namespace headwater::cli {
namespace {

Error refused(const std::string& relay, const std::string& why, const std::string& next) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "config.several_relays",
          .message = "relay '" + relay + "' " + why,
          .next = next};
}

/// One relay for each thing its source follows: "shop.orders" of relay "a" is relay
/// "a.shop.orders".
Result<std::vector<ConfiguredRelay>> make_relays(config::RelayConfig config, const Clock& clock) {
  const std::string source = config.source.only_key(source_names());
  const std::string stream = config.stream.only_key(stream_names());
  if (source.empty() || stream.empty()) {
    auto whole = config.whole.finish();
    if (!whole) return fail(std::move(whole.error()));
  }
  auto sources = make_sources(source, config.source.child(source), clock);
  if (!sources) return fail(std::move(sources.error()));
  std::vector<ConfiguredRelay> relays;
  for (NamedSource& each : *sources) {
    auto made_stream = make_stream(stream, config.stream.child(stream), clock);
    if (!made_stream) return fail(std::move(made_stream.error()));
    if (sources->size() > 1 && !(*made_stream)->takes_several_relays()) {
      return fail(refused(config.name,
                          "follows several things, and stream '" + stream + "' takes one relay",
                          "write a relay of its own for each, with a stream of its own"));
    }
    std::string name = each.name.empty() ? config.name : config.name + "." + each.name;
    if (!config::is_relay_name(name)) {
      return fail(refused(config.name,
                          "would have a part named '" + name +
                              "', which is no name of a relay (64 letters, digits, "
                              "'-', '_' or '.')",
                          "write a relay with a name of its own for it, under `relays:`"));
    }
    relays.push_back({.name = std::move(name),
                      .on_conflict = config.on_conflict,
                      .takeover_after = config.takeover_after,
                      .source = std::move(each.adapter),
                      .stream = *std::move(made_stream)});
  }
  if (auto whole = config.whole.finish(); !whole) return fail(std::move(whole.error()));
  return relays;
}

std::string shell_word(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_-./=:,+@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

void add_log_options(CLI::App& command, Program& program) {
  struct Choice {
    std::string format = "text";
    std::string level = "info";
  };
  auto choice = std::make_shared<Choice>();
  command.add_option("--log", choice->format, "Log as text or as JSON, one object a line [text]")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}).description(""));
  command.add_option("--log-level", choice->level, "Least level to log [info]")
      ->type_name("debug|info|warn|error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}).description(""));
  command.parse_complete_callback([choice, &program] {
    const std::map<std::string, LogLevel> levels{{"debug", LogLevel::debug},
                                                 {"info", LogLevel::info},
                                                 {"warn", LogLevel::warn},
                                                 {"error", LogLevel::err}};
    program.log.configure(choice->format == "json" ? LogFormat::json : LogFormat::text,
                          levels.at(choice->level));
  });
}

void add_target(CLI::App& command, Target& target, Program& program) {
  command.add_option("-c,--config", target.file, "The configuration file")
      ->type_name("FILE")
      ->required();
  command.add_option("--relay", target.relay, "Only this relay of the file")->type_name("NAME");
  add_log_options(command, program);
}

Result<std::vector<ConfiguredRelay>> configured_relays(const Target& target, const Clock& clock) {
  auto configs = config::load(target.file);
  if (!configs) return fail(std::move(configs.error()));
  std::vector<ConfiguredRelay> relays;
  std::vector<std::string> names;
  for (config::RelayConfig& config : *configs) {
    const std::string name = config.name;
    auto made = make_relays(std::move(config), clock);
    if (!made) return fail(std::move(made.error()));
    for (ConfiguredRelay& relay : *made) {
      names.push_back(relay.name);
      const bool chosen =
          target.relay.empty() || target.relay == relay.name || target.relay == name;
      if (chosen) relays.push_back(std::move(relay));
    }
  }
  if (relays.empty()) {
    return fail({.name = "config.unknown_relay",
                 .message = target.file + " has no relay '" + target.relay + "'" +
                            config::suggestion(target.relay, names, "names"),
                 .next = "give one of its names: --relay " + names.front()});
  }
  return relays;
}

Result<ConfiguredRelay> configured_relay(const Target& target, const Clock& clock) {
  auto relays = configured_relays(target, clock);
  if (!relays) return fail(std::move(relays.error()));
  if (relays->size() == 1) return std::move(relays->front());
  std::string names;
  for (const ConfiguredRelay& relay : *relays) names += (names.empty() ? "" : ", ") + relay.name;
  return fail({.name = "config.several_relays",
               .message = target.file + " has several relays (" + names + "); say which",
               .next = "add --relay " + relays->front().name});
}

std::string addressed(std::string text, const Target& target, const std::string& relay) {
  const std::string place = "-c FILE";
  std::string words = "-c " + shell_word(target.file);
  const std::string& name = relay.empty() ? target.relay : relay;
  if (!name.empty()) words += " --relay " + shell_word(name);
  for (std::size_t at = text.find(place); at != std::string::npos;
       at = text.find(place, at + words.size())) {
    text.replace(at, place.size(), words);
  }
  return text;
}

Error addressed(Error error, const Target& target, const std::string& relay) {
  error.next = addressed(std::move(error.next), target, relay);
  return error;
}

int end_with(const Error& error, const Target& target, Log& log, const std::string& relay) {
  log.failure(relay, addressed(error, target, relay));
  return exit_code(error);
}

}  // namespace headwater::cli
