#include "src/gateway/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "src/gateway/testing.h"

namespace headwater::gateway {
namespace {

using serve_testing::Caller;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* reader_token = "reader-0123456789abcdef";
constexpr const char* consumer_token = "consumer-0123456789abcdef";

std::string bearer(const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; }

class Streams : public testing::Test {
 protected:
  void SetUp() override { start({}); }

  void start(GatewayOptions options) {
    gateway.reset();
    options.listen = "127.0.0.1:0";
    options.note_error = [](const std::string&, const Error&) {};
    auto made = Gateway::listen(std::move(options),
                                {{.relay = "orders", .open = [this] { return orders.open(); }},
                                 {.relay = "stock", .open = [this] { return stock.open(); }}},
                                clock);
    ASSERT_TRUE(made) << made.error().message;
    gateway = *std::move(made);
    port = gateway->port();
  }
  void start_with_tokens() {
    start({.tokens = {{.token = reader_token, .rights = {.relays = {{"orders"}}}},
                      {.token = consumer_token, .rights = {.may_consume = true}}}});
  }
  [[nodiscard]] Heard get(const std::string& target, const std::string& headers = "") const {
    return request(port, "GET " + target, headers);
  }
  [[nodiscard]] std::vector<std::string> sequences(const Heard& heard) const {
    std::vector<std::string> all;
    const Json json = heard.json();
    for (const Json& event : json["events"].elements()) {
      all.push_back(
          std::to_string(std::stoull(std::string(event["sequence"].text().value_or("0")))));
    }
    return all;
  }

