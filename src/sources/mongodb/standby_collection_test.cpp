// The sync documents of real servers, and that they are never published.
#include "src/sources/mongodb/standby_collection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "src/sources/mongodb/feed/change_stream.h"
#include "src/sources/mongodb/feed/mongo_source.h"
#include "src/sources/shared/sync_suite.h"
#include "testing/mongodb/programs.h"
#include "testing/mongodb/shared_server.h"

namespace headwater::sources {
namespace {

using mongodb::Watch;
using rig::MongoKind;
using rig::MongoServer;
using rig::MongoShell;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Watch orders{.database = "shop", .collection = "orders"};

class MongoRig final : public SyncRig {
 public:
  explicit MongoRig(MongoKind kind)
      : server_(rig::shared_mongo_server({.kind = kind, .survives_kill = false})),
        shell_(server_.uri()) {}

  std::unique_ptr<SyncPlace> place() override {
    return mongodb::make_standby_collection(server_.uri(), orders);
  }
  void write_nonsense(const std::string& relay) override {
    rig::Doc key;
    key.add("_id", relay);
    // Each of them alone would do, if it were no list.
    rig::Doc nonsense = rig::json(R"({"holder":["me"],"beat":[7],"since":"yesterday"})");
    ASSERT_TRUE(shell_.try_update("shop.headwater_standby", key, nonsense, true));
  }

