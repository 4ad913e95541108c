// network: the way to the server is cut in the middle of things, silent, slow; the server ends the
// cursor, or what is being asked. The relay goes on where it was.
#include <random>
#include <string>

#include "testing/mongodb_disasters/disaster.h"
#include "testing/rig/tcp_proxy.h"

namespace headwater::rig {
namespace {

class network : public OnServer {
 protected:
  void SetUp() override {
    OnServer::SetUp();
    if (IsSkipped()) return;
    server_ = &shared();
    const std::string host = server_->host();
    const auto port = std::stoul(host.substr(host.find(':') + 1));
    proxy_.emplace(static_cast<std::uint16_t>(port));
    // Directly, or it would find out the server's own port and go there.
    pipeline_.emplace(
        kind(), server_->uri(),
        MongoPipelineOptions{
            .uri = "mongodb://127.0.0.1:" + std::to_string(proxy_->port()) +
                   "/?directConnection=true&connectTimeoutMS=2000&heartbeatFrequencyMS=500"});
    ASSERT_EQ(pipeline_->init(), "");
    writers_.emplace(server_->uri(), 2,
                     OrderWritersOptions{.seed = seed(), .pause = Milliseconds(2)});
    relay_.emplace(pipeline_->relay());
  }
  [[nodiscard]] bool goes_on() {
    const auto before = pipeline_->progress();
    return wait_until([&] { return pipeline_->progress() > before + 5; });
  }
  void expect_all_there() {
    const Written written = writers_->finish();
    ASSERT_EQ(written.error, "");
    ASSERT_TRUE(pipeline_->wait_until_caught_up()) << relay_->errors();
    EXPECT_EQ(relay_->terminate(), Exit{}) << relay_->errors();
    EXPECT_EQ(pipeline_->disagreement(), "");
    EXPECT_EQ(pipeline_->tally_disagreement(written.changes), "");
  }

  MongoServer* server_ = nullptr;
  std::optional<TcpProxy> proxy_;
  std::optional<MongoPipeline> pipeline_;
  std::optional<OrderWriters> writers_;
  std::optional<Process> relay_;
};

TEST_P(network, Cut) {
  std::mt19937_64 random(seed());
  for (int i = 0; i < repeats(200, 8); ++i) {
    ASSERT_TRUE(goes_on()) << relay_->errors();
    ASSERT_FALSE(relay_->wait(Milliseconds(random() % 30))) << end_of(*relay_);
    proxy_->cut();
    // Now and then for so long that it tries in vain.
    if (i % 3 == 0) {
      ASSERT_FALSE(relay_->wait(Milliseconds(300))) << end_of(*relay_);
    }
    proxy_->mend();
  }
  expect_all_there();
}

/// Until it is found that the server cannot be reached; what was asked before is answered when the
/// way is mended, and too late.
TEST_P(network, Silent) {
  ASSERT_TRUE(goes_on()) << relay_->errors();
  proxy_->silence();
  ASSERT_TRUE(wait_until([&] {
    return relay_->errors().find("source.unavailable") != std::string::npos;
  })) << relay_->errors();
  proxy_->mend();
  ASSERT_TRUE(goes_on()) << relay_->errors();
  expect_all_there();
}

TEST_P(network, SilentAndToldToStop) {
  ASSERT_TRUE(goes_on()) << relay_->errors();
  proxy_->silence();
  EXPECT_EQ(relay_->terminate(), Exit{}) << relay_->errors();
  proxy_->mend();
  relay_.emplace(pipeline_->relay());
  expect_all_there();
}

TEST_P(network, Slow) {
  proxy_->slow_down(Milliseconds(100));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(goes_on()) << relay_->errors();
  proxy_->slow_down(Milliseconds(0));
  expect_all_there();
}

/// SIGSTOP: the server keeps its connections and says nothing, then goes on as if nothing had been.
TEST_P(network, ServerStandsStill) {
  ASSERT_TRUE(goes_on()) << relay_->errors();
  server_->pause();
  ASSERT_TRUE(wait_until([&] {
    return relay_->errors().find("source.unavailable") != std::string::npos;
  })) << relay_->errors();
  server_->resume();
  ASSERT_TRUE(goes_on()) << relay_->errors();
  expect_all_there();
}

/// What the server is doing for the relay, ended from outside.
void end_its_work(MongoShell& shell) {
  const auto now = shell.command("admin", R"({"aggregate": 1, "cursor": {}, "pipeline": [
      {"$currentOp": {"allUsers": true, "idleCursors": true}},
      {"$match": {"cursor.originatingCommand.pipeline.0.$changeStream": {"$exists": true}}}]})");
  for (int i = 0;; ++i) {
    const std::string at = "cursor.firstBatch." + std::to_string(i) + ".";
    const auto cursor = mongodb::find_number(now.get(), (at + "cursor.cursorId").c_str());
    if (!cursor) return;
    if (const auto op = mongodb::find_number(now.get(), (at + "opid").c_str())) {
      shell.command("admin", Doc().add("killOp", 1).add("op", *op));
    }
    Doc cursors;
    cursors.add("0", *cursor);
    Doc kill;
    kill.add("killCursors", "orders");
    bson_append_array(kill.out(), "cursors", -1, cursors.get());
    shell.command("shop", kill);
  }
}

/// Only real servers tell of cursors.
TEST_P(network, CursorKilled) {
  if (kind() != MongoKind::real) GTEST_SKIP() << no_real_mongod;
  MongoShell shell(server_->uri());
  for (int i = 0; i < repeats(200, 20); ++i) {
    ASSERT_TRUE(goes_on()) << relay_->errors();
    end_its_work(shell);
  }
  expect_all_there();
}

INSTANTIATE_TEST_SUITE_P(On, network, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig
