#include "testing/rig/tcp_proxy.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>

#include "testing/rig/loopback.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

/// One end of a connection; closed on destruction.
class Socket {
 public:
  explicit Socket(int socket) : socket_(socket) {}
  ~Socket() { ::close(socket_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const { return socket_; }

  void send(const std::string& words) const {
    (void)!::send(socket_, words.data(), words.size(), MSG_NOSIGNAL);
  }
  /// What arrives within `wait`: "" for nothing, "(broken)" for a broken connection.
  [[nodiscard]] std::string receive(Milliseconds wait = patience) const {
    pollfd watched{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&watched, 1, static_cast<int>(wait.count())) == 0) return "";
    std::array<char, 100> buffer{};
    const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : "(broken)";
  }

 private:
  int socket_;
};

class TcpProxyTest : public ::testing::Test {
 protected:
  TcpProxyTest() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), generic(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 5), 0);
    EXPECT_EQ(::getsockname(listener_.get(), generic(&address), &size), 0);
    proxy_.emplace(ntohs(address.sin_port));
  }

  [[nodiscard]] int connect() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(try_connect(socket), 0);
    return socket;
  }
  [[nodiscard]] int try_connect(int socket) const {
    const sockaddr_in address = loopback(proxy_->port());
    return ::connect(socket, generic(&address), sizeof address);
  }
  [[nodiscard]] int accept() const {
    pollfd watched{.fd = listener_.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&watched, 1, static_cast<int>(patience.count())), 1);
    return ::accept(listener_.get(), nullptr, nullptr);
  }

  Socket listener_;
  std::optional<TcpProxy> proxy_;
};

TEST_F(TcpProxyTest, ForwardsBothDirections) {
  const Socket client(connect());
  const Socket server(accept());
  client.send("hello");
  EXPECT_EQ(server.receive(), "hello");
  server.send("welcome");
  EXPECT_EQ(client.receive(), "welcome");
  EXPECT_TRUE(wait_until([&] { return proxy_->bytes() == 12; }));
}

TEST_F(TcpProxyTest, CutResetsConnectionsUntilItIsRestored) {
  const Socket client(connect());
  const Socket server(accept());
  client.send("hello");
  EXPECT_EQ(server.receive(), "hello");
  proxy_->cut();
  EXPECT_EQ(client.receive(), "(broken)");
  EXPECT_EQ(server.receive(), "(broken)");
  // The reset may be so early that connect() fails.
  const Socket refused(::socket(AF_INET, SOCK_STREAM, 0));
  (void)try_connect(refused.get());
  EXPECT_EQ(refused.receive(), "(broken)");
  proxy_->restore();
  const Socket again(connect());
  const Socket there(accept());
  again.send("hello");
  EXPECT_EQ(there.receive(), "hello");
}

TEST_F(TcpProxyTest, SilenceHoldsBytesBack) {
  const Socket client(connect());
  const Socket server(accept());
  client.send("one");
  EXPECT_EQ(server.receive(), "one");
  proxy_->silence();
  client.send("two");
  EXPECT_EQ(server.receive(Milliseconds(100)), "");
  proxy_->restore();
  EXPECT_EQ(server.receive(), "two");
}

TEST_F(TcpProxyTest, DelaysBytes) {
  const SystemClock clock;
  const Socket client(connect());
  const Socket server(accept());
  proxy_->add_delay(Milliseconds(100));
  client.send("one");
  EXPECT_EQ(server.receive(), "one");
  const SteadyTime begin = clock.steady();
  client.send("two");
  EXPECT_EQ(server.receive(), "two");
  EXPECT_GE(clock.steady() - begin, Milliseconds(100));
}

TEST_F(TcpProxyTest, LimitsTheRate) {
  const SystemClock clock;
  const Socket client(connect());
  const Socket server(accept());
  proxy_->limit_rate(1'000);
  client.send("one");
  EXPECT_EQ(server.receive(), "one");
  const SteadyTime begin = clock.steady();
  client.send(std::string(100, 'x'));
  EXPECT_EQ(server.receive(), std::string(100, 'x'));
  EXPECT_GE(clock.steady() - begin, Milliseconds(100));
}

TEST_F(TcpProxyTest, CutsInTheMiddleOfARequest) {
  const Socket client(connect());
  const Socket server(accept());
  proxy_->cut_after(3);
  client.send("hello");
  EXPECT_EQ(server.receive(), "hel");
  EXPECT_EQ(server.receive(), "(broken)");
  EXPECT_EQ(client.receive(), "(broken)");
}

TEST_F(TcpProxyTest, LosesRepliesAndThenTheConnection) {
  const Socket client(connect());
  const Socket server(accept());
  proxy_->lose_replies();
  client.send("hello");
  EXPECT_EQ(server.receive(), "hello");
  server.send("welcome");
  ASSERT_TRUE(wait_until([&] { return proxy_->lost() == 7; }));
  EXPECT_EQ(client.receive(Milliseconds(100)), "");
  proxy_->restore();
  EXPECT_EQ(client.receive(), "(broken)");
}

TEST_F(TcpProxyTest, LosesRepliesFromAMatchingRequestOn) {
  const Socket client(connect());
  const Socket server(accept());
  proxy_->lose_replies_from([](std::string_view piece) { return piece == "commit"; });
  client.send("begin");
  EXPECT_EQ(server.receive(), "begin");
  server.send("begun");
  EXPECT_EQ(client.receive(), "begun");
  client.send("commit");
  EXPECT_EQ(server.receive(), "commit");
  server.send("done");
  ASSERT_TRUE(wait_until([&] { return proxy_->lost() == 4; }));
  EXPECT_EQ(client.receive(Milliseconds(100)), "");
  proxy_->restore();
  EXPECT_EQ(client.receive(), "(broken)");
}

TEST_F(TcpProxyTest, ClosesWhatOneSideCloses) {
  const Socket client(connect());
  {
    const Socket server(accept());
    server.send("last");
  }
  EXPECT_EQ(client.receive(), "last");
  EXPECT_EQ(client.receive(), "(broken)");
}

}  // namespace
}  // namespace headwater::rig
