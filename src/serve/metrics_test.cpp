#include "src/serve/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "src/json/json.h"
#include "src/serve/testing.h"

namespace headwater {
namespace {

using serve_testing::ask;
using serve_testing::get;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<RelayFigures> two_relays() {
  RelayProgress busy;
  busy.state = RelayState::leading;
  busy.events_appended = 4711;
  busy.backlog = 12;
  busy.snapshot = SnapshotProgress{
      .table = "orders", .done = 30, .total = 100, .tables_done = 1, .tables_total = 4};
  return {{.relay = "shop.orders", .progress = busy}, {.relay = "shop.customers", .progress = {}}};
}

const SystemClock clock;
const Process process{.version = "1.2.3", .started = WallTime(std::chrono::seconds(1'800'000'000))};

TEST(Metrics, AreServedWithOneLabelForEachRelay) {
  const auto server = MetricsServer::listen("127.0.0.1:0", process, two_relays, clock);
  ASSERT_TRUE(server) << server.error().message;
  const std::string answer = get((*server)->port(), "/metrics");
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  for (const char* line : {"# TYPE headwater_events_appended_total counter",
                           "headwater_events_appended_total{relay=\"shop.orders\"} 4711",
                           "headwater_events_appended_total{relay=\"shop.customers\"} 0",
                           "headwater_backlog_changes{relay=\"shop.orders\"} 12",
                           "headwater_snapshot_rows_done{relay=\"shop.orders\"} 30",
                           "headwater_snapshot_rows_total{relay=\"shop.orders\"} 100",
                           "headwater_snapshot_tables_done{relay=\"shop.orders\"} 1",
                           "headwater_snapshot_tables_total{relay=\"shop.orders\"} 4",
                           "headwater_relay_state{relay=\"shop.orders\",state=\"leading\"} 1",
                           "headwater_relay_state{relay=\"shop.customers\",state=\"leading\"} 0"}) {
    EXPECT_THAT(answer, HasSubstr(line));
  }
  // A figure that a relay does not know is absent, not zero.
  EXPECT_THAT(answer, Not(HasSubstr("headwater_backlog_changes{relay=\"shop.customers\"}")));
}

TEST(Metrics, AnAddressInUseIsAnError) {
  const auto server = MetricsServer::listen("127.0.0.1:0", process, two_relays, clock);
  ASSERT_TRUE(server);
  const auto second = MetricsServer::listen("127.0.0.1:" + std::to_string((*server)->port()),
                                            process, two_relays, clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().name, "metrics.cannot_listen");
  EXPECT_THAT(second.error().message, HasSubstr(": Address already in use"));
  EXPECT_THAT(second.error().next, HasSubstr("--metrics 127.0.0.1:0"));
  const auto nonsense = MetricsServer::listen("nonsense", process, two_relays, clock);
  ASSERT_FALSE(nonsense);
  EXPECT_THAT(nonsense.error().message, HasSubstr("nonsense"));
}

TEST(Metrics, UnknownFiguresAreAbsent) {
  const auto server = MetricsServer::listen(
      "127.0.0.1:0", process,
      [] {
        RelayProgress reading;
        reading.snapshot = SnapshotProgress{.table = "orders", .done = 30};
        return std::vector<RelayFigures>{{.relay = "a", .progress = reading}};
      },
      clock);
  ASSERT_TRUE(server);
  const std::string answer = get((*server)->port(), "/metrics");
  EXPECT_THAT(answer, HasSubstr("headwater_snapshot_rows_done{relay=\"a\"} 30"));
  EXPECT_THAT(answer, Not(HasSubstr("headwater_snapshot_rows_total{")));
  EXPECT_THAT(answer, Not(HasSubstr("headwater_backlog_changes{")));
}

TEST(Metrics, TheAddressHasTheChosenPort) {
  const auto server = MetricsServer::listen("localhost:0", process, two_relays, clock);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_GT((*server)->port(), 0);
  EXPECT_EQ((*server)->address(), "localhost:" + std::to_string((*server)->port()));
}

TEST(Metrics, WhatHappenedIsCountedByItsName) {
  const auto server = MetricsServer::listen(
      "127.0.0.1:0", process,
      [] {
        RelayProgress progress;
        progress.retries = {{"stream.unavailable", 3}, {"source.timeout", 1}};
        progress.gaps = {{"source.history_lost", 1}};
        progress.delays.append.add(Milliseconds(3));
        progress.delays.append.add(std::chrono::hours(1));
        return std::vector<RelayFigures>{{.relay = "a", .progress = progress}};
      },
      clock);
  ASSERT_TRUE(server);
  const std::string answer = get((*server)->port(), "/metrics");
  for (const char* line :
       {"headwater_build_info{version=\"1.2.3\"} 1\n",
        "headwater_retries_total{relay=\"a\",error=\"stream.unavailable\"} 3\n",
        "headwater_retries_total{relay=\"a\",error=\"source.timeout\"} 1\n",
        "headwater_gaps_total{relay=\"a\",reason=\"source.history_lost\"} 1\n",
        "headwater_append_duration_seconds_count{relay=\"a\"} 2\n",
        "headwater_append_duration_seconds_bucket{relay=\"a\",le=\"0.0025\"} 0\n",
        "headwater_append_duration_seconds_bucket{relay=\"a\",le=\"0.005\"} 1\n",
        "headwater_append_duration_seconds_bucket{relay=\"a\",le=\"300\"} 1\n",
        "headwater_append_duration_seconds_bucket{relay=\"a\",le=\"+Inf\"} 2\n"}) {
    EXPECT_THAT(answer, HasSubstr(line));
  }
}

/// What /livez, /readyz and /status say of one relay, `span` later.
class MetricsHealth : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = MetricsServer::listen(
        "127.0.0.1:0", process, [this] { return std::vector<RelayFigures>{relay}; }, time);
    ASSERT_TRUE(made);
    server = *std::move(made);
    relay.progress.state = RelayState::leading;
  }
  [[nodiscard]] std::string ask_for(const std::string& path) const {
    return get(server->port(), path);
  }
  void expect(const std::string& path, int status, const std::string& words) const {
    const std::string answer = ask_for(path);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(status) + " ")) << path;
    EXPECT_THAT(answer, EndsWith("\r\n\r\n" + words)) << path;
  }

