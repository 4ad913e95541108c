// Servers that fail, hang or are something else, and waits that a stop ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/rethinkdb/query.h"
#include "src/rethinkdb/testing.h"
#include "testing/rig/port.h"

namespace headwater::rethinkdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The error of a query whose answer is what the server does.
Error error_of_asking(const WireServer::Serve& serve, Milliseconds patience = rig::patience) {
  const WireServer server(after_login(serve));
  ConnectionOptions options = options_for(server.port());
  options.patience = patience;
  const auto connection = connected(options);
  const auto results = connection->ask(query::server_info, {});
  if (results) return {.name = "none"};
  EXPECT_FALSE(connection->is_open());
  return results.error().error;
}

TEST(RethinkdbFaults, RefusedLogins) {
  const WireServer server(after_login([](Peer&) {}));
  ConnectionOptions options = options_for(server.port());
  options.login.password = "other";
  EXPECT_EQ(error_of_opening(options).name, "source.unauthorized");
  EXPECT_THAT(error_of_opening(options).message, HasSubstr("Wrong password"));
  options.login.user = "nobody";
  EXPECT_THAT(error_of_opening(options).message, HasSubstr("Unknown user"));
}

TEST(RethinkdbFaults, NobodyListens) {
  const rig::LocalPort port;
  const Error error = error_of_opening(options_for(port.number()));
  EXPECT_EQ(error.name, "source.unavailable");
  EXPECT_EQ(error.remedy, Remedy::retry);
  EXPECT_EQ(error.origin, Origin::source);
  EXPECT_THAT(error.message, HasSubstr("127.0.0.1:" + std::to_string(port.number())));
}

TEST(RethinkdbFaults, AServerThatSaysNothing) {
  const WireServer server([](Peer& peer) { peer.read_to_the_end(); });
  ConnectionOptions options = options_for(server.port());
  options.connect_patience = Milliseconds(20);
  const Error error = error_of_opening(options);
  EXPECT_EQ(error.name, "source.unavailable");
  EXPECT_EQ(error.remedy, Remedy::retry);
  EXPECT_THAT(error.message, HasSubstr("silent for 20 ms in the login"));
}

