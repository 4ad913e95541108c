// Serves the figures of running relays over HTTP, for Prometheus and health checks. docs/cli.md
// lists them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/relay/observer.h"

namespace headwater {

struct RelayFigures {
  std::string relay;  ///< Its name, which becomes a label.
  RelayProgress progress;
  bool failed = false;  ///< Has ended with an error.
};

/// An HTTP server with its own thread, until it is destroyed.
class MetricsServer {
 public:
  using Ask = std::function<std::vector<RelayFigures>()>;

  /// Listens on "127.0.0.1:9090" (port 0: any free port). Answers GET /metrics with the figures,
  /// and GET /healthz with 200 unless a relay has failed, or all its tries have failed for 15 s or
  /// more. `ask` is called for each answer, from the server's thread; `clock` must outlive the
  /// server. Fails with `metrics.cannot_listen`.
  static Result<std::unique_ptr<MetricsServer>> listen(const std::string& address, Ask ask,
                                                       const Clock& clock);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  /// The given address, with the chosen port: "127.0.0.1:34567".
  [[nodiscard]] std::string address() const;
  [[nodiscard]] int port() const;

 private:
  struct Parts;
  explicit MetricsServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace headwater
