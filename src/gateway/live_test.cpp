#include "src/gateway/live.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <vector>

#include "src/gateway/testing.h"

namespace headwater::gateway {
namespace {

using serve_testing::Caller;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* live = "/streams/orders/live";

class Live : public testing::Test {
 protected:
  void SetUp() override { start(1'000); }

  void start(std::size_t clients) {
    gateway.reset();
    auto made =
        Gateway::listen({.listen = "127.0.0.1:0",
                         .clients = clients,
                         .client_buffer = 64U << 10U,
                         .note_error = [](const std::string&, const Error&) {}},
                        {{.relay = "orders", .open = [this] { return orders.open(); }}}, clock);
    ASSERT_TRUE(made) << made.error().message;
    gateway = *std::move(made);
    port = gateway->port();
  }
  [[nodiscard]] std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) const {
    std::vector<std::uint64_t> all(to - from + 1);
    std::iota(all.begin(), all.end(), from);
    return all;
  }
  void expect_well() const { EXPECT_EQ(request(port, "GET /healthz").status, 200); }

  /// Until a request is served, which takes this much time, or several times as much.
  void expect_room_after(Milliseconds span) {
    int status = 503;
    for (int tries = 0; tries < 10'000 && status == 503; ++tries) {
      clock.pass(span);
      status = request(port, "GET /healthz").status;
    }
    EXPECT_EQ(status, 200);
  }

  serve_testing::SetClock clock;
  FakeStream orders;
  std::unique_ptr<Gateway> gateway;
  int port = 0;
};

TEST_F(Live, SendsWhatIsThereAndWhatComes) {
  orders.append(3'000, "{\"text\":\"" + std::string(400, 'x') + "\"}");
  Listener listener(port, std::string(live) + "?from=earliest");
  EXPECT_EQ(listener.ids(3'000), numbers(1, 3'000));
  EXPECT_THAT(listener.head(), HasSubstr("Content-Type: text/event-stream"));
  orders.append(2);
  const std::string event = listener.next();
  EXPECT_THAT(event, StartsWith("id: 3001\ndata: {\"specversion\":\"1.0\",\"id\":\"id-3001\""));
  EXPECT_THAT(listener.ids(1), ElementsAre(3'002));
  orders.skip(7);
  orders.append(1);
  EXPECT_THAT(listener.ids(1), ElementsAre(3'010));
}

TEST_F(Live, StartsAtTheEndUnlessToldOtherwise) {
  orders.append(5);
  Listener listener(port, live);
  EXPECT_EQ(listener.next(), ": headwater");
  // Where it has started shows once something comes.
  listener.when_silent([&] { orders.append(1); });
  const auto ids = listener.ids(2);
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_GT(ids[0], 5U);
  EXPECT_EQ(ids[1], ids[0] + 1);
}

TEST_F(Live, ResumesAfterTheLastEventId) {
  orders.append(10);
  // A browser repeats its address, so the header is stronger.
  Listener listener(port, std::string(live) + "?from=earliest", "Last-Event-ID: 7\r\n");
  EXPECT_THAT(listener.ids(3), ElementsAre(8, 9, 10));
  Listener at_end(port, live, "Last-Event-ID: 10\r\n");
  orders.append(1);
  EXPECT_THAT(at_end.ids(1), ElementsAre(11));
}

TEST_F(Live, FollowersShareOneReader) {
  orders.append(1);
  std::vector<std::unique_ptr<Listener>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(std::make_unique<Listener>(port, std::string(live) + "?from=earliest"));
    EXPECT_THAT(all.back()->ids(1), ElementsAre(1));
  }
  const auto before = orders.reads();
  orders.append(1);
  for (const auto& each : all) EXPECT_THAT(each->ids(1), ElementsAre(2));
  EXPECT_LT(orders.reads() - before, 20U);
}

TEST_F(Live, ASlowClientDelaysNobodyAndMissesNothing) {
  const std::string data = "{\"text\":\"" + std::string(10'000, 'x') + "\"}";
  orders.append(1, data);
  Listener slow(port, std::string(live) + "?from=earliest");
  EXPECT_EQ(slow.ids(1), numbers(1, 1));
  Listener quick(port, std::string(live) + "?from=earliest");
  // More than the ring and the sockets hold.
  for (std::uint64_t done = 1; done < 3'001; done += 100) {
    orders.append(100, data);
    EXPECT_EQ(quick.ids(done == 1 ? 101 : 100).back(), done + 100);
  }
  EXPECT_EQ(slow.ids(3'000), numbers(2, 3'001));
}

TEST_F(Live, AClientThatNeverReadsIsClosed) {
  start(2);
  orders.append(2'000, "{\"text\":\"" + std::string(10'000, 'x') + "\"}");
  Caller never(port, 4'096);
  EXPECT_TRUE(
      never.say("GET " + std::string(live) + "?from=earliest HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  Listener other(port, std::string(live) + "?from=earliest");
  EXPECT_EQ(other.ids(2'000).size(), 2'000U);
  // There is room for one more once it is closed. A little of what it was sent may still move on in
  // the system, which counts as progress.
  expect_room_after(Milliseconds(30'001));
  // Whatever was in the sockets' buffers, and then the end.
  EXPECT_LT(never.hear().size(), 20'000'000U);
  orders.append(1);
  EXPECT_THAT(other.ids(1), ElementsAre(2'001));
}

TEST_F(Live, APlaceOutsideTheStreamEndsIt) {
  orders.append(20);
  orders.remove_before(11);
  EXPECT_EQ(Listener(port, live, "Last-Event-ID: 4\r\n").error(), "stream.aged_out");
  EXPECT_EQ(Listener(port, live, "Last-Event-ID: 20\r\n").next(), ": headwater");
  EXPECT_EQ(Listener(port, live, "Last-Event-ID: 25\r\n").error(), "stream.beyond_end");
  EXPECT_THAT(Listener(port, live, "Last-Event-ID: 10\r\n").ids(1), ElementsAre(11));
}

TEST_F(Live, ARecreatedStreamEndsIt) {
  orders.append(3);
  Listener listener(port, std::string(live) + "?from=earliest");
  EXPECT_EQ(listener.ids(3), numbers(1, 3));
  orders.recreate();
  EXPECT_EQ(listener.error(), "stream.recreated");
  EXPECT_EQ(listener.next(), "");
  orders.append(2);
  EXPECT_THAT(Listener(port, std::string(live) + "?from=earliest").ids(2), ElementsAre(1, 2));
}

/// Threads of the feed may still have the earlier stream open when it comes.
TEST_F(Live, WhoeverHasNoPlaceGetsTheStreamThatIsThere) {
  for (std::uint64_t life = 1; life <= 20; ++life) {
    orders.append(life);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(request(port, "GET /streams/orders/events").status, 200);
    }
    EXPECT_EQ(Listener(port, std::string(live) + "?from=earliest").ids(life), numbers(1, life));
    orders.recreate();
    orders.append(2);
    EXPECT_EQ(Listener(port, std::string(live) + "?from=earliest").ids(2), numbers(1, 2)) << life;
    orders.recreate();
  }
}

TEST_F(Live, AStreamThatWasAwayContinues) {
  orders.append(3);
  Listener listener(port, std::string(live) + "?from=earliest");
  EXPECT_EQ(listener.ids(3), numbers(1, 3));
  orders.set_away(true);
  Listener meanwhile(port, std::string(live) + "?from=earliest");
  EXPECT_EQ(meanwhile.next(), ": headwater");
  expect_well();
  orders.set_away(false);
  orders.append(1);
  // A page that failed is read again after a second.
  const auto time_passes = [&] {
    clock.pass(Milliseconds(1'001));
    expect_well();
  };
  listener.when_silent(time_passes);
  meanwhile.when_silent(time_passes);
  EXPECT_THAT(listener.ids(1), ElementsAre(4));
  EXPECT_EQ(meanwhile.ids(4), numbers(1, 4));
}

TEST_F(Live, SilenceHasHeartbeats) {
  Listener listener(port, live);
  EXPECT_EQ(listener.next(), ": headwater");
  clock.pass(Milliseconds(15'001));
  expect_well();
  EXPECT_EQ(listener.next(), ":");
}

TEST_F(Live, OneClientMoreThanAllowedIsRefusedInWords) {
  start(3);
  std::vector<std::unique_ptr<Listener>> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(std::make_unique<Listener>(port, std::string(live) + "?from=earliest"));
    EXPECT_EQ(all.back()->next(), ": headwater");
  }
  const Heard refused = request(port, "GET /healthz");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.error(), "serve.too_many_clients");
  orders.append(1);
  for (const auto& each : all) EXPECT_THAT(each->ids(1), ElementsAre(1));
  all.pop_back();
  // Its end may be noticed a little later.
  expect_room_after(Milliseconds(0));
}

TEST_F(Live, IdleClientsDoNotShutOthersOut) {
  start(3);
  std::vector<std::unique_ptr<Caller>> idle;
  for (int i = 0; i < 50; ++i) idle.push_back(std::make_unique<Caller>(port));
  expect_well();
}

TEST_F(Live, RefusedClientsDoNotRaiseTheLimit) {
  start(3);
  std::vector<std::unique_ptr<Listener>> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(std::make_unique<Listener>(port, std::string(live) + "?from=earliest"));
    EXPECT_EQ(all.back()->next(), ": headwater");
  }
  std::vector<std::unique_ptr<Caller>> silent;
  for (int i = 0; i < 50; ++i) silent.push_back(std::make_unique<Caller>(port));
  EXPECT_EQ(request(port, "GET /healthz").status, 503);
}

TEST_F(Live, StoppingClosesEverything) {
  Listener listener(port, live);
  EXPECT_EQ(listener.next(), ": headwater");
  gateway.reset();
  EXPECT_EQ(listener.next(), "");
}

}  // namespace
}  // namespace headwater::gateway
