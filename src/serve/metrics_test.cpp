#include "src/serve/metrics.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace headwater {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The whole answer to a GET, by plain sockets.
std::string get(int port, const std::string& path) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(::send(connection, request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  std::string part(4096, '\0');
  for (ssize_t size = 0; (size = ::recv(connection, part.data(), part.size(), 0)) > 0;) {
    answer.append(part.data(), static_cast<std::size_t>(size));
  }
  ::close(connection);
  return answer;
}

std::vector<RelayFigures> two_relays() {
  RelayProgress busy;
  busy.state = RelayState::leading;
  busy.events_appended = 4711;
  busy.backlog = 12;
  busy.snapshot = SnapshotProgress{.table = "orders", .done = 30, .total = 100};
  return {{"shop.orders", busy}, {"shop.customers", {}}};
}

TEST(Metrics, AreServedWithOneLabelForEachRelay) {
  const auto server = MetricsServer::listen("127.0.0.1:0", two_relays);
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
  // What a relay cannot tell is not zero, it is not there.
  EXPECT_THAT(answer, Not(HasSubstr("headwater_backlog_changes{relay=\"shop.customers\"}")));
}

TEST(Metrics, AnAddressThatIsTakenIsSaid) {
  const auto server = MetricsServer::listen("127.0.0.1:0", two_relays);
  ASSERT_TRUE(server);
  const auto second =
      MetricsServer::listen("127.0.0.1:" + std::to_string((*server)->port()), two_relays);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().name, "metrics.cannot_listen");
  EXPECT_FALSE(second.error().next.empty());
  EXPECT_FALSE(MetricsServer::listen("nonsense", two_relays));
}

}  // namespace
}  // namespace headwater
