#include "src/serve/metrics.h"

#include <httplib.h>
#include <prometheus/text_serializer.h>
#include <sys/socket.h>

#include <cerrno>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>

#include "src/serve/families.h"

namespace headwater {
namespace {

// Whoever does not come to the point must not hold up the end of the program.
constexpr std::chrono::seconds patience{1};
constexpr std::size_t answers_at_once = 2;
constexpr const char* plain_text = "text/plain; charset=utf-8";
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
constexpr const char* metrics_text = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_of(const std::vector<RelayFigures>& relays) {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, to_families(relays));
  return std::move(text).str();
}

std::string failures_of(const std::vector<RelayFigures>& relays) {
  std::string failed;
  for (const RelayFigures& each : relays) {
    if (each.failed) failed += "failed: " + each.relay + "\n";
  }
  return failed;
}

// The library's own options let two programs listen at one port.
void only_listener(int socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

Error cannot_listen(const std::string& address, int code) {
  const bool telling = code == EADDRINUSE || code == EADDRNOTAVAIL || code == EACCES;
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "metrics.cannot_listen",
          .message = "cannot serve metrics at " + address + ": " +
                     (telling ? std::system_category().message(code) : "no such address"),
          .next =
              "choose an address of this machine and a port that is free (0: any that is): "
              "headwater run -c FILE --metrics 127.0.0.1:0"};
}

}  // namespace

struct MetricsServer::Parts {
  explicit Parts(Ask whom) : ask(std::move(whom)) {
    server.set_socket_options(only_listener);
    server.new_task_queue = [] { return new httplib::ThreadPool(answers_at_once); };
    server.set_keep_alive_max_count(1);
    server.set_keep_alive_timeout(patience.count());
    server.set_read_timeout(patience);
    server.set_write_timeout(patience);
    server.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(metrics_of(ask()), metrics_text);
    });
    server.Get("/healthz", [this](const httplib::Request&, httplib::Response& response) {
      const std::string failures = failures_of(ask());
      response.status = failures.empty() ? 200 : 503;
      response.set_content(failures.empty() ? "ok\n" : failures, plain_text);
    });
  }

  Ask ask;
  httplib::Server server;
  std::string host;
  int port = 0;
  std::jthread listener;
};

MetricsServer::MetricsServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

MetricsServer::~MetricsServer() { parts_->server.stop(); }

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(const std::string& address, Ask ask) {
  auto parts = std::make_unique<Parts>(std::move(ask));
  const std::size_t colon = address.rfind(':');
  parts->host = address.substr(0, colon);
  parts->port = colon == std::string::npos ? -1 : std::atoi(address.c_str() + colon + 1);
  httplib::Server& server = parts->server;
  errno = 0;
  if (parts->port == 0) {
    parts->port = server.bind_to_any_port(parts->host);
  } else if (parts->port < 0 || !server.bind_to_port(parts->host, parts->port)) {
    parts->port = -1;
  }
  if (parts->port < 0) return fail(cannot_listen(address, errno));
  parts->listener = std::jthread([&server] { server.listen_after_bind(); });
  // Before it runs it could not be stopped.
  while (!server.is_running()) std::this_thread::yield();
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(parts)));
}

int MetricsServer::port() const { return parts_->port; }

std::string MetricsServer::address() const {
  return parts_->host + ":" + std::to_string(parts_->port);
}

}  // namespace headwater
