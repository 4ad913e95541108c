#include "src/cli/configured.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <set>
#include <utility>

#include "src/adapters/registry.h"
#include "src/base/nearest.h"
#include "src/base/shell_word.h"
#include "src/cli/command_line.h"
#include "src/cli/exit_code.h"
#include "src/cli/log.h"
#include "src/cli/program.h"
#include "src/cli/split.h"
#include "src/cli/standby.h"

namespace headwater::cli {
namespace {

Result<std::unique_ptr<StreamAdapter>> make_dead_letters(config::RelayConfig& config,
                                                         const Clock& clock) {
  const std::string kind = adapters::chosen(config.dead_letters, adapters::stream_names());
  if (kind.empty()) return std::unique_ptr<StreamAdapter>();
  return adapters::make_stream(kind, config.dead_letters.child(kind), clock);
}

/// Reads the sections of a relay that has nothing to follow: in a survey, a source may not know yet
/// what that will be.
Result<void> read_other_sections(config::RelayConfig& config, const std::string& stream,
                                 const Clock& clock) {
  auto made = adapters::make_stream(stream, config.stream.child(stream), clock);
  if (!made) return failed(made);
  if (!config.whole.has("dead_letters")) return {};
  auto letters = make_dead_letters(config, clock);
  if (!letters) return failed(letters);
  return {};
}

Result<std::vector<ConfiguredRelay>> make_relays(config::RelayConfig config, const Clock& clock) {
  const std::string source = adapters::chosen(config.source, adapters::source_names());
  const std::string stream = adapters::chosen(config.stream, adapters::stream_names());
  if (source.empty() || stream.empty()) {
    auto whole = config.whole.finish();
    if (!whole) return failed(whole);
  }
  auto made = adapters::make_sources(source, config.source.child(source), clock);
  if (!made) return failed(made);
  if (made->empty()) {
    if (auto read = read_other_sections(config, stream, clock); !read) return failed(read);
  }
  auto relays = split(config, *std::move(made), [&] {
    return adapters::make_stream(stream, config.stream.child(stream), clock);
  });
  for (std::size_t i = 0; relays && i < relays->size() && config.whole.has("dead_letters"); ++i) {
    auto letters = make_dead_letters(config, clock);
    if (!letters) return failed(letters);
    (*relays)[i].dead_letters = *std::move(letters);
  }
  // Without a source it cannot be read, and would be an unknown key.
  if (!relays && config.whole.has("standby")) return relays;
  for (std::size_t i = 0; relays && i < relays->size(); ++i) {
    (*relays)[i].hint = read_standby(config.whole, *(*relays)[i].source);
  }
  if (config.whole.has("materialize")) {
    auto copy = read_copy(config.materialize, clock);
    if (!copy) {
      // A misspelt key elsewhere is named first.
      auto whole = config.whole.finish();
      return whole ? failed(copy) : failed(whole);
    }
    copy->name = config.name;
    if (relays) {
      for (ConfiguredRelay& relay : *relays) relay.copy = *copy;
    }
  }
  if (auto whole = config.whole.finish(); !whole) return failed(whole);
  return relays;
}

/// A part of one relay may have the name of another relay.
Result<void> check_names(const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (seen.insert(name).second) continue;
    return fail({.name = "config.duplicate_relay",
                 .message = "two relays would be named '" + name + "'",
                 .next = "give one of them another name under `relays:`"});
  }
  return {};
}

/// Whether two paths name the same file: a link, another spelling, or a file that does not exist
/// yet.
bool same_file(const std::string& a, const std::string& b) {
  std::error_code unknown;
  if (std::filesystem::equivalent(a, b, unknown)) return true;
  // A path to a file that does not exist yet stays relative if it was.
  const auto whole = [&](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, unknown), unknown);
  };
  return whole(a) == whole(b);
}

