#include "src/gateway/gateway.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

#include "src/base/wake.h"
#include "src/gateway/errors.h"
#include "src/gateway/routes.h"
#include "src/serve/http_server.h"

namespace headwater::gateway {
namespace {

constexpr std::size_t longest_body = 8'192;
constexpr Milliseconds request_time{20'000};
constexpr Milliseconds stalled_time{30'000};
// For the streams and the program itself, besides one for each client.
constexpr std::size_t further_descriptors = 256;

bool is_loopback(const sockaddr& address) {
  if (address.sa_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  }
  const auto& four = reinterpret_cast<const sockaddr_in&>(address);
  return ntohl(four.sin_addr.s_addr) >> 24U == 127;
}

/// Whether only this machine can connect to this host's addresses.
bool is_loopback(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  // The host may have an address a moment later.
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (!is_loopback(*each->ai_addr)) return false;
  }
  return true;
}

Error exposed(const std::string& listen) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "serve.exposed",
          .message = "others than this machine could connect to " + listen +
                     ", so it must not be served without TLS and tokens",
          .next =
              "set serve.tls (certificate, key) and serve.tokens, or listen on loopback: "
              "serve: { listen: 127.0.0.1:8080 }"};
}

Error cannot_listen(const std::string& address, const serve::Listening& closed) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "serve.cannot_listen",
          .message = "cannot serve at " + address + ": " + closed.reason(),
          .next =
              "choose an address of this machine and a free port (0: any): serve: { listen: "
              "127.0.0.1:0 }"};
}

/// Each client costs one. The usual limit is 1024, which a program may raise.
void raise_descriptor_limit(std::size_t clients) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min<rlim_t>(clients + further_descriptors, limit.rlim_max);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct Gateway::Parts {
  explicit Parts(const GatewayOptions& options) : access(options.tokens), routes(access, feeds) {}

  void add_feed(const ServedStream& stream, const GatewayOptions& options) {
    feeds.emplace(stream.relay,
                  std::make_unique<Feed>(
                      FeedOptions{.relay = stream.relay,
                                  .open = stream.open,
                                  .page_bytes = options.client_buffer / 2,
                                  .changed = [wake = wake] { wake->signal(); },
                                  .note_error = [note = options.note_error, relay = stream.relay](
                                                    const Error& error) { note(relay, error); }}));
  }

  std::string address;
  int port = 0;
  Access access;
  std::shared_ptr<const Wake> wake = std::make_shared<const Wake>();
  Feeds feeds;
  Routes routes;
  std::optional<serve::HttpServer> server;  ///< Last: its replies use the feeds.
};

Gateway::Gateway(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Gateway::~Gateway() = default;
std::string Gateway::address() const { return parts_->address; }
int Gateway::port() const { return parts_->port; }

Result<std::unique_ptr<Gateway>> Gateway::listen(const GatewayOptions& options,
                                                 const std::vector<ServedStream>& streams,
                                                 const Clock& clock) {
  const std::string host = options.listen.substr(0, options.listen.rfind(':'));
  const bool safe = !options.certificate.empty() && !options.tokens.empty();
  if (!safe && !is_loopback(host)) return fail(exposed(options.listen));
  std::optional<serve::TlsContext> tls;
  if (!options.certificate.empty()) {
    auto loaded = serve::TlsContext::load(options.certificate, options.key);
    if (!loaded) return failed(loaded);
    tls = *std::move(loaded);
  }
  const int port = std::atoi(options.listen.c_str() + host.size() + 1);
  serve::Listening listening = serve::listen_at(host, port);
  if (!listening.socket.is_open()) return fail(cannot_listen(options.listen, listening));
  raise_descriptor_limit(options.clients);

  auto parts = std::make_unique<Parts>(options);
  parts->port = listening.port;
  parts->address = (tls ? "https://" : "http://") + host + ":" + std::to_string(listening.port);
  for (const ServedStream& stream : streams) parts->add_feed(stream, options);
  serve::Service service{
      .handle = [routes = &parts->routes](const serve::Request& request,
                                          bool keeps) { return routes->reply_to(request, keeps); },
      .limits = {.body_bytes = longest_body,
                 .unsent_bytes = options.client_buffer / 2,
                 .send_buffer = static_cast<int>(options.client_buffer),
                 .request = request_time,
                 .stalled = stalled_time,
                 .life = std::nullopt},
      .refuse = &refuse_in_json};
  parts->server.emplace(
      std::move(listening.socket), std::move(service),
      serve::ServerLimits{.connections = options.clients, .when_full = serve::WhenFull::refuse},
      std::move(tls), parts->wake, clock);
  return std::unique_ptr<Gateway>(new Gateway(std::move(parts)));
}

}  // namespace headwater::gateway
