// Serves the figures, the health and the status of running relays, or of a consumer, over HTTP.
// docs/cli.md and docs/consumers.md list them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/serve/consumer_figures.h"
#include "src/serve/figures.h"
#include "src/serve/status.h"

namespace headwater {

/// An HTTP server with its own thread, until it is destroyed.
class MetricsServer {
 public:
  using Ask = std::function<std::vector<RelayFigures>()>;
  using AskConsumer = std::function<ConsumerFigures()>;

  /// Listens on "127.0.0.1:9090" (port 0: any free port). Answers GET /metrics with the figures,
  /// /livez and /readyz with 200 or 503 (health.h), /status (status.h), and / with a page of it (page.h). `ask` is called for each
  /// answer, from the server's thread; `clock` must outlive the server. Fails with
  /// `metrics.cannot_listen`.
  static Result<std::unique_ptr<MetricsServer>> listen(const std::string& address,
                                                       const Process& process, const Ask& ask,
                                                       const Clock& clock);
  /// The same for `headwater consume`.
  static Result<std::unique_ptr<MetricsServer>> listen(const std::string& address,
                                                       const Process& process,
                                                       const AskConsumer& ask, const Clock& clock);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  /// The given address, with the chosen port: "127.0.0.1:34567".
  [[nodiscard]] std::string address() const;
  [[nodiscard]] int port() const;

 private:
  struct Pages;
  struct Parts;
  static Result<std::unique_ptr<MetricsServer>> serve(const std::string& address, Pages pages,
                                                      const char* command, const Clock& clock);
  explicit MetricsServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace headwater