  serve_testing::SetClock clock;
  FakeStream orders;
  FakeStream stock;
  std::unique_ptr<Gateway> gateway;
  int port = 0;
};

TEST_F(Streams, AreListed) {
  const Heard heard = get("/streams");
  EXPECT_EQ(heard.status, 200);
  const Json json = heard.json();
  ASSERT_EQ(json["streams"].size(), 2U);
  EXPECT_EQ(json["streams"][0]["relay"].text(), "orders");
  EXPECT_EQ(json["streams"][0]["live"].text(), "/streams/orders/live");
  EXPECT_EQ(get("/healthz").body, "ok\n");
}

TEST_F(Streams, PagesFollowOneAnother) {
  orders.append(25);
  std::string from = "earliest";
  std::vector<std::string> all;
  for (int pages = 0; pages < 3; ++pages) {
    const Heard page = get("/streams/orders/events?limit=10&from=" + from);
    ASSERT_EQ(page.status, 200) << page.body;
    for (const std::string& each : sequences(page)) all.push_back(each);
    from = std::to_string(page.json()["next"].unsigned_integer().value_or(0));
  }
  EXPECT_EQ(all.size(), 25U);
  EXPECT_EQ(all.front(), "1");
  EXPECT_EQ(all.back(), "25");
  EXPECT_EQ(from, "26");
  const Heard end = get("/streams/orders/events?from=26");
  EXPECT_EQ(end.body, "{\"events\":[],\"next\":26,\"first\":1,\"last\":25}\n");
  EXPECT_EQ(get("/streams/orders/events?from=latest").json()["next"].unsigned_integer(), 26U);
}

TEST_F(Streams, APageIsBoundedInBytes) {
  orders.append(100, "{\"text\":\"" + std::string(10'000, 'x') + "\"}");
  const Heard page = get("/streams/orders/events?limit=100");
  EXPECT_LT(page.body.size(), 200'000U);
  EXPECT_GT(sequences(page).size(), 5U);
}

TEST_F(Streams, APageMayBeABatchOfCloudEvents) {
  orders.append(2);
  const Heard page =
      get("/streams/orders/events", "Accept: application/cloudevents-batch+json\r\n");
  EXPECT_THAT(page.head, HasSubstr("Content-Type: application/cloudevents-batch+json\r\n"));
  EXPECT_THAT(page.head, HasSubstr("Headwater-Next: 3\r\n"));
  EXPECT_EQ(page.json().size(), 2U);
  EXPECT_TRUE(page.json().is_array());
}

TEST_F(Streams, APageStartsAtATime) {
  orders.append(100);
  orders.skip(50);
  orders.append(100);
  // Event 40 was at 1,800,000,040.
  EXPECT_THAT(sequences(get("/streams/orders/events?limit=2&from=2027-01-15T08:00:40Z")),
              ElementsAre("40", "41"));
  EXPECT_THAT(sequences(get("/streams/orders/events?limit=1&from=2027-01-15T08:00:40.001Z")),
              ElementsAre("41"));
  EXPECT_THAT(sequences(get("/streams/orders/events?limit=1&from=2000-01-01T00:00:00Z")),
              ElementsAre("1"));
  EXPECT_THAT(get("/streams/orders/events?from=2100-01-01T00:00:00Z").body,
              StartsWith("{\"events\":[],\"next\":251,"));
}

TEST_F(Streams, APageWaitsForAnEvent) {
  orders.append(1);
  Caller waits(port);
  EXPECT_TRUE(
      waits.say("GET /streams/orders/events?from=2&wait=60000 HTTP/1.1\r\n"
                "Host: localhost\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(get("/healthz").status, 200);
  orders.append(1);
  EXPECT_THAT(sequences(heard_in(waits.hear())), ElementsAre("2"));
  // Without an event it ends empty.
  Caller in_vain(port);
  EXPECT_TRUE(
      in_vain.say("GET /streams/orders/events?from=3&wait=1000 HTTP/1.1\r\n"
                  "Host: localhost\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(get("/streams/orders/events?from=3").status, 200);
  clock.pass(Milliseconds(1'001));
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_THAT(heard_in(in_vain.hear()).body, StartsWith("{\"events\":[],\"next\":3,"));
}

TEST_F(Streams, APlaceOutsideTheStreamIsNamed) {
  orders.append(20);
  orders.remove_before(11);
  const Heard old = get("/streams/orders/events?from=5");
  EXPECT_EQ(old.status, 410);
  EXPECT_EQ(old.error(), "stream.aged_out");
  EXPECT_THAT(old.body, HasSubstr("GET /streams/orders/events?from=earliest"));
  const Heard late = get("/streams/orders/events?from=30");
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(late.error(), "stream.beyond_end");
  EXPECT_THAT(sequences(get("/streams/orders/events?limit=1")), ElementsAre("11"));
}

TEST_F(Streams, ARecreatedStreamIsNamedOnceToWhoeverHasANumber) {
  orders.append(5);
  EXPECT_EQ(get("/streams/orders/events?from=3").status, 200);
  orders.recreate();
  orders.append(9);
  const Heard old = get("/streams/orders/events?from=6");
  EXPECT_EQ(old.status, 410);
  EXPECT_EQ(old.error(), "stream.recreated");
  EXPECT_EQ(sequences(get("/streams/orders/events?from=earliest")).size(), 9U);
}

TEST_F(Streams, AStreamThatIsAwayIs503WithoutItsSecrets) {
  orders.append(1);
  orders.set_away(true);
  const Heard away = get("/streams/orders/events");
  EXPECT_EQ(away.status, 503);
  EXPECT_EQ(away.error(), "stream.unavailable");
  EXPECT_THAT(away.body, Not(HasSubstr("secret-host")));
  EXPECT_EQ(get("/streams/stock/events").status, 200);
  orders.set_away(false);
  EXPECT_EQ(get("/streams/orders/events").status, 200);
}

TEST_F(Streams, WrongRequestsAreNamed) {
  EXPECT_EQ(get("/").status, 404);
  EXPECT_EQ(get("/streams/orders").status, 404);
  EXPECT_EQ(get("/streams/orders/events/more").status, 404);
  EXPECT_EQ(get("/streams/nothing/events").error(), "serve.unknown_relay");
  EXPECT_EQ(get("/streams/orders/events?from=soon").error(), "serve.bad_request");
  EXPECT_EQ(get("/streams/orders/events?limit=0").status, 400);
  EXPECT_EQ(get("/streams/orders/events?form=1").status, 400);
  EXPECT_EQ(get("/streams/orders/events?from=1&consumer=a").status, 400);
  EXPECT_EQ(get("/streams/orders/live", "Last-Event-ID: x\r\n").status, 400);
  const Heard post = request(port, "POST /streams/orders/events");
  EXPECT_EQ(post.status, 405);
  EXPECT_THAT(post.head, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_EQ(request(port, "OPTIONS /streams/orders/events").status, 405);
  const Heard head = request(port, "HEAD /streams/orders/events");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
}

TEST_F(Streams, PlacesOnlyMoveForward) {
  orders.append(10);
  const std::string place = "/streams/orders/consumers/billing";
  EXPECT_EQ(get(place).body, "{\"consumer\":\"billing\",\"acknowledged\":0}\n");
  EXPECT_EQ(request(port, "PUT " + place, "", "{\"acknowledged\":7}").body,
            "{\"consumer\":\"billing\",\"acknowledged\":7}\n");
  EXPECT_EQ(request(port, "PUT " + place, "", "{\"acknowledged\":3}").body,
            "{\"consumer\":\"billing\",\"acknowledged\":7}\n");
  EXPECT_THAT(sequences(get("/streams/orders/events?consumer=billing&limit=1")), ElementsAre("8"));
  EXPECT_THAT(Listener(port, "/streams/orders/live?consumer=billing").ids(2), ElementsAre(8, 9));
  EXPECT_EQ(request(port, "PUT " + place, "", "{\"acknowledged\":11}").status, 409);
  EXPECT_EQ(request(port, "PUT " + place, "", "{\"acknowledged\":-1}").status, 400);
  EXPECT_EQ(request(port, "PUT " + place, "", "rubbish").status, 400);
  EXPECT_EQ(request(port, "DELETE " + place).status, 204);
  EXPECT_EQ(get(place).json()["acknowledged"].unsigned_integer(), 0U);
}

TEST_F(Streams, TokensHaveRights) {
  orders.append(1);
  start_with_tokens();
  const Heard nobody = get("/streams");
  EXPECT_EQ(nobody.status, 401);
  EXPECT_EQ(nobody.error(), "serve.unauthorized");
  EXPECT_THAT(nobody.head, HasSubstr("WWW-Authenticate: Bearer\r\n"));
  const Heard wrong = get("/streams", bearer("wrong-0123456789abcdef"));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_THAT(wrong.body, Not(HasSubstr("0123456789abcdef")));
  EXPECT_EQ(get("/streams", "Authorization: Basic " + std::string(reader_token) + "\r\n").status,
            401);
  EXPECT_EQ(get("/streams", bearer(reader_token)).json()["streams"].size(), 1U);
  EXPECT_EQ(get("/streams/orders/events", bearer(reader_token)).status, 200);
  EXPECT_EQ(get("/streams/stock/events", bearer(reader_token)).status, 403);
  EXPECT_EQ(get("/streams/nothing/events", bearer(reader_token)).status, 403);
  EXPECT_EQ(get("/streams/nothing/events", bearer(consumer_token)).status, 404);
  const std::string place = "/streams/orders/consumers/a";
  EXPECT_EQ(get(place, bearer(reader_token)).status, 200);
  EXPECT_EQ(request(port, "PUT " + place, bearer(reader_token), "{\"acknowledged\":1}").status,
            403);
  EXPECT_EQ(request(port, "DELETE " + place, bearer(reader_token)).status, 403);
  EXPECT_EQ(request(port, "PUT " + place, bearer(consumer_token), "{\"acknowledged\":1}").status,
            200);
}

TEST_F(Streams, NobodyKeepsAConnectionWithoutAToken) {
  start_with_tokens();
  const std::string host = "Host: localhost\r\n";
  for (const std::string& each :
       {"GET /streams HTTP/1.1\r\n" + host, "GET /healthz HTTP/1.1\r\n" + host,
        "GET /streams/stock/events HTTP/1.1\r\n" + host + bearer(reader_token)}) {
    Caller caller(port);
    EXPECT_TRUE(caller.say(each + "\r\n"));
    EXPECT_THAT(caller.hear_some(), HasSubstr("Connection: close\r\n")) << each;
  }
  Caller known(port);
  EXPECT_TRUE(known.say("GET /healthz HTTP/1.1\r\n" + host + bearer(reader_token) + "\r\n"));
  EXPECT_THAT(known.hear_some(), Not(HasSubstr("Connection: close\r\n")));
}

TEST_F(Streams, WithoutTokensOnlyThisMachinesNamesAreServed) {
  Caller rebound(port);
  EXPECT_TRUE(
      rebound.say("GET /streams HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(heard_in(rebound.hear()).error(), "serve.other_host");
  Caller own(port);
  EXPECT_TRUE(own.say("GET /streams HTTP/1.1\r\nHost: 127.0.0.1:80\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(heard_in(own.hear()).status, 200);
}

TEST(Gateway, RefusesOtherAddressesWithoutTlsAndTokens) {
  const SystemClock clock;
  for (const char* listen : {"0.0.0.0:0", "10.0.0.1:0"}) {
    const auto made = Gateway::listen({.listen = listen}, {}, clock);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().name, "serve.exposed");
    EXPECT_THAT(made.error().next, HasSubstr("serve.tls"));
    EXPECT_THAT(made.error().next, HasSubstr("serve.tokens"));
  }
  const auto no_tls = Gateway::listen(
      {.listen = "0.0.0.0:0", .tokens = {{.token = reader_token, .rights = {}}}}, {}, clock);
  EXPECT_FALSE(no_tls);
}

TEST(Gateway, AHostWithoutAnAddressIsNotTakenForThisMachine) {
  const SystemClock clock;
  const auto made = Gateway::listen({.listen = "no-such-host.invalid:0"}, {}, clock);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().name, "serve.exposed");
}

TEST(Gateway, AnAddressInUseIsAnError) {
  const SystemClock clock;
  const auto first = Gateway::listen({.listen = "127.0.0.1:0"}, {}, clock);
  ASSERT_TRUE(first);
  const auto second =
      Gateway::listen({.listen = "127.0.0.1:" + std::to_string((*first)->port())}, {}, clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().name, "serve.cannot_listen");
  EXPECT_THAT(second.error().message, EndsWith("Address already in use"));
}

}  // namespace
}  // namespace headwater::gateway
