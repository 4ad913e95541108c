// A JetStream stream to which one relay appends. Each message is fenced by the one before it.
// docs/formats/nats-stream.md specifies the messages.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"
#include "src/streams/shared/options.h"

namespace headwater {

namespace nats {

/// The relay's credentials. Each may be empty; at most one kind is used.
struct Login {
  std::string user{};
  std::string password{};
  std::string token{};
  std::string credentials{};  ///< Path of a .creds file.
};

using streams::Tls;

struct Options {
  std::vector<std::string>
      urls{};  ///< "nats://host:4222"; for a cluster, some or all of its servers.
  Login login{};
  std::optional<Tls> tls{};
  std::string stream = "EVENTS";
  /// The subject of an event: a fixed beginning, then {database}, {table}, {key}.
  std::string subject = "events.{database}.{table}.{key}";
  bool create = true;   ///< prepare() creates the stream if it does not exist.
  int replicas = 1;     ///< Of a stream that prepare() creates.
  bool limits = false;  ///< Whether the stream may remove events, read or not.

  /// The servers, for messages; contains no secret.
  [[nodiscard]] std::string servers() const;
};

/// `clock` must outlive the adapter and everything it makes.
[[nodiscard]] std::unique_ptr<StreamAdapter> make_stream(Options options, const Clock& clock);

}  // namespace nats

/// From `stream: { nats: { url, stream, subject, create, replicas, retention, user, password,
/// token, credentials, tls } }`; the section is the mapping under `nats`. Does not connect.
Result<std::unique_ptr<StreamAdapter>> make_nats_stream(config::Section section,
                                                        const Clock& clock);

}  // namespace headwater
