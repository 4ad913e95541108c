#include "src/serve/metrics.h"

#include <prometheus/text_serializer.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "src/serve/families.h"
#include "src/serve/http_server.h"

namespace headwater {
namespace {

constexpr const char* plain_text = "text/plain; charset=utf-8";
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
constexpr const char* metrics_text = "text/plain; version=0.0.4; charset=utf-8";
// Longer than the longest pause between two tries, so that several tries have failed.
constexpr std::chrono::seconds long_without_success{15};

std::string metrics_of(const std::vector<RelayFigures>& relays, SteadyTime now) {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, to_families(relays, now));
  return std::move(text).str();
}

/// One line for each relay with a failure.
std::string failures_of(const std::vector<RelayFigures>& relays, SteadyTime now) {
  std::string failures;
  for (const RelayFigures& each : relays) {
    const auto& retrying = each.progress.retrying;
    if (each.failed) {
      failures += "failed: " + each.relay + "\n";
    } else if (retrying && now - retrying->since >= long_without_success) {
      const auto seconds = std::chrono::floor<std::chrono::seconds>(now - retrying->since).count();
      failures += "retrying: " + each.relay + ": " + retrying->error + " for " +
                  std::to_string(seconds) + " s\n";
    }
  }
  return failures;
}

serve::Answer answer_to(std::string_view path, const MetricsServer::Ask& ask, const Clock& clock) {
  if (path == "/metrics") return {.type = metrics_text, .body = metrics_of(ask(), clock.steady())};
  if (path != "/healthz") return {.status = 404, .type = plain_text, .body = "not found\n"};
  std::string failures = failures_of(ask(), clock.steady());
  if (failures.empty()) return {.type = plain_text, .body = "ok\n"};
  return {.status = 503, .type = plain_text, .body = std::move(failures)};
}

Error cannot_listen(const std::string& address, int code) {
  const bool telling = code == EADDRINUSE || code == EADDRNOTAVAIL || code == EACCES;
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "metrics.cannot_listen",
          .message = "cannot serve metrics at " + address + ": " +
                     (telling ? std::system_category().message(code) : "no such address"),
          .next =
              "choose an address of this machine and a free port (0: any): headwater run -c FILE "
              "--metrics 127.0.0.1:0"};
}

}  // namespace

struct MetricsServer::Parts {
  Parts(std::string name, serve::Listening listening, Ask ask, const Clock& clock)
      : host(std::move(name)),
        port(listening.port),
        server(
            std::move(listening.socket),
            [ask = std::move(ask), &clock](std::string_view path) {
              return answer_to(path, ask, clock);
            },
            clock) {}

  std::string host;
  int port;
  serve::HttpServer server;
};

MetricsServer::MetricsServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(const std::string& address, Ask ask,
                                                             const Clock& clock) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return fail(cannot_listen(address, 0));
  std::string host = address.substr(0, colon);
  serve::Listening listening = serve::listen_at(host, std::atoi(address.c_str() + colon + 1));
  if (!listening.socket.is_open()) return fail(cannot_listen(address, listening.error));
  auto parts =
      std::make_unique<Parts>(std::move(host), std::move(listening), std::move(ask), clock);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(parts)));
}

int MetricsServer::port() const { return parts_->port; }

std::string MetricsServer::address() const {
  return parts_->host + ":" + std::to_string(parts_->port);
}

}  // namespace headwater
