#include "src/serve/metrics.h"

#include <prometheus/text_serializer.h>

#include <cstdlib>
#include <sstream>
#include <string_view>
#include <utility>

#include "src/serve/families.h"
#include "src/serve/health.h"
#include "src/serve/http_server.h"
#include "src/serve/page.h"

namespace headwater {
namespace {

// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
constexpr const char* metrics_text = "text/plain; version=0.0.4; charset=utf-8";
std::string text_of(const std::vector<prometheus::MetricFamily>& families) {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

serve::Answer health_answer(Health health) {
  return {.status = health.well ? 200 : 503,
          .type = serve::plain_text,
          .body = std::move(health.words)};
}

Error cannot_listen(const std::string& address, const serve::Listening& closed,
                    const std::string& command) {
  return {
      .remedy = Remedy::stop,
      .origin = Origin::usage,
      .name = "metrics.cannot_listen",
      .message = "cannot serve metrics at " + address + ": " + closed.reason(),
      .next = "choose an address of this machine and a free port (0: any): headwater " + command};
}

}  // namespace

/// Each is made anew for each request.
struct MetricsServer::Pages {
  std::function<std::vector<prometheus::MetricFamily>()> metrics;
  std::function<Health()> alive;
  std::function<Health()> ready;
  std::function<Json()> status;

  [[nodiscard]] serve::Answer at(std::string_view path) const {
    if (path == "/metrics") return {.type = metrics_text, .body = text_of(metrics())};
    if (path == "/livez") return health_answer(alive());
    if (path == "/readyz") return health_answer(ready());
    if (path == "/status") return {.type = "application/json", .body = status().dump() + "\n"};
    if (path == "/") return {.type = "text/html; charset=utf-8", .body = to_page(status())};
    return {.status = 404,
            .type = serve::plain_text,
            .body = "not found; there are /, /metrics, /livez, /readyz and /status\n"};
  }
};

struct MetricsServer::Parts {
  Parts(std::string name, serve::Listening listening, Pages pages, const Clock& clock)
      : host(std::move(name)),
        port(listening.port),
        server(
            std::move(listening.socket),
            [pages = std::move(pages)](std::string_view path) { return pages.at(path); }, clock) {}

  std::string host;
  int port;
  serve::HttpServer server;
};

MetricsServer::MetricsServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(const std::string& address,
                                                             const Process& process, const Ask& ask,
                                                             const Clock& clock) {
  return serve(address,
               {.metrics = [=, &clock] { return to_families(process, ask(), clock); },
                .alive = [=, &clock] { return liveness(ask(), clock.steady()); },
                .ready = [=, &clock] { return readiness(ask(), clock.steady()); },
                .status = [=, &clock] { return to_status(process, ask(), clock); }},
               "run -c FILE --metrics 127.0.0.1:0", clock);
}

/// A handler may take as long as it likes, so what shows that the process is alive is its answer.
Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(const std::string& address,
                                                             const Process& process,
                                                             const AskConsumer& ask,
                                                             const Clock& clock) {
  return serve(
      address,
      {.metrics = [=, &clock] { return consumer_families(process, ask(), clock.steady()); },
       .alive = [] { return Health{.well = true, .words = "ok\n"}; },
       .ready = [=, &clock] { return consumer_readiness(ask(), clock.steady()); },
       .status = [=, &clock] { return consumer_status(process, ask(), clock); }},
      "consume -c FILE --consumer NAME --metrics 127.0.0.1:0 -- PROGRAM", clock);
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::serve(const std::string& address, Pages pages,
                                                            const char* command,
                                                            const Clock& clock) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return fail(cannot_listen(address, {}, command));
  std::string host = address.substr(0, colon);
  serve::Listening listening = serve::listen_at(host, std::atoi(address.c_str() + colon + 1));
  if (!listening.socket.is_open()) return fail(cannot_listen(address, listening, command));
  auto parts =
      std::make_unique<Parts>(std::move(host), std::move(listening), std::move(pages), clock);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(parts)));
}

int MetricsServer::port() const { return parts_->port; }

std::string MetricsServer::address() const {
  return parts_->host + ":" + std::to_string(parts_->port);
}

}  // namespace headwater
