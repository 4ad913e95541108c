#include "testing/rig/tcp_proxy.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "testing/rig/loopback.h"
#include "testing/rig/proxy_loop.h"

namespace headwater::rig {
namespace {

void check(bool succeeded, const char* call) {
  if (succeeded) return;
  std::perror(call);
  std::abort();
}

}  // namespace

TcpProxy::TcpProxy(std::uint16_t target)
    : target_(target), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  check(::bind(listener_, generic(&address), size) == 0, "bind");
  check(::listen(listener_, 64) == 0, "listen");
  check(::getsockname(listener_, generic(&address), &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { ProxyLoop(*this).run(stop); });
}

TcpProxy::~TcpProxy() {
  thread_.request_stop();
  change(State::cut);
  thread_.join();
  ::close(listener_);
}

void TcpProxy::change(State state) {
  const std::lock_guard lock(mutex_);
  state_ = state;
  if (state == State::cut) was_cut_ = true;
  wake_.signal();
}

void TcpProxy::cut() { change(State::cut); }
void TcpProxy::silence() { change(State::silent); }
void TcpProxy::lose_replies() { change(State::dropping_replies); }

void TcpProxy::restore() {
  {
    const std::lock_guard lock(mutex_);
    allowance_.reset();
    loses_from_ = nullptr;
  }
  change(State::forwarding);
}

void TcpProxy::cut_after(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  allowance_ = bytes;
}

void TcpProxy::lose_replies_from(std::function<bool(std::string_view piece)> is_the_one) {
  const std::lock_guard lock(mutex_);
  loses_from_ = std::move(is_the_one);
}

void TcpProxy::limit_rate(std::uint64_t bytes_a_second) {
  const std::lock_guard lock(mutex_);
  bytes_a_second_ = bytes_a_second;
}

void TcpProxy::add_delay(Milliseconds by) {
  const std::lock_guard lock(mutex_);
  delay_ = by;
}

}  // namespace headwater::rig
