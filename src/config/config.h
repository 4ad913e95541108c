// A configuration file: one relay, or several under `relays:`. docs/configuration.md lists the
// keys.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/config/serve.h"

namespace headwater::config {

/// Returns the value of an environment variable, or nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// The environment of this process.
[[nodiscard]] Environment process_environment();

enum class OnConflict { standby, exit };

/// The configuration of one relay. `source` and `stream` have one key each, the adapter's name;
/// `dead_letters` is like `stream`, or empty.
/// After reading them, call whole.finish(), which returns the first error in any part.
struct RelayConfig {
  std::string name;
  std::string text;  ///< All of it, with its secrets, in one form: differs if anything has changed.
  OnConflict on_conflict = OnConflict::standby;
  Milliseconds takeover_after{5000};
  std::optional<Milliseconds> append_pause;  ///< Nothing: as the stream would have it.
  Section source;
  Section stream;
  Section dead_letters;
  Section materialize;  ///< Empty unless the key `materialize` is there.
  Section whole;
};

/// A whole file.
struct Configuration {
  /// The address on which `run` serves metrics: "127.0.0.1:9090"; empty: none.
  std::string metrics;
  ServeConfig serve;
  std::vector<RelayConfig> relays;
  Section top;  ///< The keys of the whole file; if it has one relay, those of the relay, too.
};

/// At most 64 letters, digits, '-', '_' or '.': streams use names in table rows, topics,
/// transactional ids and headers.
[[nodiscard]] bool is_relay_name(const std::string& name);

/// An IPv4 address or a host name, and a port: "127.0.0.1:9090". Port 0: any free port.
[[nodiscard]] bool is_listen_address(const std::string& address);

/// The text of a file as a Section; `file` is its name in errors, and relative paths start from its
/// folder.
Result<Section> parse(const std::string& yaml, const std::string& file,
                      Environment environment = process_environment());

/// The address in the file's key `metrics`; empty: none. Nothing else of the file is looked at.
Result<std::string> metrics_address(const std::string& file,
                                    Environment environment = process_environment());

/// Reads the file: its top-level keys and those that every relay has. There is at least one relay,
/// and their names differ. Fails with usage errors, `config.*`.
Result<Configuration> load(const std::string& file,
                           Environment environment = process_environment());

/// A file as it is on any machine, and its text.
struct Survey {
  std::string text;
  Configuration configuration;
};

/// As load(), but needs neither the variables nor the files of ${NAME} and ${file:PATH}: such a value
/// stays as it is written, and what a reader complains about it does not count.
Result<Survey> survey(const std::string& file);

}  // namespace headwater::config
