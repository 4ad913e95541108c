#include "testing/rethinkdb/wire_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>
#include <utility>

#include "testing/rig/loopback.h"

namespace headwater::rethinkdb {

WireServer::WireServer(Serve serve, const std::optional<rig::Certificates>& certificates,
                       const std::string& address, std::uint16_t port)
    : serve_(std::move(serve)) {
  if (certificates) {
    tls_.reset(SSL_CTX_new(TLS_server_method()));
    const bool usable =
        SSL_CTX_use_certificate_chain_file(tls_.get(), certificates->server.c_str()) == 1 &&
        SSL_CTX_use_PrivateKey_file(tls_.get(), certificates->server.c_str(), SSL_FILETYPE_PEM) ==
            1;
    if (!usable) throw std::runtime_error("the certificate cannot be used");
  }
  listener_ = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int reuse = 1;
  (void)::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  sockaddr_in place = rig::loopback(port);
  ::inet_pton(AF_INET, address.c_str(), &place.sin_addr);
  socklen_t size = sizeof place;
  if (::bind(listener_.get(), rig::generic(&place), size) != 0 ||
      ::listen(listener_.get(), SOMAXCONN) != 0 ||
      ::getsockname(listener_.get(), rig::generic(&place), &size) != 0) {
    throw std::runtime_error("no port to listen at");
  }
  port_ = ntohs(place.sin_port);
  thread_ = std::thread([this] { accept_all(); });
}

WireServer::~WireServer() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
  for (Served& each : served_) each.peer->cut();
  for (Served& each : served_) each.thread.join();
}

void WireServer::accept_all() {
  for (;;) {
    Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket.is_open()) return;
    auto peer = std::make_shared<Peer>(std::move(socket), tls_.get());
    Served& served = served_.emplace_back();
    served.peer = peer;
    served.thread = std::thread([this, peer] {
      serve_(*peer);
      peer->cut();
    });
  }
}

}  // namespace headwater::rethinkdb
