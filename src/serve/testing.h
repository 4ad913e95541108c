// A scraper's view, for tests.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "src/base/clock.h"

namespace headwater::serve_testing {

/// Only moves when told to.
class SetClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return WallTime(now_.load()); }
  [[nodiscard]] SteadyTime steady() const override { return SteadyTime(now_.load()); }
  void pass(Milliseconds span) { now_ = now_.load() + span; }

 private:
  std::atomic<Milliseconds> now_{Milliseconds(1'000'000)};
};

/// One connection, with plain sockets.
class Caller {
 public:
  /// `receive_buffer`: the system's bytes for what was not heard; 0: its default.
  explicit Caller(int port, int receive_buffer = 0) {
    if (receive_buffer > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() { ::close(socket_); }

  /// Returns false if the other side has closed the connection.
  bool say(const std::string& words) {
    return ::send(socket_, words.data(), words.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(words.size());
  }
  /// Whether something arrives within `span`, or the other side closes the connection.
  bool hears(Milliseconds span) {
    pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&ready, 1, static_cast<int>(span.count())) > 0;
  }
  /// What has arrived, or arrives within a minute; empty once the other side has closed the
  /// connection.
  std::string hear_some() {
    std::string part(65'536, '\0');
    if (!hears(Milliseconds(60'000))) return "";
    const ssize_t size = ::recv(socket_, part.data(), part.size(), 0);
    part.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return part;
  }
  /// Everything until the other side closes the connection.
  std::string hear() {
    std::string heard;
    std::string part(4096, '\0');
    for (ssize_t size = 0; (size = ::recv(socket_, part.data(), part.size(), 0)) > 0;) {
      heard.append(part.data(), static_cast<std::size_t>(size));
    }
    return heard;
  }

 private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

/// The whole answer to a request.
inline std::string ask(int port, const std::string& method, const std::string& path) {
  Caller caller(port);
  EXPECT_TRUE(caller.say(method + " " + path +
                         " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  return caller.hear();
}

inline std::string get(int port, const std::string& path) { return ask(port, "GET", path); }

}  // namespace headwater::serve_testing