TEST(RethinkdbFaults, AServerThatIsSomethingElse) {
  const WireServer web([](Peer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  EXPECT_EQ(error_of_opening(options_for(web.port())).name, "source.bad_message");
  const WireServer closes([](Peer&) {});
  EXPECT_EQ(error_of_opening(options_for(closes.port())).name, "source.unavailable");
  const WireServer eager([](Peer& peer) {
    if (peer.log_in(test_accounts())) peer.send("more");
    peer.read_to_the_end();
  });
  // The bytes may come with the login's, or later, as half an answer.
  ConnectionOptions options = options_for(eager.port());
  options.patience = Milliseconds(1);
  const auto connection = Connection::open(options, {});
  EXPECT_FALSE(connection && (*connection)->ask("[5]", {}));
}

TEST(RethinkdbFaults, AnswersThatFail) {
  const Error hangs = error_of_asking([](Peer& peer) { peer.read_to_the_end(); }, Milliseconds(1));
  EXPECT_EQ(hangs.name, "source.unavailable");
  EXPECT_EQ(hangs.remedy, Remedy::retry);
  EXPECT_THAT(hangs.message, HasSubstr("silent for 1 ms"));

  const Error closes = error_of_asking([](Peer& peer) { (void)peer.query(); });
  EXPECT_EQ(closes.name, "source.unavailable");
  EXPECT_EQ(closes.remedy, Remedy::retry);

  const auto half = [](Peer& peer) {
    std::string bytes;
    append_frame(bytes, peer.query()->token, R"({"t":1,"r":[1],"n":[]})");
    peer.send(std::string_view(bytes).substr(0, 20));
  };
  const Error middle = error_of_asking(half);
  EXPECT_EQ(middle.remedy, Remedy::retry);
  EXPECT_THAT(middle.message, HasSubstr("in the middle of an answer"));

  const Error huge = error_of_asking([](Peer& peer) {
    (void)peer.query();
    peer.send(std::string("\1\0\0\0\0\0\0\0\xff\xff\xff\xff{", 13));
    peer.read_to_the_end();
  });
  EXPECT_EQ(huge.name, "source.answer_too_large");

  const Error garbage = error_of_asking([](Peer& peer) {
    peer.answer_next("{\"t\":1,");
    peer.read_to_the_end();
  });
  EXPECT_EQ(garbage.name, "source.bad_message");

  const Error stray = error_of_asking([](Peer& peer) {
    peer.answer(peer.query()->token + 1, R"({"t":1,"r":[1],"n":[]})");
    peer.read_to_the_end();
  });
  EXPECT_EQ(stray.name, "source.bad_message");
}

/// A feed may be silent for ever, but not in the middle of an answer.
TEST(RethinkdbFaults, AFeedThatStopsHalfway) {
  const WireServer server(after_login([](Peer& peer) {
    std::string bytes;
    append_frame(bytes, peer.query()->token, R"({"t":3,"r":[1],"n":[1]})");
    peer.send(std::string_view(bytes).substr(0, 20));
    peer.read_to_the_end();
  }));
  ConnectionOptions options = options_for(server.port());
  options.patience = Milliseconds(1);
  const auto connection = connected(options);
  const auto feed = connection->send("[1,[152,[]]]", {});
  ASSERT_TRUE(feed);
  const auto reply = connection->receive(*feed, rig::patience, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.remedy, Remedy::retry);
  EXPECT_THAT(reply.error().error.message, HasSubstr("in the middle of an answer"));
}

/// The server says when the client waits, so that the stop comes while it does.
TEST(RethinkdbFaults, AStopEndsEveryWait) {
  std::stop_source in_login;
  const WireServer silent([&](Peer& peer) {
    (void)peer.read(4);
    in_login.request_stop();
    peer.read_to_the_end();
  });
  EXPECT_EQ(Connection::open(options_for(silent.port()), in_login.get_token()).error().name,
            "source.stopped");

  std::stop_source in_query;
  const WireServer server(after_login([&](Peer& peer) {
    (void)peer.query();
    in_query.request_stop();
    peer.read_to_the_end();
  }));
  const auto connection = connected(options_for(server.port()));
  const auto results = connection->ask("[5]", in_query.get_token());
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().error.name, "source.stopped");
  EXPECT_FALSE(connection->is_open());
}

TEST(RethinkdbFaults, AStopLeavesAFeedAsItIs) {
  std::stop_source stop;
  const WireServer server(after_login([&](Peer& peer) {
    const auto feed = peer.query();
    stop.request_stop();
    (void)peer.query();
    peer.answer(feed->token, R"({"t":3,"r":[1],"n":[1]})");
    peer.read_to_the_end();
  }));
  const auto connection = connected(options_for(server.port()));
  const auto feed = connection->send("[1,[152,[]]]", {});
  ASSERT_TRUE(feed);
  const auto stopped = connection->receive(*feed, rig::patience, stop.get_token());
  ASSERT_TRUE(stopped);
  EXPECT_FALSE(*stopped);
  ASSERT_TRUE(connection->send("[4]", {}));
  const auto reply = connection->receive(*feed, rig::patience, {});
  ASSERT_TRUE(reply && *reply);
  EXPECT_THAT((*reply)->answer.results, ElementsAre("1"));
}

TEST(RethinkdbFaults, AnAnswerThatNobodyAskedFor) {
  const WireServer server(after_login([](Peer& peer) {
    const auto feed = peer.query();
    peer.answer(feed->token, R"({"t":3,"r":[1],"n":[1]})");
    peer.answer(feed->token, R"({"t":3,"r":[2],"n":[1]})");
    peer.read_to_the_end();
  }));
  const auto connection = connected(options_for(server.port()));
  const auto feed = connection->send("[1,[152,[]]]", {});
  ASSERT_TRUE(feed);
  // Both may arrive together.
  auto reply = connection->receive(*feed, rig::patience, {});
  if (reply) reply = connection->receive(*feed, rig::patience, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().error.name, "source.bad_message");
  EXPECT_FALSE(connection->is_open());
}

TEST(RethinkdbFaults, AStopInTheMiddleOfAnAnswerLosesNothing) {
  const WireServer server(after_login([](Peer& peer) {
    const auto feed = peer.query();
    const auto other = peer.query();
    std::string answers;
    append_frame(answers, other->token, R"({"t":1,"r":[1],"n":[]})");
    const std::size_t middle = answers.size() + 20;
    append_frame(answers, feed->token, R"({"t":3,"r":[2],"n":[1]})");
    peer.send(answers.substr(0, middle));
    (void)peer.query();
    peer.send(answers.substr(middle));
    peer.read_to_the_end();
  }));
  const auto connection = connected(options_for(server.port()));
  const auto feed = connection->send("[1,[152,[]]]", {});
  ASSERT_TRUE(feed);
  ASSERT_TRUE(connection->ask("[5]", {}));
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = connection->receive(*feed, rig::patience, stop.get_token());
  ASSERT_TRUE(stopped) << stopped.error().error.message;
  EXPECT_FALSE(*stopped);
  ASSERT_TRUE(connection->send(query::noreply_wait, {}));
  const auto reply = connection->receive(*feed, rig::patience, {});
  ASSERT_TRUE(reply && *reply);
  EXPECT_THAT((*reply)->answer.results, ElementsAre("2"));
}

/// The server reads no more once it has asked for the stop.
TEST(RethinkdbFaults, AStopEndsTheSendingOfALargeQuery) {
  std::stop_source stop;
  const WireServer server(after_login([&](Peer& peer) {
    (void)peer.read(1);
    stop.request_stop();
    peer.wait_for_the_end();
  }));
  const auto connection = connected(options_for(server.port()));
  const std::string large(std::size_t{32} << 20U, ' ');
  const auto token = connection->send(large, stop.get_token());
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().name, "source.stopped");
}

}  // namespace
}  // namespace headwater::rethinkdb
