#include "src/serve/metrics.h"

#include <prometheus/text_serializer.h>

#include <cstdlib>
#include <sstream>
#include <string_view>
#include <utility>

#include "src/serve/families.h"
#include "src/serve/health.h"
#include "src/serve/http_server.h"

namespace headwater {
namespace {

// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
constexpr const char* metrics_text = "text/plain; version=0.0.4; charset=utf-8";
std::string metrics_of(const Process& process, const std::vector<RelayFigures>& relays,
                       const Clock& clock) {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, to_families(process, relays, clock));
  return std::move(text).str();
}

serve::Answer health_answer(Health health) {
  return {.status = health.well ? 200 : 503,
          .type = serve::plain_text,
          .body = std::move(health.words)};
}

serve::Answer answer_to(std::string_view path, const Process& process,
                        const MetricsServer::Ask& ask, const Clock& clock) {
  if (path == "/metrics") return {.type = metrics_text, .body = metrics_of(process, ask(), clock)};
  if (path == "/livez") return health_answer(liveness(ask(), clock.steady()));
  if (path == "/readyz") return health_answer(readiness(ask(), clock.steady()));
  if (path == "/status") {
    return {.type = "application/json", .body = to_status(process, ask(), clock).dump() + "\n"};
  }
  return {.status = 404,
          .type = serve::plain_text,
          .body = "not found; there are /metrics, /livez, /readyz and /status\n"};
}

Error cannot_listen(const std::string& address, const serve::Listening& closed) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "metrics.cannot_listen",
          .message = "cannot serve metrics at " + address + ": " + closed.reason(),
          .next =
              "choose an address of this machine and a free port (0: any): headwater run -c FILE "
              "--metrics 127.0.0.1:0"};
}

}  // namespace

struct MetricsServer::Parts {
  Parts(std::string name, serve::Listening listening, Process process, Ask ask, const Clock& clock)
      : host(std::move(name)),
        port(listening.port),
        server(
            std::move(listening.socket),
            [process = std::move(process), ask = std::move(ask), &clock](std::string_view path) {
              return answer_to(path, process, ask, clock);
            },
            clock) {}

  std::string host;
  int port;
  serve::HttpServer server;
};

MetricsServer::MetricsServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(const std::string& address,
                                                             Process process, Ask ask,
                                                             const Clock& clock) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return fail(cannot_listen(address, {}));
  std::string host = address.substr(0, colon);
  serve::Listening listening = serve::listen_at(host, std::atoi(address.c_str() + colon + 1));
  if (!listening.socket.is_open()) return fail(cannot_listen(address, listening));
  auto parts = std::make_unique<Parts>(std::move(host), std::move(listening), std::move(process),
                                       std::move(ask), clock);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(parts)));
}

int MetricsServer::port() const { return parts_->port; }

std::string MetricsServer::address() const {
  return parts_->host + ":" + std::to_string(parts_->port);
}

}  // namespace headwater