/// No relay's stream may write into a database.
Result<void> check_files(const std::vector<ConfiguredRelay>& relays) {
  for (const ConfiguredRelay& writing : relays) {
    const std::string stream = writing.stream->file();
    for (const ConfiguredRelay& reading : relays) {
      const std::string database = reading.source->file();
      if (stream.empty() || database.empty()) continue;
      // SQLite's files next to it belong to the database, too.
      const bool same = std::ranges::any_of(
          std::array{"", "-wal", "-shm", "-journal"},
          [&](const char* suffix) { return same_file(stream, database + suffix); });
      if (!same) continue;
      return fail({.name = "config.stream_is_source",
                   .message = "the stream of relay '" + writing.name + "' (" + stream +
                              ") is the database that relay '" + reading.name + "' follows",
                   .next = "give the stream its own path: stream: { embedded: { path: ... } }"});
    }
  }
  return {};
}

/// A copy may be neither a database that a relay follows nor a stream.
Result<void> check_copies(const std::vector<ConfiguredRelay>& relays) {
  for (const ConfiguredRelay& copied : relays) {
    const std::string copy = copied.copy ? copied.copy->target->file() : "";
    for (const ConfiguredRelay& relay : relays) {
      for (const std::string& file : {relay.source->file(), relay.stream->file()}) {
        if (copy.empty() || file.empty() || !same_file(copy, file)) continue;
        return fail({.name = "config.copy_is_source",
                     .message = "the copy of relay '" + copied.name + "' (" + copy +
                                ") is the database or the stream of relay '" + relay.name + "'",
                     .next = "give the copy its own path: materialize: { into: { sqlite: { path: "
                             "... } } }"});
      }
    }
  }
  return {};
}

bool same_stream(const StreamAdapter& a, const StreamAdapter& b) {
  if (a.file().empty() || b.file().empty()) return a.describe() == b.describe();
  return same_file(a.file(), b.file());
}

/// Dead letters among the events would be events for every consumer.
Result<void> check_dead_letters(const std::vector<ConfiguredRelay>& relays) {
  for (const ConfiguredRelay& one : relays) {
    if (!one.dead_letters) continue;
    for (const ConfiguredRelay& other : relays) {
      const std::string file = one.dead_letters->file();
      const bool taken =
          same_stream(*one.dead_letters, *other.stream) ||
          (!file.empty() && !other.source->file().empty() && same_file(file, other.source->file()));
      if (!taken) continue;
      return fail({.name = "config.dead_letters_taken",
                   .message = "the dead letters of relay '" + one.name + "' (" +
                              one.dead_letters->describe() + ") would go to what relay '" +
                              other.name + "' reads or writes",
                   .next = "give dead_letters a stream of its own"});
    }
  }
  return {};
}

/// Two relays in a stream that can only fence one would both stop, or worse. Two relays that
/// publish the same change would publish it twice.
Result<void> check_pair(const ConfiguredRelay& one, const ConfiguredRelay& other) {
  const StreamAdapter& stream = *one.stream;
  if (!same_stream(stream, *other.stream)) return {};
  const std::string place = stream.file().empty() ? stream.describe() : stream.file();
  const std::string both = "relays '" + one.name + "' and '" + other.name + "' ";
  if (!stream.takes_several_relays() && !other.stream->takes_several_relays()) {
    return fail(
        {.name = "config.stream_twice",
         .message = both + "use the same stream (" + place + "), which accepts only one relay",
         .next = "give each relay its own stream"});
  }
  if (!one.source->publishes_the_same_as(*other.source)) return {};
  return fail({.name = "config.changes_twice",
               .message = both +
                          "would publish the same changes under the same ids into one stream (" +
                          place + ")",
               .next = "let them watch different tables or collections, or give each an `identity` "
                       "to publish each change twice"});
}

Result<void> check_streams(const std::vector<ConfiguredRelay>& relays) {
  for (std::size_t i = 0; i < relays.size(); ++i) {
    for (std::size_t j = i + 1; j < relays.size(); ++j) {
      if (auto apart = check_pair(relays[i], relays[j]); !apart) return apart;
    }
  }
  return {};
}

/// Relays of one database have their connections together.
void share_connections(std::vector<ConfiguredRelay>& relays) {
  for (std::size_t i = 0; i < relays.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) relays[i].source->share_connections(*relays[j].source);
  }
}

LogLevel level_named(const std::string& name) {
  if (name == "debug") return LogLevel::debug;
  if (name == "warn") return LogLevel::warn;
  return name == "error" ? LogLevel::error : LogLevel::info;
}

