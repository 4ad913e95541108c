#include "src/serve/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

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
  busy.snapshot = SnapshotProgress{.table = "orders", .done = 30, .total = 100};
  return {{.relay = "shop.orders", .progress = busy}, {.relay = "shop.customers", .progress = {}}};
}

const SystemClock clock;

TEST(Metrics, AreServedWithOneLabelForEachRelay) {
  const auto server = MetricsServer::listen("127.0.0.1:0", two_relays, clock);
  ASSERT_TRUE(server) << server.error().message;
  const std::string answer = get((*server)->port(), "/metrics");
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  for (const char* line : {"# TYPE headwater_events_appended_total counter",
                           "headwater_events_appended_total{relay=\"shop.orders\"} 4711",
                           "headwater_events_appended_total{relay=\"shop.customers\"} 0",
                           "headwater_backlog_changes{relay=\"shop.orders\"} 12",
                           "headwater_snapshot_rows_done{relay=\"shop.orders\"} 30",
                           "headwater_snapshot_rows_total{relay=\"shop.orders\"} 100",
                           "headwater_relay_state{relay=\"shop.orders\",state=\"leading\"} 1",
                           "headwater_relay_state{relay=\"shop.customers\",state=\"leading\"} 0"}) {
    EXPECT_THAT(answer, HasSubstr(line));
  }
  // A figure that a relay does not know is absent, not zero.
  EXPECT_THAT(answer, Not(HasSubstr("headwater_backlog_changes{relay=\"shop.customers\"}")));
}

TEST(Metrics, AnAddressInUseIsAnError) {
  const auto server = MetricsServer::listen("127.0.0.1:0", two_relays, clock);
  ASSERT_TRUE(server);
  const auto second =
      MetricsServer::listen("127.0.0.1:" + std::to_string((*server)->port()), two_relays, clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().name, "metrics.cannot_listen");
  EXPECT_THAT(second.error().message, HasSubstr(": Address already in use"));
  EXPECT_THAT(second.error().next, HasSubstr("--metrics 127.0.0.1:0"));
  const auto nonsense = MetricsServer::listen("nonsense", two_relays, clock);
  ASSERT_FALSE(nonsense);
  EXPECT_THAT(nonsense.error().message, HasSubstr("nonsense"));
}

TEST(Metrics, UnknownFiguresAreAbsent) {
  const auto server = MetricsServer::listen(
      "127.0.0.1:0",
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
  const auto server = MetricsServer::listen("localhost:0", two_relays, clock);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_GT((*server)->port(), 0);
  EXPECT_EQ((*server)->address(), "localhost:" + std::to_string((*server)->port()));
}

TEST(Metrics, AreHealthyUnlessARelayHasFailed) {
  std::atomic<bool> failed = false;
  const auto server = MetricsServer::listen(
      "127.0.0.1:0",
      [&failed] {
        auto relays = two_relays();
        relays[1].failed = failed;
        return relays;
      },
      clock);
  ASSERT_TRUE(server);
  const std::string well = get((*server)->port(), "/healthz");
  EXPECT_THAT(well, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(well, EndsWith("\r\n\r\nok\n"));
  failed = true;
  const std::string ill = get((*server)->port(), "/healthz");
  EXPECT_THAT(ill, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(ill, EndsWith("\r\n\r\nfailed: shop.customers\n"));
}

TEST(Metrics, AreUnhealthyAfterLongRetries) {
  serve_testing::SetClock time;
  const SteadyTime since = time.steady();
  const auto server = MetricsServer::listen(
      "127.0.0.1:0",
      [since] {
        auto relays = two_relays();
        relays[0].progress.retrying = Retrying{.since = since, .error = "stream.unavailable"};
        return relays;
      },
      time);
  ASSERT_TRUE(server);
  const int port = (*server)->port();
  time.pass(std::chrono::seconds(14));
  EXPECT_THAT(get(port, "/healthz"), StartsWith("HTTP/1.1 200 OK\r\n"));
  time.pass(std::chrono::seconds(61));
  const std::string ill = get(port, "/healthz");
  EXPECT_THAT(ill, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(ill, EndsWith("\r\n\r\nretrying: shop.orders: stream.unavailable for 75 s\n"));
  const std::string figures = get(port, "/metrics");
  EXPECT_THAT(figures, HasSubstr("headwater_retrying_seconds{relay=\"shop.orders\"} 75\n"));
  EXPECT_THAT(figures, HasSubstr("headwater_retrying_seconds{relay=\"shop.customers\"} 0\n"));
}

TEST(Metrics, NothingElseIsServed) {
  const auto server = MetricsServer::listen("127.0.0.1:0", two_relays, clock);
  ASSERT_TRUE(server);
  const int port = (*server)->port();
  for (const char* path : {"/", "/metrics/more", "/healthz.txt", "/etc/passwd", "/../etc/passwd"}) {
    EXPECT_THAT(get(port, path), StartsWith("HTTP/1.1 404 ")) << path;
  }
  EXPECT_THAT(ask(port, "DELETE", "/metrics"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(ask(port, "GET", "/healthz?verbose=1"), StartsWith("HTTP/1.1 200 "));
  const std::string head = ask(port, "HEAD", "/healthz");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
}

}  // namespace
}  // namespace headwater
