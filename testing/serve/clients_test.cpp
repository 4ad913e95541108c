// Clients that are many, slow, silent or hostile.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "testing/serve/served.h"

namespace headwater {
namespace {

using gateway::heard_in;
using gateway::Listener;
using serve_testing::Caller;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;
#ifdef HEADWATER_SANITIZED
constexpr std::uint64_t most_memory = 2'000 * mebibyte;
#else
constexpr std::uint64_t most_memory = 96 * mebibyte;
#endif

class ServeClients : public testing::Test {
 protected:
  void SetUp() override {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4'096);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    served.prepare();
  }
  void expect_well() { EXPECT_EQ(served.get("/healthz").status, 200); }

  Served served;
};

TEST_F(ServeClients, AThousandFollowAndEachGetsEverything) {
  served.append(1);
  served.start();
  std::vector<std::unique_ptr<Listener>> all;
  all.reserve(999);
  // One of the thousand is for the requests besides.
  for (int i = 0; i < 999; ++i) {
    all.push_back(std::make_unique<Listener>(served.port(), live_from_earliest));
  }
  for (const auto& each : all) ASSERT_EQ(each->ids(1), numbers(1, 1));
  expect_well();
  for (int i = 0; i < 10; ++i) served.append(20, 400);
  for (const auto& each : all) ASSERT_EQ(each->ids(200), numbers(2, 201));
  EXPECT_LT(served.process().peak_memory(), most_memory);
}

TEST_F(ServeClients, AThousandSilentOnesShutNobodyOut) {
  served.append(5);
  served.start();
  std::vector<std::unique_ptr<Caller>> idle;
  idle.reserve(1'100);
  for (int i = 0; i < 1'100; ++i) idle.push_back(std::make_unique<Caller>(served.port()));
  EXPECT_EQ(Listener(served.port(), live_from_earliest).ids(5), numbers(1, 5));
  EXPECT_LT(served.process().peak_memory(), most_memory);
}

TEST_F(ServeClients, ThoseThatNeverReadHoldUpNobodyAndCostLittle) {
  for (int i = 0; i < 40; ++i) served.append(50, 10'000);
  served.start();
  std::vector<std::unique_ptr<Caller>> never;
  for (int i = 0; i < 50; ++i) {
    never.push_back(std::make_unique<Caller>(served.port()));
    EXPECT_TRUE(never.back()->say("GET " + std::string(live_from_earliest) +
                                  " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  }
  Listener other(served.port(), live_from_earliest);
  EXPECT_EQ(other.ids(2'000), numbers(1, 2'000));
  served.append(1);
  EXPECT_EQ(other.ids(1), numbers(2'001, 2'001));
  EXPECT_LT(served.process().peak_memory(), most_memory);
}

TEST_F(ServeClients, ARequestOfAGigabyteCostsNothing) {
  served.append(1);
  served.start();
  const std::string part(mebibyte, 'x');
  for (const std::string& head :
       {std::string("GET /streams HTTP/1.1\r\nHost: localhost\r\nX-Long: "), std::string("GET /"),
        std::string("PUT /streams/orders/consumers/a HTTP/1.1\r\nHost: localhost\r\n"
                    "Content-Length: 1073741824\r\n\r\n"),
        std::string("PUT /streams/orders/consumers/a HTTP/1.1\r\nHost: localhost\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n40000000\r\n")}) {
    Caller caller(served.port());
    EXPECT_TRUE(caller.say(head));
    int sent = 0;
    while (sent < 1'024 && caller.say(part)) ++sent;
    // More than the sockets' buffers of both sides, and far less than all.
    EXPECT_LT(sent, 100);
    expect_well();
  }
  Caller polite(served.port());
  EXPECT_TRUE(
      polite.say("PUT /streams/orders/consumers/a HTTP/1.1\r\nHost: localhost\r\n"
                 "Content-Length: 1073741824\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(heard_in(polite.hear()).error(), "serve.body_too_large");
  EXPECT_LT(served.process().peak_memory(), most_memory / 2);
}

}  // namespace
}  // namespace headwater
