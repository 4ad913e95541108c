#include "src/http/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <string_view>
#include <utility>

#include "src/serve/http_server.h"

namespace headwater::http {
namespace {

using testing::HasSubstr;

const SystemClock clock;

class Server {
 public:
  explicit Server(std::string body) : Server(serve::listen_at("127.0.0.1", 0), std::move(body)) {}
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  Server(serve::Listening listening, std::string body)
      : port_(listening.port),
        server_(
            std::move(listening.socket),
            [body = std::move(body)](std::string_view path) {
              return serve::Answer{
                  .status = path == "/there" ? 200 : 404, .type = serve::plain_text, .body = body};
            },
            clock) {}
  int port_;
  serve::HttpServer server_;
};

TEST(HttpGet, ReturnsTheStatusAndTheBody) {
  const Server server("words\n");
  const auto there = get(server.address(), "/there", Milliseconds(30'000));
  ASSERT_TRUE(there) << there.error().message;
  EXPECT_EQ(there->status, 200);
  EXPECT_EQ(there->body, "words\n");
  EXPECT_EQ(get(server.address(), "/elsewhere", Milliseconds(30'000))->status, 404);
}

TEST(HttpGet, AnAnswerHasALimit) {
  const Server server(std::string(largest_answer + 1, 'x'));
  const auto answer = get(server.address(), "/there", Milliseconds(30'000));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("too large"));
}

TEST(HttpGet, SaysThatNobodyListens) {
  std::string address;
  {
    const Server gone("");
    address = gone.address();
  }
  const auto answer = get(address, "/status", Milliseconds(30'000));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().name, "http.no_answer");
  EXPECT_THAT(answer.error().message, HasSubstr("http://" + address + "/status: nobody listens"));
}

/// The kernel accepts the connection, and nobody ever answers.
TEST(HttpGet, DoesNotWaitForever) {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof place;
  auto* const address = reinterpret_cast<sockaddr*>(&place);  // NOLINT: the sockets' own interface
  ASSERT_EQ(::bind(listening, address, size), 0);
  ASSERT_EQ(::listen(listening, 1), 0);
  ASSERT_EQ(::getsockname(listening, address, &size), 0);
  const auto answer =
      get("127.0.0.1:" + std::to_string(ntohs(place.sin_port)), "/status", Milliseconds(50));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("did not come in time"));
  ::close(listening);
}

}  // namespace
}  // namespace headwater::http