void add_log_options(Command& command, Program& program) {
  struct Choice {
    std::string format = "text";
    std::string level = "info";
  };
  auto choice = std::make_shared<Choice>();
  command.option("--log", choice->format, "Log as text or as JSON, one object a line [text]")
      .type_name("text|json")
      .one_of({"text", "json"});
  command.option("--log-level", choice->level, "Lowest level to log [info]")
      .type_name("debug|info|warn|error")
      .one_of({"debug", "info", "warn", "error"});
  command.when_parsed([choice, &program] {
    program.log.configure(choice->format == "json" ? LogFormat::json : LogFormat::text,
                          level_named(choice->level));
  });
}

}  // namespace

void add_target(Command& command, Target& target, Program& program) {
  command.option("-c,--config", target.file, "The configuration file").type_name("FILE").required();
  command.option("--relay", target.relay, "Only this relay of the file, with all its parts")
      .type_name("NAME")
      .check([](const std::string& name) {
        return name.empty() ? "the name of a relay is empty; omit --relay to select all of them"
                            : "";
      });
  add_log_options(command, program);
}

Result<ConfiguredFile> configured_file(const Target& target, const Clock& clock) {
  auto loaded = config::load(target.file);
  if (!loaded) return failed(loaded);
  return configured_file(*std::move(loaded), target, clock);
}

Result<ConfiguredFile> configured_file(config::Configuration loaded, const Target& target,
                                       const Clock& clock) {
  ConfiguredFile file{.metrics = std::move(loaded.metrics),
                      .serve = std::move(loaded.serve),
                      .names = {},
                      .relays = {}};
  std::vector<std::string> names;
  std::vector<bool> chosen;
  for (config::RelayConfig& config : loaded.relays) {
    const std::string name = config.name;
    auto made = make_relays(std::move(config), clock);
    if (!made) return failed(made);
    for (ConfiguredRelay& relay : *made) {
      names.push_back(relay.name);
      file.names.push_back({.name = relay.name, .whole = name});
      chosen.push_back(target.relay.empty() || target.relay == relay.name || target.relay == name);
      file.relays.push_back(std::move(relay));
    }
  }
  if (auto differ = check_names(names); !differ) return failed(differ);
  if (auto apart = check_files(file.relays); !apart) return failed(apart);
  if (auto apart = check_copies(file.relays); !apart) return failed(apart);
  if (auto alone = check_streams(file.relays); !alone) return failed(alone);
  if (auto apart = check_dead_letters(file.relays); !apart) return failed(apart);
  std::vector<ConfiguredRelay> all = std::exchange(file.relays, {});
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (chosen[i]) file.relays.push_back(std::move(all[i]));
  }
  if (file.relays.empty() && !target.relay.empty()) {
    return fail({.name = "config.unknown_relay",
                 .message = target.file + " has no relay '" + target.relay + "'" +
                            suggestion(target.relay, names, "names"),
                 .next = "give one of its names: --relay " + names.front()});
  }
  share_connections(file.relays);
  return file;
}

Result<std::vector<ConfiguredRelay>> configured_relays(const Target& target, const Clock& clock) {
  auto file = configured_file(target, clock);
  if (!file) return failed(file);
  return std::move(file->relays);
}

Result<ConfiguredRelay> configured_relay(const Target& target, const Clock& clock) {
  auto relays = configured_relays(target, clock);
  if (!relays) return failed(relays);
  if (relays->size() == 1) return std::move(relays->front());
  std::string names;
  for (const ConfiguredRelay& relay : *relays) names += (names.empty() ? "" : ", ") + relay.name;
  return fail({.name = "config.several_relays",
               .message = target.file + " has several relays (" + names + "); choose one",
               .next = "add --relay " + relays->front().name});
}

Result<ConfiguredRelay> relay_of_stream(const Target& target, const Clock& clock) {
  auto relays = configured_relays(target, clock);
  if (!relays) return failed(relays);
  for (const ConfiguredRelay& relay : *relays) {
    if (relay.stream->describe() != relays->front().stream->describe()) {
      return configured_relay(target, clock);
    }
  }
  return std::move(relays->front());
}

std::string addressed(std::string text, const Target& target, const std::string& relay) {
  if (target.file.empty()) return text;
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
