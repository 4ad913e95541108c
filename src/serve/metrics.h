// The figures of running relays over HTTP, for Prometheus. docs/cli.md lists them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/relay/observer.h"

namespace headwater {

struct RelayFigures {
  std::string relay;  ///< Its name, which becomes a label.
  RelayProgress progress;
};

/// An HTTP server with threads of its own, until it is destroyed.
class MetricsServer {
 public:
  /// Answers GET /metrics at "127.0.0.1:9090" (port 0: one that is free). `ask` is called for each
  /// answer, from any thread. Fails with `metrics.cannot_listen`.
  static Result<std::unique_ptr<MetricsServer>> listen(
      const std::string& address, std::function<std::vector<RelayFigures>()> ask);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  [[nodiscard]] int port() const;

 private:
  struct Parts;
  explicit MetricsServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace headwater
