// The relays of a configuration file, with their adapters.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/cli/copy.h"
#include "src/config/config.h"
#include "src/ports/adapter.h"

namespace headwater::cli {

class Command;
class Log;
struct Program;

/// The options of every command that reads a configuration.
struct Target {
  std::string file;
  /// Empty: all relays of the file. The name of a relay with several parts selects all of them.
  std::string relay;
};

/// Adds -c, --relay, --log and --log-level.
void add_target(Command& command, Target& target, Program& program);

struct ConfiguredRelay {
  std::string name;
  std::string text;  ///< Its part of the file, with what it refers to: changed, if that has.
  config::OnConflict on_conflict = config::OnConflict::standby;
  Milliseconds takeover_after{};
  Milliseconds append_pause{};
  std::unique_ptr<SourceAdapter> source;
  std::unique_ptr<StreamAdapter> stream;
  std::unique_ptr<HintAdapter> hint{};          ///< At who leads; may be null.
  std::unique_ptr<StreamAdapter> dead_letters;  ///< Of the stream's consumers; may be null.
  std::optional<ConfiguredCopy> copy;           ///< What `materialize` keeps.
};

struct RelayName {
  std::string name;
  std::string whole;  ///< Of the relay in the file, of which this may be a part.
};

struct ConfiguredFile {
  std::string metrics;  ///< The address on which `run` serves them; empty: none.
  config::ServeConfig serve;
  std::vector<RelayName> names;  ///< Of all relays.
  std::vector<ConfiguredRelay> relays;
};

/// Returns the chosen relays; always reads and checks the whole file. `clock` must outlive them.
/// Opens nothing yet.
Result<ConfiguredFile> configured_file(const Target& target, const Clock& clock);
/// The same for a file that was read before.
Result<ConfiguredFile> configured_file(config::Configuration loaded, const Target& target,
                                       const Clock& clock);
Result<std::vector<ConfiguredRelay>> configured_relays(const Target& target, const Clock& clock);
/// Returns the only relay, or the one chosen with --relay.
Result<ConfiguredRelay> configured_relay(const Target& target, const Clock& clock);
/// For commands that only read the stream: any relay will do if all have the same stream.
Result<ConfiguredRelay> relay_of_stream(const Target& target, const Clock& clock);

/// Returns `error` with the real path in its commands, and with the relay if it was chosen or
/// `relay` is given.
[[nodiscard]] Error addressed(Error error, const Target& target, const std::string& relay = "");
[[nodiscard]] std::string addressed(std::string text, const Target& target,
                                    const std::string& relay = "");

/// Logs the error with the real path and returns its exit code.
int end_with(const Error& error, const Target& target, Log& log, const std::string& relay = "");

}  // namespace headwater::cli
