// The stream servers that Headwater and Debezium Server bring the same changes to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"

namespace headwater::bench {

enum class Relay { headwater, debezium };

/// A server of its own, with a stream for each relay. One thread.
class PeerStream {
 public:
  virtual ~PeerStream() = default;

  /// What stands under `stream:` in Headwater's configuration.
  [[nodiscard]] virtual std::string for_headwater() const = 0;
  /// Lines of Debezium Server's configuration; those that make it fast are in settings(), too.
  [[nodiscard]] virtual std::vector<std::string> for_debezium() const = 0;

  /// The data of a relay's newest event; nullopt: there is none yet.
  virtual std::optional<std::string> newest(Relay relay) = 0;
  /// Reads all the events of a relay that stand there now, in their order.
  virtual Result<void> read(Relay relay, const std::function<void(std::string_view)>& take) = 0;
};

struct PeerStreamKind {
  const char* name;
  /// What makes Debezium's sink fast, beside its defaults.
  std::vector<std::string> fast_sink;
  std::unique_ptr<PeerStream> (*start)(const std::filesystem::path& folder,
                                       const std::vector<std::string>& fast_sink);
};

[[nodiscard]] std::vector<PeerStreamKind> peer_streams();

}  // namespace headwater::bench
