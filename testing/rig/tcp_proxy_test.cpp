#include "testing/rig/tcp_proxy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>

#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

sockaddr_in local(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// One end of a connection; closed on destruction.
class Socket {
 public:
  explicit Socket(int socket) : socket_(socket) {}
  ~Socket() { ::close(socket_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const { return socket_; }

  void say(const std::string& words) const {
    (void)!::send(socket_, words.data(), words.size(), MSG_NOSIGNAL);
  }
  /// What comes within `wait`: "" if nothing, "(broken)" if the connection is.
  [[nodiscard]] std::string hear(Milliseconds wait = patience) const {
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
    sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    auto* plain = static_cast<sockaddr*>(static_cast<void*>(&address));
    EXPECT_EQ(::bind(listener_.get(), plain, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 5), 0);
    EXPECT_EQ(::getsockname(listener_.get(), plain, &size), 0);
    proxy_.emplace(ntohs(address.sin_port));
  }

  [[nodiscard]] int connect() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(try_connect(socket), 0);
    return socket;
  }
  [[nodiscard]] int try_connect(int socket) const {
    const sockaddr_in address = local(proxy_->port());
    const auto* plain = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    return ::connect(socket, plain, sizeof address);
  }
  [[nodiscard]] int accept() const {
    pollfd watched{.fd = listener_.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&watched, 1, static_cast<int>(patience.count())), 1);
    return ::accept(listener_.get(), nullptr, nullptr);
  }

  Socket listener_;
  std::optional<TcpProxy> proxy_;
};

TEST_F(TcpProxyTest, BringsBothWaysWhatIsSaid) {
  const Socket client(connect());
  const Socket server(accept());
  client.say("hello");
  EXPECT_EQ(server.hear(), "hello");
  server.say("welcome");
  EXPECT_EQ(client.hear(), "welcome");
  EXPECT_TRUE(wait_until([&] { return proxy_->bytes() == 12; }));
}

TEST_F(TcpProxyTest, BreaksConnectionsUntilItIsMended) {
  const Socket client(connect());
  const Socket server(accept());
  client.say("hello");
  EXPECT_EQ(server.hear(), "hello");
  proxy_->cut();
  EXPECT_EQ(client.hear(), "(broken)");
  EXPECT_EQ(server.hear(), "(broken)");
  // So early, perhaps, that it does not even come about.
  const Socket refused(::socket(AF_INET, SOCK_STREAM, 0));
  (void)try_connect(refused.get());
  EXPECT_EQ(refused.hear(), "(broken)");
  proxy_->mend();
  const Socket again(connect());
  const Socket there(accept());
  again.say("hello");
  EXPECT_EQ(there.hear(), "hello");
}

TEST_F(TcpProxyTest, KeepsSilentAndThenSaysItAll) {
  const Socket client(connect());
  const Socket server(accept());
  client.say("one");
  EXPECT_EQ(server.hear(), "one");
  proxy_->silence();
  client.say("two");
  EXPECT_EQ(server.hear(Milliseconds(100)), "");
  proxy_->mend();
  EXPECT_EQ(server.hear(), "two");
}

TEST_F(TcpProxyTest, TakesItsTime) {
  const SystemClock clock;
  const Socket client(connect());
  const Socket server(accept());
  proxy_->slow_down(Milliseconds(100));
  client.say("one");
  EXPECT_EQ(server.hear(), "one");
  const SteadyTime begin = clock.steady();
  client.say("two");
  EXPECT_EQ(server.hear(), "two");
  EXPECT_GE(clock.steady() - begin, Milliseconds(100));
}

TEST_F(TcpProxyTest, IsNarrow) {
  const SystemClock clock;
  const Socket client(connect());
  const Socket server(accept());
  proxy_->narrow(1'000);
  client.say("one");
  EXPECT_EQ(server.hear(), "one");
  const SteadyTime begin = clock.steady();
  client.say(std::string(100, 'x'));
  EXPECT_EQ(server.hear(), std::string(100, 'x'));
  EXPECT_GE(clock.steady() - begin, Milliseconds(100));
}

TEST_F(TcpProxyTest, BreaksInTheMiddleOfARequest) {
  const Socket client(connect());
  const Socket server(accept());
  proxy_->cut_after(3);
  client.say("hello");
  EXPECT_EQ(server.hear(), "hel");
  EXPECT_EQ(server.hear(), "(broken)");
  EXPECT_EQ(client.hear(), "(broken)");
}

TEST_F(TcpProxyTest, LosesRepliesAndThenTheConnection) {
  const Socket client(connect());
  const Socket server(accept());
  proxy_->lose_replies();
  client.say("hello");
  EXPECT_EQ(server.hear(), "hello");
  server.say("welcome");
  ASSERT_TRUE(wait_until([&] { return proxy_->lost() == 7; }));
  EXPECT_EQ(client.hear(Milliseconds(100)), "");
  proxy_->mend();
  EXPECT_EQ(client.hear(), "(broken)");
}

TEST_F(TcpProxyTest, LosesRepliesFromACertainRequestOn) {
  const Socket client(connect());
  const Socket server(accept());
  proxy_->lose_replies_from([](std::string_view piece) { return piece == "commit"; });
  client.say("begin");
  EXPECT_EQ(server.hear(), "begin");
  server.say("begun");
  EXPECT_EQ(client.hear(), "begun");
  client.say("commit");
  EXPECT_EQ(server.hear(), "commit");
  server.say("done");
  ASSERT_TRUE(wait_until([&] { return proxy_->lost() == 4; }));
  EXPECT_EQ(client.hear(Milliseconds(100)), "");
  proxy_->mend();
  EXPECT_EQ(client.hear(), "(broken)");
}

TEST_F(TcpProxyTest, EndsWhatOneSideEnds) {
  const Socket client(connect());
  {
    const Socket server(accept());
    server.say("farewell");
  }
  EXPECT_EQ(client.hear(), "farewell");
  EXPECT_EQ(client.hear(), "(broken)");
}

}  // namespace
}  // namespace headwater::rig