  serve_testing::SetClock time;
  RelayFigures relay{.relay = "orders", .progress = {}};
  std::unique_ptr<MetricsServer> server;
};

TEST_F(MetricsHealth, AnIdleRelayIsWellForEver) {
  time.pass(std::chrono::hours(100));
  expect("/livez", 200, "ok\n");
  expect("/readyz", 200, "orders: leading\n");
}

TEST_F(MetricsHealth, AStandbyIsWellAndSaysSo) {
  relay.progress.state = RelayState::standing_by;
  time.pass(std::chrono::hours(100));
  expect("/livez", 200, "ok\n");
  expect("/readyz", 200, "orders: standing by: another relay leads\n");
}

TEST_F(MetricsHealth, OneThatIsNotConnectedYetIsAliveAndNotReady) {
  relay.progress.state = RelayState::starting;
  expect("/livez", 200, "ok\n");
  expect("/readyz", 503, "orders: starting\n");
}

TEST_F(MetricsHealth, OneThatHasFailedIsNeither) {
  relay.error = "source.history_lost";
  relay.progress.state = RelayState::ended;
  expect("/livez", 503, "orders: failed: source.history_lost\n");
  expect("/readyz", 503, "orders: failed: source.history_lost\n");
  EXPECT_THAT(ask_for("/metrics"), HasSubstr("headwater_failed{relay=\"orders\"} 1\n"));
}

/// A restart does not bring a broker back.
TEST_F(MetricsHealth, ABrokerThatIsAwayIsNoReasonToRestart) {
  relay.progress.retrying = Retrying{.since = time.steady(), .error = "stream.unavailable"};
  relay.progress.waiting_since = time.steady();
  time.pass(std::chrono::seconds(14));
  expect("/readyz", 200, "orders: leading\n");
  time.pass(std::chrono::seconds(1'000));
  expect("/livez", 200, "ok\n");
  expect("/readyz", 503, "orders: retrying: stream.unavailable for 1014 s\n");
  const std::string figures = ask_for("/metrics");
  EXPECT_THAT(figures, HasSubstr("headwater_retrying_seconds{relay=\"orders\"} 1014\n"));
  EXPECT_THAT(figures, HasSubstr("headwater_stuck{relay=\"orders\"} 0\n"));
}

TEST_F(MetricsHealth, WorkThatDoesNotMoveIsStuck) {
  relay.progress.waiting_since = time.steady();
  time.pass(std::chrono::seconds(59));
  expect("/readyz", 200, "orders: leading\n");
  time.pass(std::chrono::seconds(1));
  expect("/livez", 200, "ok\n");
  expect("/readyz", 503, "orders: stuck: no progress for 60 s although there is work\n");
  EXPECT_THAT(ask_for("/metrics"), HasSubstr("headwater_stuck{relay=\"orders\"} 1\n"));
  time.pass(std::chrono::seconds(240));
  expect("/livez", 503, "orders: stuck: no progress for 300 s although there is work\n");
}

TEST_F(MetricsHealth, ACallThatDoesNotReturnIsStuck) {
  relay.progress.overdue_since = time.steady();
  time.pass(std::chrono::seconds(61));
  expect("/readyz", 503, "orders: stuck: no progress for 61 s although there is work\n");
}

TEST_F(MetricsHealth, TheStatusHasWhatThereIs) {
  relay.progress.tail_sequence = 4'711;
  relay.progress.takeovers = 2;
  relay.progress.retries = {{"stream.unavailable", 3}};
  relay.progress.oldest_waiting = time.wall() - std::chrono::seconds(3);
  relay.progress.backlog = 12;
  relay.progress.until_loss = {.time = std::chrono::hours(2), .bytes = 8'192};
  relay.progress.source_lag = SourceLag{.amount = 12, .unit = SourceLag::Unit::seconds};
  relay.progress.stream_room = {.history = std::chrono::hours(1), .bytes = 4'096};
  relay.position = "change 4711 of shop.db";
  const std::string answer = ask_for("/status");
  const auto json = Json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  ASSERT_TRUE(json) << answer;
  EXPECT_EQ((*json)["version"].text(), "1.2.3");
  EXPECT_EQ((*json)["started"].text(), "2027-01-15T08:00:00.000Z");
  const Json& one = (*json)["relays"][0];
  EXPECT_EQ(one["relay"].text(), "orders");
  EXPECT_EQ(one["state"].text(), "leading");
  EXPECT_EQ(one["ready"].boolean(), true);
  EXPECT_EQ(one["tail"].unsigned_integer(), 4'711U);
  EXPECT_EQ(one["lag_seconds"].real(), 3.0);
  EXPECT_EQ(one["backlog"].unsigned_integer(), 12U);
  EXPECT_EQ(one["seconds_until_loss"].real(), 7'200.0);
  EXPECT_EQ(one["bytes_until_loss"].unsigned_integer(), 8'192U);
  EXPECT_EQ(one["source_lag_seconds"].unsigned_integer(), 12U);
  EXPECT_EQ(one["stream_history_seconds"].real(), 3'600.0);
  EXPECT_EQ(one["stream_room_bytes"].unsigned_integer(), 4'096U);
  EXPECT_EQ(one["retries"]["stream.unavailable"].unsigned_integer(), 3U);
  EXPECT_FALSE(one.contains("snapshot"));
  const std::string figures = ask_for("/metrics");
  for (const char* line : {"headwater_lag_seconds{relay=\"orders\"} 3\n",
                           "headwater_source_lag_seconds{relay=\"orders\"} 12\n",
                           "headwater_bytes_until_loss{relay=\"orders\"} 8192\n",
                           "headwater_stream_history_seconds{relay=\"orders\"} 3600\n",
                           "headwater_stream_room_bytes{relay=\"orders\"} 4096\n"}) {
    EXPECT_THAT(figures, HasSubstr(line));
  }
  // Of the source's units, it has one.
  EXPECT_THAT(figures, Not(HasSubstr("headwater_source_lag_bytes{")));
}

TEST(Metrics, NothingElseIsServed) {
  const auto server = MetricsServer::listen("127.0.0.1:0", process, two_relays, clock);
  ASSERT_TRUE(server);
  const int port = (*server)->port();
  for (const char* path : {"//", "/metrics/more", "/healthz", "/etc/passwd", "/../etc/passwd"}) {
    EXPECT_THAT(get(port, path), StartsWith("HTTP/1.1 404 ")) << path;
  }
  EXPECT_THAT(ask(port, "DELETE", "/metrics"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(ask(port, "GET", "/livez?verbose=1"), StartsWith("HTTP/1.1 200 "));
  const std::string head = ask(port, "HEAD", "/livez");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
}

}  // namespace
}  // namespace headwater
