#include <gmock/gmock.h>

#include <csignal>

#include "testing/serve/served.h"

namespace headwater {
namespace {

using gateway::Heard;
using gateway::Listener;
using testing::HasSubstr;
using testing::Not;

const std::string two_tokens = std::string(", tokens: [ { token: ") + reader_token +
                               ", relays: [orders] }, { token: " + consumer_token +
                               ", rights: consume } ]";

TEST(ServeProgram, ServesPagesLiveEventsAndPlaces) {
  Served served;
  served.prepare();
  served.append(1'500);
  served.start();
  EXPECT_EQ(served.get("/streams").json()["streams"][0]["relay"].text(), "orders");
  const Heard page = served.get("/streams/orders/events?limit=1000");
  EXPECT_THAT(page.json()["next"].unsigned_integer().value_or(0), testing::Gt(100U));
  EXPECT_EQ(page.json()["last"].unsigned_integer(), 1'500U);
  Listener listener(served.port(), live_from_earliest);
  EXPECT_EQ(listener.ids(1'500), numbers(1, 1'500));
  served.append(3);
  EXPECT_EQ(listener.ids(3), numbers(1'501, 1'503));
  const std::string place = "/streams/orders/consumers/billing";
  EXPECT_EQ(gateway::request(served.port(), "PUT " + place, "", "{\"acknowledged\":1500}").status,
            200);
  EXPECT_EQ(Listener(served.port(), "/streams/orders/live?consumer=billing").ids(3),
            numbers(1'501, 1'503));
  EXPECT_EQ(gateway::request(served.port(), "DELETE " + place).status, 204);
}

TEST(ServeProgram, AClientResumesExactlyEvenAtAnotherProcess) {
  Served served;
  served.prepare();
  served.append(2'000, 300);
  std::vector<std::uint64_t> all;
  for (const std::size_t count : {1U, 700U, 13U, 1'286U}) {
    served.start();
    const std::string last = all.empty() ? "0" : std::to_string(all.back());
    Listener listener(served.port(), live_from_earliest, "Last-Event-ID: " + last + "\r\n");
    for (const std::uint64_t id : listener.ids(count)) all.push_back(id);
  }
  EXPECT_EQ(all, numbers(1, 2'000));
}

TEST(ServeProgram, StopsCleanly) {
  Served served;
  served.prepare();
  served.append(1);
  served.start();
  Listener listener(served.port(), live_from_earliest);
  EXPECT_EQ(listener.ids(1), numbers(1, 1));
  const auto exit = served.process().terminate();
  ASSERT_TRUE(exit);
  EXPECT_EQ(*exit, rig::Exit{}) << served.process().errors();
  EXPECT_EQ(listener.next(), "");
  EXPECT_THAT(served.process().errors(), HasSubstr("stopped"));
}

TEST(ServeProgram, AWrongTokenGetsNothingAndTheLogHasNoToken) {
  Served served("{ embedded: { path: events.db } }", two_tokens);
  served.prepare();
  served.append(1);
  served.start();
  const Heard wrong = served.get("/streams/orders/live", bearer("wrong-0123456789abcdef"));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.error(), "serve.unauthorized");
  EXPECT_EQ(served.get("/streams/orders/events").status, 401);
  EXPECT_EQ(served.get("/streams/orders/events", bearer(reader_token)).status, 200);
  EXPECT_EQ(gateway::request(served.port(), "PUT /streams/orders/consumers/a", bearer(reader_token),
                             "{\"acknowledged\":1}")
                .status,
            403);
  served.process().terminate();
  EXPECT_THAT(served.process().errors(), Not(HasSubstr("0123456789abcdef")));
}

TEST(ServeProgram, RefusesToServeOthersWithoutTlsAndTokens) {
  Served served;
  const auto refused = [&](const std::string& serve, const std::string& listen = "127.0.0.1:0") {
    served.configure(serve, listen);
    return rig::run(served.command());
  };
  served.prepare();
  for (const std::string& more : {std::string(), two_tokens}) {
    const auto outcome = refused(more, "0.0.0.0:0");
    EXPECT_EQ(outcome.exit, rig::Exit{.code = 2});
    EXPECT_THAT(outcome.errors, HasSubstr("must not be served without TLS and tokens"));
    EXPECT_THAT(outcome.errors, HasSubstr("next: set serve.tls"));
  }
  const auto unknown =
      refused(", tokens: [ { token: " + std::string(reader_token) + ", relays: [order] } ]");
  EXPECT_EQ(unknown.exit, rig::Exit{.code = 2});
  EXPECT_THAT(unknown.errors,
              HasSubstr("'order', which the file does not have; did you mean 'orders'?"));
  EXPECT_THAT(refused(", tls: { certificate: no.pem, key: no.pem }").errors,
              HasSubstr("cannot use "));
}

TEST(ServeProgram, AStreamThatCannotBeReadIsAnError) {
  Served served("{ stdout: { position: place.json } }");
  const auto outcome = rig::run(served.command());
  EXPECT_EQ(outcome.exit, rig::Exit{.code = 4});
  EXPECT_THAT(outcome.errors, HasSubstr("error: "));
}

}  // namespace
}  // namespace headwater