 private:
  MongoServer& server_;
  MongoShell shell_;
};

INSTANTIATE_TEST_SUITE_P(Secantus, SyncDocuments, ::testing::Values([] {
                           return std::make_unique<MongoRig>(MongoKind::secantus);
                         }));

class StandbyCollection : public ::testing::TestWithParam<MongoKind> {
 protected:
  void SetUp() override {
    if (GetParam() == MongoKind::real && !rig::real_mongod()) GTEST_SKIP() << rig::no_real_mongod;
  }
  [[nodiscard]] static MongoServer& shared() {
    return rig::shared_mongo_server({.kind = GetParam(), .survives_kill = false});
  }
  static std::unique_ptr<HintAdapter> hint(const std::string& uri, const Watch& watch = orders) {
    return make_sync_document(mongodb::make_standby_collection(uri, watch), Milliseconds(3'000));
  }
  static std::string names(MongoShell& shell, const std::string& database) {
    return std::string(shell.command(database, R"({"listCollections":1,"nameOnly":true})").bytes());
  }

  SystemClock clock_;
};

TEST_P(StandbyCollection, HasToBePrepared) {
  const auto adapter = hint(shared().uri());
  const auto claim = adapter->open("orders", clock_)->claim({});
  ASSERT_FALSE(claim);
  EXPECT_EQ(claim.error().name, "hint.not_prepared");
  EXPECT_EQ(claim.error().next, "headwater init -c FILE");
}

TEST_P(StandbyCollection, GoesWithTheLastRelay) {
  MongoShell shell(shared().uri());
  const auto adapter = hint(shared().uri());
  ASSERT_TRUE(adapter->remove("orders"));
  ASSERT_TRUE(adapter->prepare("orders"));
  ASSERT_TRUE(adapter->prepare("orders"));
  EXPECT_THAT(names(shell, "shop"), HasSubstr("headwater_standby"));
  ASSERT_TRUE(adapter->remove("orders"));
  EXPECT_THAT(names(shell, "shop"), Not(HasSubstr("headwater_standby")));
}

TEST_P(StandbyCollection, OfAWholeDeploymentHasADatabase) {
  MongoShell shell(shared().uri());
  const auto adapter = hint(shared().uri(), {});
  ASSERT_TRUE(adapter->prepare("orders"));
  EXPECT_EQ(adapter->open("orders", clock_)->claim({}).value(), Claim::ours);
  EXPECT_EQ(shell.documents("headwater.headwater_standby").size(), 1U);
}

/// Whatever the URI says of how long to wait.
TEST_P(StandbyCollection, DoesNotWaitLongForAServer) {
  MongoServer server({.kind = GetParam(), .survives_kill = false});
  const auto adapter = hint(server.uri() +
                            "&serverSelectionTimeoutMS=0&connectTimeoutMS=3600000"
                            "&socketTimeoutMS=3600000");
  ASSERT_TRUE(adapter->prepare("orders"));
  const auto one = adapter->open("orders", clock_);
  EXPECT_EQ(one->claim({}).value(), Claim::ours);
  server.pause();
  // Once on its connection, and once without one.
  for (int i = 0; i < 2; ++i) {
    const auto claim = one->claim({});
    ASSERT_FALSE(claim);
    EXPECT_EQ(claim.error().name, "hint.away");
    EXPECT_EQ(claim.error().remedy, Remedy::retry);
  }
  server.resume();
  EXPECT_EQ(one->claim({}).value(), Claim::ours);
}

/// The claim may have been written or not.
TEST_P(StandbyCollection, WhatAMajorityDoesNotConfirmIsRetried) {
  const bool real = GetParam() == MongoKind::real;
  rig::MongoOptions options{.kind = GetParam(), .survives_kill = false};
  options.arguments = real ? std::vector<std::string>{"--setParameter", "enableTestCommands=1"}
                           : std::vector<std::string>{"--enable-test-commands"};
  const MongoServer server(options);
  const auto adapter = hint(server.uri());
  ASSERT_TRUE(adapter->prepare("orders"));
  MongoShell(server.uri())
      .command("admin", R"({"configureFailPoint":"failCommand","mode":{"times":1},"data":{
      "failCommands":["update"],"writeConcernError":{"code":64,"errmsg":"waited in vain"}}})");
  const auto one = adapter->open("orders", clock_);
  const auto claim = one->claim({});
  ASSERT_FALSE(claim);
  EXPECT_EQ(claim.error().name, "hint.away");
  EXPECT_EQ(claim.error().remedy, Remedy::retry);
  EXPECT_THAT(claim.error().message, HasSubstr("shop.headwater_standby: "));
  EXPECT_THAT(claim.error().message, HasSubstr("waited in vain"));
  EXPECT_EQ(one->claim({}).value(), Claim::ours);
}

TEST_P(StandbyCollection, NamesThePrivilegesThatAreMissing) {
  const MongoServer server({.kind = GetParam(), .survives_kill = false, .auth = true});
  MongoShell root(server.uri());
  root.command("admin", R"({"createUser":"relay","pwd":"s3cret","roles":[
      {"role":"read","db":"shop"}]})");
  const auto adapter = hint(server.uri("relay", "s3cret"));
  const auto prepared = adapter->prepare("orders");
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().name, "hint.refused");
  EXPECT_EQ(prepared.error().remedy, Remedy::retry);
  EXPECT_THAT(prepared.error().message,
              HasSubstr("user relay lacks a privilege on shop.headwater_standby"));
  EXPECT_THAT(prepared.error().message, HasSubstr("insert, update, remove"));
  EXPECT_THAT(prepared.error().next, HasSubstr("createRole"));
  EXPECT_THAT(prepared.error().next, HasSubstr("grantRolesToUser(\"relay\""));
  // Somebody else has made the collection.
  ASSERT_TRUE(hint(server.uri())->prepare("orders"));
  const auto claim = adapter->open("orders", clock_)->claim({});
  ASSERT_FALSE(claim);
  EXPECT_EQ(claim.error().name, "hint.refused");
  EXPECT_THAT(claim.error().next, HasSubstr("\"headwater_standby\"}, actions: ["));

  root.command("admin", R"({"grantRolesToUser":"relay","roles":[
      {"role":"readWrite","db":"shop"}]})");
  EXPECT_TRUE(adapter->prepare("orders"));
  EXPECT_EQ(adapter->open("orders", clock_)->claim({}).value(), Claim::ours);
  EXPECT_TRUE(adapter->remove("orders"));

  const auto wrong = hint(server.uri("relay", "forgotten"))->prepare("orders");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().name, "hint.refused");
  EXPECT_THAT(wrong.error().next, HasSubstr("correct the user, the password"));
  EXPECT_THAT(wrong.error().message, Not(HasSubstr("forgotten")));
}

