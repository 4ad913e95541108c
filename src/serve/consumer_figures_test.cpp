// What `headwater consume` serves.
#include "src/serve/consumer_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "src/serve/metrics.h"
#include "src/serve/testing.h"

namespace headwater {
namespace {

using serve_testing::get;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ConsumerMetrics : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = MetricsServer::listen("127.0.0.1:0", {.version = "1.2.3", .started = {}},
                                      MetricsServer::AskConsumer([this] { return mail_; }), time_);
    ASSERT_TRUE(made) << made.error().message;
    server_ = *std::move(made);
  }
  [[nodiscard]] std::string ask_for(const std::string& path) const {
    return get(server_->port(), path);
  }

  serve_testing::SetClock time_;
  ConsumerFigures mail_{
      .consumer = "mail", .relay = "orders", .stream = "a stream", .started = true, .progress = {}};
  std::unique_ptr<MetricsServer> server_;
};

TEST_F(ConsumerMetrics, EachSaysWhoConsumesWhat) {
  mail_.progress.handled = 9;
  mail_.progress.acknowledged = 11;
  mail_.progress.retries = {{"handler.not_yet", 3}};
  mail_.progress.causes = {{"handler.rejected", 2}};
  mail_.progress.letters_open = 4;
  mail_.handler_restarts = 1;
  mail_.lag = consumer::Lag{.events = 5, .time = Milliseconds(2'500)};
  const std::string answer = ask_for("/metrics");
  const std::string who = "{relay=\"orders\",consumer=\"mail\"";
  for (const std::string& line :
       {std::string("headwater_build_info{version=\"1.2.3\"} 1\n"),
        "headwater_consumer_events_handled_total" + who + "} 9\n",
        "headwater_consumer_acknowledged_sequence" + who + "} 11\n",
        "headwater_consumer_retries_total" + who + ",error=\"handler.not_yet\"} 3\n",
        "headwater_consumer_dead_letters_total" + who + ",error=\"handler.rejected\"} 2\n",
        "headwater_consumer_dead_letters_open" + who + "} 4\n",
        "headwater_consumer_handler_restarts_total" + who + "} 1\n",
        "headwater_consumer_lag_events" + who + "} 5\n",
        "headwater_consumer_lag_seconds" + who + "} 2.5\n",
        "headwater_consumer_retrying_seconds" + who + "} 0\n"}) {
    EXPECT_THAT(answer, HasSubstr(line));
  }
}

TEST_F(ConsumerMetrics, WhatIsUnknownIsAbsent) {
  mail_.started = false;
  const std::string answer = ask_for("/metrics");
  for (const char* name :
       {"acknowledged_sequence", "lag_events", "lag_seconds", "dead_letters_open"}) {
    EXPECT_THAT(answer, Not(HasSubstr(std::string("headwater_consumer_") + name + "{")));
  }
}

/// What it tries again is its own affair for a while.
TEST_F(ConsumerMetrics, OneThatOnlyTriesAgainIsAliveAndNotReady) {
  EXPECT_THAT(ask_for("/readyz"), EndsWith("\r\n\r\nmail: consuming\n"));
  mail_.progress.trouble = "handler.not_yet";
  mail_.progress.trouble_since = time_.steady();
  time_.pass(std::chrono::seconds(14));
  EXPECT_THAT(ask_for("/readyz"), StartsWith("HTTP/1.1 200 "));
  time_.pass(std::chrono::seconds(6));
  EXPECT_THAT(ask_for("/readyz"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(ask_for("/readyz"), EndsWith("\r\n\r\nmail: retrying: handler.not_yet for 20 s\n"));
  EXPECT_THAT(ask_for("/livez"), EndsWith("\r\n\r\nok\n"));
  EXPECT_THAT(ask_for("/metrics"), HasSubstr("headwater_consumer_retrying_seconds{relay=\"orders\","
                                             "consumer=\"mail\"} 20\n"));
  mail_.started = false;
  EXPECT_THAT(ask_for("/readyz"), EndsWith("\r\n\r\nmail: starting\n"));
}

TEST_F(ConsumerMetrics, TheStatusHasNoRelays) {
  mail_.progress.handled = 9;
  mail_.progress.causes = {{"handler.rejected", 2}};
  mail_.lag = consumer::Lag{.events = 5, .time = Milliseconds(2'500)};
  const std::string answer = ask_for("/status");
  const auto json = Json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  ASSERT_TRUE(json) << answer;
  EXPECT_EQ((*json)["relays"].size(), 0U);
  const Json& one = (*json)["consumers"][0];
  EXPECT_EQ(one["consumer"].text(), "mail");
  EXPECT_EQ(one["ready"].boolean(), true);
  EXPECT_EQ(one["events_handled"].unsigned_integer(), 9U);
  EXPECT_EQ(one["dead_letters"]["handler.rejected"].unsigned_integer(), 2U);
  EXPECT_EQ(one["lag_seconds"].real(), 2.5);
  EXPECT_FALSE(one.contains("dead_letters_open"));
}

TEST_F(ConsumerMetrics, AnAddressInUseNamesThisCommand) {
  const auto second = MetricsServer::listen(
      server_->address(), {}, MetricsServer::AskConsumer([this] { return mail_; }), time_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().next, HasSubstr("headwater consume -c FILE --consumer NAME"));
}

}  // namespace
}  // namespace headwater
