// A service whose connections stay open and whose requests have bodies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/serve/http_server.h"
#include "src/serve/testing.h"

namespace headwater::serve {
namespace {

using serve_testing::Caller;
using testing::HasSubstr;
using testing::StartsWith;

class KeepAlive : public testing::Test {
 protected:
  void SetUp() override {
    Listening listening = listen_at("127.0.0.1", 0);
    ASSERT_TRUE(listening.socket.is_open());
    port = listening.port;
    Service service;
    service.handle = [](const Request& request, bool keeps) {
      const Answer answer{.type = "text/plain",
                          .body = request.method + " " + request.path + " " + request.body + "\n"};
      return std::make_unique<ReadyReply>(answer, request.method != "HEAD", keeps);
    };
    service.limits = {.body_bytes = 100, .request = Milliseconds(20'000), .life = std::nullopt};
    server =
        std::make_unique<HttpServer>(std::move(listening.socket), std::move(service),
                                     ServerLimits{.connections = 10, .when_full = WhenFull::refuse},
                                     std::nullopt, std::make_shared<const Wake>(), clock);
  }
  /// What the server answers until it closes the connection.
  [[nodiscard]] std::string answer_to(const std::string& words) const {
    Caller caller(port);
    EXPECT_TRUE(caller.say(words));
    return caller.hear();
  }

  serve_testing::SetClock clock;
  int port = 0;
  std::unique_ptr<HttpServer> server;
};

std::string body(const std::string& text) {
  return "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
}

TEST_F(KeepAlive, RequestsAreAnsweredInTheirOrder) {
  const std::string all =
      answer_to("GET /a HTTP/1.1\r\n\r\nPUT /b HTTP/1.1\r\n" + body("one") +
                "HEAD /c HTTP/1.1\r\n\r\n\r\nPUT /d HTTP/1.1\r\n" + body("two") +
                "GET /e HTTP/1.1\r\nConnection: close\r\n\r\n"
                "GET /never HTTP/1.1\r\n\r\n");
  const std::string expected[] = {"GET /a \n", "PUT /b one\n", "PUT /d two\n", "GET /e \n"};
  std::size_t at = 0;
  for (const std::string& each : expected) {
    at = all.find(each, at);
    ASSERT_NE(at, std::string::npos) << each << all;
  }
  EXPECT_EQ(all.find("HEAD"), std::string::npos);
  EXPECT_EQ(all.find("never"), std::string::npos);
}

TEST_F(KeepAlive, ABodyMayComeLater) {
  Caller caller(port);
  EXPECT_TRUE(
      caller.say("PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\n"
                 "Content-Length: 4\r\n\r\n"));
  EXPECT_EQ(caller.hear_some(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(caller.say("bo"));
  EXPECT_TRUE(caller.say("dy"));
  EXPECT_THAT(caller.hear(), HasSubstr("PUT /a body\n"));
}

TEST_F(KeepAlive, HttpOneZeroClosesUnlessAskedNotTo) {
  EXPECT_THAT(answer_to("GET /a HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer_to("GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n"),
              HasSubstr("GET /b"));
}

TEST_F(KeepAlive, BodiesWithoutOneClearLengthAreRefused) {
  EXPECT_THAT(answer_to("PUT / HTTP/1.1\r\nContent-Length: 101\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer_to("PUT / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n"),
              StartsWith("HTTP/1.1 411 "));
  EXPECT_THAT(
      answer_to("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"),
      StartsWith("HTTP/1.1 411 "));
  EXPECT_THAT(answer_to("PUT / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"),
              StartsWith("HTTP/1.1 411 "));
  EXPECT_THAT(answer_to("PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
              StartsWith("HTTP/1.1 411 "));
}

TEST_F(KeepAlive, AmbiguousHeadersAreRefused) {
  for (const char* header : {"Content-Length : 3", " folded: a", "no colon", ": nothing"}) {
    EXPECT_THAT(answer_to("GET / HTTP/1.1\r\n" + std::string(header) + "\r\n\r\n"),
                StartsWith("HTTP/1.1 400 "))
        << header;
  }
}

TEST_F(KeepAlive, AnIdleConnectionIsClosed) {
  Caller caller(port);
  EXPECT_TRUE(caller.say("GET /a HTTP/1.1\r\n\r\n"));
  EXPECT_THAT(caller.hear_some(), HasSubstr("GET /a"));
  clock.pass(Milliseconds(20'001));
  EXPECT_THAT(answer_to("GET /b HTTP/1.1\r\nConnection: close\r\n\r\n"), HasSubstr("GET /b"));
  EXPECT_EQ(caller.hear(), "");
}

TEST_F(KeepAlive, WhoeverHasAnAnswerAndDoesNotCloseMakesRoom) {
  std::vector<std::unique_ptr<Caller>> open;
  for (int i = 0; i < 10; ++i) {
    open.push_back(std::make_unique<Caller>(port));
    EXPECT_TRUE(open.back()->say("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n"));
    EXPECT_THAT(open.back()->hear(), HasSubstr("GET /a"));
  }
  EXPECT_THAT(answer_to("GET /b HTTP/1.1\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(KeepAlive, EmptyLinesCountAsAHead) {
  std::string lines;
  for (int i = 0; i < 4'097; ++i) lines += "\r\n";
  EXPECT_THAT(answer_to(lines), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(answer_to("\r\n\r\nGET /a HTTP/1.1\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST(Parameters, AreDecodedAndUnique) {
  const auto all = parameters_of("from=2026-11-23T08%3A15%3A30Z&consumer=a%20b&&");
  ASSERT_TRUE(all);
  EXPECT_THAT(*all, testing::ElementsAre(testing::Pair("from", "2026-11-23T08:15:30Z"),
                                         testing::Pair("consumer", "a b")));
  EXPECT_FALSE(parameters_of("from=1&from=2"));
  EXPECT_FALSE(parameters_of("from"));
  EXPECT_FALSE(parameters_of("=1"));
}

}  // namespace
}  // namespace headwater::serve
