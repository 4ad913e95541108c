#include "src/rethinkdb/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/rethinkdb/query.h"
#include "src/rethinkdb/testing.h"

namespace headwater::rethinkdb {
namespace {

using testing::ElementsAre;

TEST(RethinkdbConnection, AsksAndIsAnswered) {
  std::string heard;
  {
    const WireServer server(after_login([&](Peer& peer) {
      const auto asked = peer.query();
      if (!asked) return;
      heard = asked->json;
      peer.answer(asked->token, R"({"t":1,"r":[{"id":"a"}],"n":[]})");
      peer.read_to_the_end();
    }));
    const auto connection = connected(options_for(server.port()));
    EXPECT_EQ(connection->server_version(), "2.4.4");
    const auto results =
        connection->ask(query::start(Term::call(TermType::now, {}), {{"durability", "hard"}}), {});
    ASSERT_TRUE(results) << results.error().error.message;
    EXPECT_EQ(results->one(), R"({"id":"a"})");
    EXPECT_TRUE(connection->is_open());
  }
  EXPECT_EQ(heard, R"([1,[103,[]],{"durability":"hard"}])");
}

TEST(RethinkdbConnection, CollectsAllParts) {
  const WireServer server(after_login([](Peer& peer) {
    peer.answer_next(R"({"t":3,"r":[1,2],"n":[]})");
    const auto more = peer.query();
    EXPECT_TRUE(more && more->json == query::proceed);
    peer.answer(more->token, R"({"t":3,"r":[3],"n":[]})");
    peer.answer_next(R"({"t":2,"r":[4],"n":[]})");
    peer.read_to_the_end();
  }));
  const auto connection = connected(options_for(server.port()));
  const auto results = connection->ask("[1,[103,[]]]", {});
  ASSERT_TRUE(results) << results.error().error.message;
  EXPECT_THAT(results->values, ElementsAre("1", "2", "3", "4"));
}

TEST(RethinkdbConnection, AnErrorLeavesItOpen) {
  const WireServer server(after_login([](Peer& peer) {
    peer.answer_next(R"({"t":18,"e":4100000,"r":["Table `a.b` does not exist."],"b":[]})");
    peer.answer_next(R"({"t":1,"r":[true],"n":[]})");
    peer.read_to_the_end();
  }));
  const auto connection = connected(options_for(server.port()));
  const auto refused = connection->ask("[1,[103,[]]]", {});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(ErrorType::op_failed));
  EXPECT_EQ(connection->ask("[1,[103,[]]]", {})->one(), "true");
}

/// The feed's answer comes while another query waits for its own, and the other way round.
TEST(RethinkdbConnection, AFeedAndQueriesShareIt) {
  const WireServer server(after_login([](Peer& peer) {
    const auto feed = peer.query();
    const auto other = peer.query();
    peer.answer(feed->token, R"({"t":3,"r":[{"state":"ready"}],"n":[1,5]})");
    peer.answer(other->token, R"({"t":1,"r":["other"],"n":[]})");
    const auto more = peer.query();
    EXPECT_EQ(more->token, feed->token);
    const auto third = peer.query();
    peer.answer(third->token, R"({"t":1,"r":["third"],"n":[]})");
    // A STOP is answered, and so is the CONTINUE that waits.
    const auto stop = peer.query();
    EXPECT_EQ(stop->json, query::stop);
    EXPECT_EQ(stop->token, feed->token);
    peer.answer(feed->token, R"({"t":2,"r":[],"n":[]})");
    peer.answer(feed->token, R"({"t":2,"r":[],"n":[]})");
    peer.answer_next(R"({"t":1,"r":["last"],"n":[]})");
    peer.read_to_the_end();
  }));
  const auto connection = connected(options_for(server.port()));
  const auto feed = connection->send("[1,[152,[]]]", {});
  ASSERT_TRUE(feed);
  EXPECT_EQ(connection->ask("[1,[103,[]]]", {})->one(), R"("other")");
  const auto state = connection->receive(*feed, Milliseconds(0), {});
  ASSERT_TRUE(state && *state);
  EXPECT_TRUE((*state)->answer.has(Note::includes_states));
  ASSERT_TRUE(connection->proceed(*feed, {}));
  EXPECT_EQ(connection->ask("[1,[103,[]]]", {})->one(), R"("third")");
  const auto nothing = connection->receive(*feed, Milliseconds(1), {});
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(*nothing);
  EXPECT_TRUE(connection->end(*feed, {}));
  EXPECT_FALSE(connection->knows(*feed));
  EXPECT_EQ(connection->ask("[1,[103,[]]]", {})->one(), R"("last")");
}

/// Whoever stops a query that is over just then gets its last answer, and an error for the STOP.
TEST(RethinkdbConnection, AStopMayComeTooLate) {
  const WireServer server(after_login([](Peer& peer) {
    const auto feed = peer.query();
    EXPECT_EQ(peer.query()->json, query::stop);
    peer.answer(feed->token, R"({"t":18,"e":4100000,"r":["Changefeed aborted"],"b":[]})");
    peer.answer(feed->token, R"({"t":16,"e":3000000,"r":["Token 1 not in stream cache."],"b":[]})");
    peer.answer_next(R"({"t":1,"r":[1],"n":[]})");
    peer.read_to_the_end();
  }));
  const auto connection = connected(options_for(server.port()));
  const auto feed = connection->send("[1,[152,[]]]", {});
  ASSERT_TRUE(feed);
  EXPECT_TRUE(connection->end(*feed, {}));
  EXPECT_TRUE(connection->end(*feed, {}));
  EXPECT_EQ(connection->ask("[1,[103,[]]]", {})->one(), "1");
}

TEST(RethinkdbConnection, ResultsAreBounded) {
  const WireServer server(after_login([](Peer& peer) {
    const std::string part = R"({"t":3,"r":[")" + std::string(600, 'x') + R"("],"n":[]})";
    peer.answer_next(part);
    peer.answer_next(part);
    peer.answer_next(R"({"t":2,"r":[],"n":[]})");  // to the STOP
    peer.answer_next(R"({"t":1,"r":[1],"n":[]})");
    peer.read_to_the_end();
  }));
  ConnectionOptions options = options_for(server.port());
  options.largest_answer = 1000;
  const auto connection = connected(options);
  const auto results = connection->ask("[1,[103,[]]]", {});
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().error.name, "source.answer_too_large");
  EXPECT_EQ(connection->ask("[1,[103,[]]]", {})->one(), "1");
}

/// More than a socket's buffers hold, in both directions.
TEST(RethinkdbConnection, LargeMessages) {
  const std::string document = '"' + std::string(std::size_t{8} << 20U, 'x') + '"';
  const WireServer server(after_login([&](Peer& peer) {
    const auto asked = peer.query();
    if (!asked) return;
    peer.answer(asked->token, R"({"t":1,"r":[)" + asked->json + R"(],"n":[]})");
    peer.read_to_the_end();
  }));
  const auto connection = connected(options_for(server.port()));
  const auto results = connection->ask(document, {});
  ASSERT_TRUE(results) << results.error().error.message;
  EXPECT_TRUE(results->one() == document);
}

}  // namespace
}  // namespace headwater::rethinkdb