/// Claims among the changes of one and the same database.
class Published : public StandbyCollection {
 protected:
  void SetUp() override {
    StandbyCollection::SetUp();
    if (IsSkipped()) return;
    options_->uri = shared().uri();
    options_->identity = "mongodb:test";
    options_->policies.snapshot = true;
    shell_ = std::make_unique<MongoShell>(options_->uri);
    adapter_ = hint(options_->uri);
    ASSERT_TRUE(adapter_->prepare("orders"));
    hint_ = adapter_->open("orders", clock_);
  }

  void beat() { ASSERT_EQ(hint_->claim({}).value(), Claim::ours); }
  void order(int id) {
    rig::Doc document;
    document.add("_id", id);
    shell_->insert("shop.orders", document);
  }

  /// What a relay publishes that starts where the last one ended.
  std::vector<std::string> published() {
    std::vector<std::string> all;
    auto source = mongodb::connect_source(options_, clock_);
    auto opened = source ? (*source)->open(position_) : tl::unexpected(source.error());
    EXPECT_TRUE(opened) << opened.error().message;
    for (bool current = !opened; !current;) {
      auto batch = (*source)->read({.count = 100, .bytes = 1U << 20U}, Milliseconds(10), {});
      EXPECT_TRUE(batch) << batch.error().message;
      if (!batch) break;
      for (const Change& change : batch->changes) {
        all.push_back(change.table + " " + std::string(json_of(change.key)));
      }
      position_ = batch->position;
      current = batch->current;
    }
    return all;
  }

  /// The events that the server sends, from `start` on.
  std::size_t sent(mongodb::ClusterTime start) {
    auto pool = mongodb::Pool::make(options_->uri, mongodb::Pool::Use::brief);
    mongodb::Connection connection(**pool);
    const mongodb::StreamRequest request{.watch = options_->watch, .pipeline = &options_->pipeline};
    auto stream = mongodb::ChangeStream::open(connection, request, {.token = {}, .time = start});
    EXPECT_TRUE(stream) << stream.error().message;
    std::size_t count = 0;
    while (stream) {
      auto batch = stream->next(100, Milliseconds(1));
      EXPECT_TRUE(batch) << batch.error().message;
      if (!batch || batch->empty()) break;
      count += batch->count();
    }
    return count;
  }

  std::shared_ptr<mongodb::SourceOptions> options_ = std::make_shared<mongodb::SourceOptions>();
  std::unique_ptr<MongoShell> shell_;
  std::unique_ptr<HintAdapter> adapter_;
  std::unique_ptr<LeaderHint> hint_;
  Position position_;
};

TEST_P(Published, AreNeverClaims) {
  for (const Watch& watch : {Watch{.database = "shop", .collection = ""}, Watch{}}) {
    options_->watch = watch;
    position_ = {};
    beat();
    const auto start = shell_->time();
    order(1);
    EXPECT_THAT(published(), ElementsAre(R"(orders {"_id":1})")) << "in the snapshot";
    beat();
    // The position is between claims, and the next relay goes on there.
    EXPECT_THAT(published(), IsEmpty());
    beat();
    order(2);
    beat();
    EXPECT_THAT(published(), ElementsAre(R"(orders {"_id":2})"));
    EXPECT_TRUE(adapter_->remove("orders"));
    EXPECT_THAT(published(), IsEmpty());
    EXPECT_EQ(sent(start), 2U) << "they travel, and are left out here";
    ASSERT_TRUE(adapter_->prepare("orders"));
    shell_->command("shop", R"({"drop":"orders"})");
  }
}

INSTANTIATE_TEST_SUITE_P(Secantus, StandbyCollection, ::testing::Values(MongoKind::secantus));
INSTANTIATE_TEST_SUITE_P(Real, StandbyCollection, ::testing::Values(MongoKind::real));
INSTANTIATE_TEST_SUITE_P(Secantus, Published, ::testing::Values(MongoKind::secantus));
INSTANTIATE_TEST_SUITE_P(Real, Published, ::testing::Values(MongoKind::real));

}  // namespace
}  // namespace headwater::sources
