#include "src/serve/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/serve/testing.h"

namespace headwater::serve {
namespace {

using serve_testing::Caller;
using serve_testing::get;
using testing::EndsWith;
using testing::StartsWith;

class Http : public testing::Test {
 protected:
  void SetUp() override {
    Listening listening = listen_at("127.0.0.1", 0);
    ASSERT_TRUE(listening.socket.is_open());
    port = listening.port;
    server = std::make_unique<HttpServer>(
        std::move(listening.socket),
        [this](std::string_view path) {
          return Answer{.type = "text/plain", .body = std::string(path) + extra};
        },
        clock);
  }
  void expect_well() const { EXPECT_THAT(get(port, "/well"), EndsWith("\r\n\r\n/well" + extra)); }

  serve_testing::SetClock clock;
  int port = 0;
  std::string extra;
  std::unique_ptr<HttpServer> server;
};

TEST_F(Http, SilentClientsDoNotBlockOthers) {
  std::vector<std::unique_ptr<Caller>> idle;
  for (int count = 0; count < 300; ++count) idle.push_back(std::make_unique<Caller>(port));
  expect_well();
  // It has closed the oldest: this would never end.
  EXPECT_EQ(idle.front()->hear(), "");
}

TEST_F(Http, SlowClientsAreDisconnected) {
  Caller slow(port);
  EXPECT_TRUE(slow.say("GET /"));
  expect_well();
  clock.pass(Milliseconds(4'000));
  EXPECT_TRUE(slow.say("slow"));
  expect_well();
  clock.pass(Milliseconds(1'000));
  expect_well();
  EXPECT_EQ(slow.hear(), "");
}

TEST_F(Http, ALongBodyIsNotReadToItsEnd) {
  Caller posts(port);
  EXPECT_TRUE(posts.say("POST /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"));
  const std::string megabyte(std::size_t{1} << 20U, '\0');
  int taken = 0;
  while (taken < 400 && posts.say("100000\r\n" + megabyte + "\r\n")) ++taken;
  // More than the socket buffers of both sides.
  EXPECT_LT(taken, 50);
  expect_well();
}

TEST_F(Http, AShortBodyDoesNotDisturbTheAnswer) {
  Caller posts(port);
  EXPECT_TRUE(posts.say("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"));
  EXPECT_THAT(posts.hear(), StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
}

TEST_F(Http, AMalformedRequestIsRefused) {
  Caller strange(port);
  EXPECT_TRUE(strange.say("\x16\x03\x01\x02 client hello\r\n\r\n"));
  EXPECT_THAT(strange.hear(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  Caller endless(port);
  EXPECT_TRUE(endless.say("GET / HTTP/1.1\r\n" + std::string(10'000, 'x')));
  EXPECT_THAT(endless.hear(), StartsWith("HTTP/1.1 431 "));
  expect_well();
}

TEST_F(Http, AHeadMayArriveInPieces) {
  Caller caller(port);
  for (const char* piece : {"GET /pie", "ces HTTP/1.1\r", "\nHost: x\r\n\r"}) {
    EXPECT_TRUE(caller.say(piece));
    expect_well();
  }
  EXPECT_TRUE(caller.say("\n"));
  EXPECT_THAT(caller.hear(), EndsWith("\r\n\r\n/pieces"));
}

TEST_F(Http, ALargeAnswerIsSentCompletely) {
  extra = std::string(20'000'000, 'x');
  expect_well();
}

TEST_F(Http, CanEndWithOpenConnections) {
  Caller idle(port);
  expect_well();
  server.reset();
  EXPECT_EQ(idle.hear(), "");
}

}  // namespace
}  // namespace headwater::serve
