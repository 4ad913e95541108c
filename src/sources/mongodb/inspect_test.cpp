// What a person is told of real servers: one that takes everybody, and one that asks who comes.
#include "src/sources/mongodb/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "src/sources/mongodb/feed/mongo_source.h"
#include "src/sources/mongodb/feed/position.h"
#include "testing/mongodb/programs.h"
#include "testing/mongodb/shared_server.h"

namespace headwater::mongodb {
namespace {

using rig::MongoKind;
using rig::MongoServer;
using rig::MongoShell;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text(const Report& report) {
  std::string all;
  for (const Finding& finding : report) {
    all += finding.kind == Finding::Kind::problem ? "problem: "
           : finding.kind == Finding::Kind::note  ? "note: "
                                                  : "ok: ";
    all += finding.what + "\n";
    if (!finding.next.empty()) all += "  next: " + finding.next + "\n";
  }
  return all;
}

std::string check_of(const SourceOptions& options, const Position& position = {}) {
  auto pool = Pool::make(options.uri, Pool::Use::brief);
  EXPECT_TRUE(pool);
  Connection connection(**pool);
  return text(inspect(options, connection, position));
}

class MongoCheck : public ::testing::TestWithParam<MongoKind> {
 protected:
  void SetUp() override {
    if (GetParam() == MongoKind::real && !rig::real_mongod()) GTEST_SKIP() << rig::no_real_mongod;
    const MongoServer& server =
        rig::shared_mongo_server({.kind = GetParam(), .survives_kill = false});
    options_ = options_for(server.uri());
    shell_ = std::make_unique<MongoShell>(server.uri());
  }

  static SourceOptions options_for(const std::string& uri) {
    SourceOptions options;
    options.uri = uri;
    options.watch = {"shop", "orders"};
    options.identity = "mongodb:test";
    return options;
  }

  MongoPosition now() {
    auto pool = Pool::make(options_.uri, Pool::Use::brief);
    EXPECT_TRUE(pool);
    Connection connection(**pool);
    auto position = beginning(options_, options_.identity, connection);
    EXPECT_TRUE(position);
    return position ? *position : MongoPosition{};
  }

  [[nodiscard]] bool has_images() { return now_facts().images(); }
  ServerFacts now_facts() {
    auto pool = Pool::make(options_.uri, Pool::Use::brief);
    EXPECT_TRUE(pool);
    Connection connection(**pool);
    auto facts = connection.facts();
    EXPECT_TRUE(facts);
    return facts ? *facts : ServerFacts{};
  }

  SourceOptions options_;
  std::unique_ptr<MongoShell> shell_;
};

TEST_P(MongoCheck, ASetThatCanBeFollowedHasNoProblems) {
  shell_->create("shop.orders");
  const std::string said = check_of(options_, encode(now()));
  EXPECT_THAT(said, Not(HasSubstr("problem"))) << said;
  EXPECT_THAT(said, HasSubstr("ok: MongoDB "));
  EXPECT_THAT(said, HasSubstr("member of a replica set"));
  EXPECT_THAT(said, HasSubstr("note: no user is logged in"));
  EXPECT_THAT(said, HasSubstr("ok: identity mongodb:test"));
  EXPECT_THAT(said, HasSubstr("ok: the oplog reaches back 0.0 h"));
  EXPECT_THAT(said, HasSubstr("% of it is left)"));
  EXPECT_THAT(said, Not(HasSubstr("there is no collection")));
}

TEST_P(MongoCheck, TheSetsOwnIdIsItsIdentity) {
  options_.identity.clear();
  const std::string said = check_of(options_);
  if (GetParam() == MongoKind::real) {
    EXPECT_THAT(said, HasSubstr("ok: identity mongodb:"));
  } else {
    // SecantusDB has no replSetGetConfig.
    EXPECT_THAT(said, HasSubstr("set `identity: NAME`"));
  }
}

TEST_P(MongoCheck, ACollectionThatIsNotThereIsNamed) {
  EXPECT_THAT(check_of(options_), HasSubstr("note: there is no collection shop.orders yet"));
}

TEST_P(MongoCheck, ACollationMakesASnapshotSlow) {
  shell_->command("shop", R"({"create":"orders","collation":{"locale":"de"}})");
  EXPECT_THAT(check_of(options_), Not(HasSubstr("collation")));
  options_.policies.snapshot = true;
  EXPECT_THAT(check_of(options_), HasSubstr("note: shop.orders has a collation of its own"));
}

TEST_P(MongoCheck, ImagesHaveToBeKept) {
  const bool has = has_images();
  shell_->create("shop.orders");
  options_.full_document_before_change = FullDocumentBefore::when_available;
  const std::string noted = check_of(options_);
  options_.full_document = FullDocument::required;
  const std::string said = check_of(options_);
  if (!has) {
    EXPECT_THAT(noted, HasSubstr("note: documents before and after a change need MongoDB 6.0"));
    EXPECT_THAT(said, HasSubstr("problem: documents before and after a change need MongoDB 6.0"));
    return;
  }
  EXPECT_THAT(noted, HasSubstr("note: shop.orders does not keep documents"));
  EXPECT_THAT(said,
              HasSubstr("problem: shop.orders does not keep documents before and after a change\n"
                        "  next: in mongosh: db.getSiblingDB(\"shop\").runCommand({collMod: "
                        "\"orders\", changeStreamPreAndPostImages: {enabled: true}})"));
  // What it says mends it.
  shell_->command("shop",
                  R"({"collMod":"orders","changeStreamPreAndPostImages":{"enabled":true}})");
  EXPECT_THAT(check_of(options_), HasSubstr("ok: shop.orders keeps documents"));
}

TEST_P(MongoCheck, ImagesOfADatabaseAreThoseOfEachCollection) {
  if (!has_images()) GTEST_SKIP() << "needs MongoDB 6.0";
  options_.full_document = FullDocument::required;
  EXPECT_THAT(check_of(options_), HasSubstr(".createCollection(\"orders\", {changeStream"));
  options_.watch = {"shop", ""};
  shell_->create("shop.orders", true);
  shell_->create("shop.stock");
  shell_->create("shop.headwater_standby");
  const std::string said = check_of(options_);
  EXPECT_THAT(said, HasSubstr("problem: shop.stock does not keep documents"));
  EXPECT_THAT(said, Not(HasSubstr("shop.orders")));
  EXPECT_THAT(said, Not(HasSubstr("standby")));
  options_.watch = {};
  EXPECT_THAT(check_of(options_), HasSubstr("note: whether every collection keeps documents"));
}

TEST_P(MongoCheck, APositionOfAnotherPipelineOrDeploymentIsAProblem) {
  MongoPosition position = now();
  position.source = "mongodb:other";
  EXPECT_THAT(check_of(options_, encode(position)),
              HasSubstr("problem: the stream's position is of"));
  position = now();
  position.fingerprint = "0123456789abcdef";
  EXPECT_THAT(check_of(options_, encode(position)), HasSubstr("problem: `watch` or `pipeline`"));
  EXPECT_THAT(check_of(options_, {"?"}), HasSubstr("is not a position of a MongoDB source"));
}

TEST_P(MongoCheck, AChangeThatTheServerNeverHadIsAProblem) {
  MongoPosition position = now();
  position.witness = {position.time.seconds, position.time.increment + 1'000'000};
  const std::string said = check_of(options_, encode(position));
  EXPECT_THAT(said, HasSubstr("restored from an older backup"));
  EXPECT_THAT(said, HasSubstr("on_lost_position"));
}

TEST_P(MongoCheck, APositionBeforeTheOplogIsAProblem) {
  MongoPosition position = now();
  position.time.seconds -= 86'400;
  EXPECT_THAT(check_of(options_, encode(position)),
              HasSubstr("problem: the server no longer has the changes after"));
}

TEST_P(MongoCheck, PrivilegesAreMissedByName) {
  const MongoServer server({.kind = GetParam(), .survives_kill = false, .auth = true});
  MongoShell root(server.uri());
  root.command("admin", R"({"createUser":"relay","pwd":"pw","roles":[]})");
  options_ = options_for(server.uri("relay", "pw"));
  const std::string wrong = check_of(options_for(server.uri("relay", "s3cret")));
  EXPECT_THAT(wrong, HasSubstr("next: correct the user, the password or authSource"));
  EXPECT_THAT(wrong, Not(HasSubstr("s3cret")));
  const std::string none = check_of(options_);
  EXPECT_THAT(none,
              HasSubstr("problem: user relay lacks the privilege changeStream on shop.orders"));
  EXPECT_THAT(none, HasSubstr("problem: user relay lacks the privilege find on shop.orders"));
  EXPECT_THAT(none, HasSubstr("note: user relay lacks the privilege find on local.oplog.rs"));
  EXPECT_THAT(none, HasSubstr("next: in mongosh: db.getSiblingDB(\"admin\").createRole("));
  EXPECT_THAT(none, Not(HasSubstr("pw")));
  EXPECT_THAT(none, HasSubstr("note: how far the oplog reaches cannot be seen"));

  root.command("admin", R"({"createRole":"headwater","roles":[],"privileges":[
      {"resource":{"db":"shop","collection":"orders"},"actions":["changeStream","find"]}]})");
  root.command("admin", R"({"grantRolesToUser":"relay","roles":["headwater"]})");
  const std::string some = check_of(options_);
  if (GetParam() == MongoKind::secantus) {
    // It does not list what a role allows, as a real server does.
    EXPECT_THAT(some, HasSubstr("note: the server does not say what user relay may"));
    return;
  }
  EXPECT_THAT(some, HasSubstr("ok: user relay has the privileges that are needed"));
  EXPECT_THAT(some,
              HasSubstr("next: in mongosh: db.getSiblingDB(\"admin\").grantPrivilegesToRole"));
  options_.identity.clear();
  EXPECT_THAT(check_of(options_), HasSubstr("lacks the privilege replSetGetConfig on the cluster"));
  // The role of docs/mongodb.md.
  root.command("admin", R"({"grantPrivilegesToRole":"headwater","privileges":[
      {"resource":{"db":"shop","collection":""},"actions":["listCollections"]},
      {"resource":{"cluster":true},"actions":["replSetGetConfig"]},
      {"resource":{"db":"local","collection":"oplog.rs"},"actions":["find"]}]})");
  options_.policies.snapshot = true;
  const std::string all = check_of(options_);
  EXPECT_THAT(all, Not(HasSubstr("lacks"))) << all;
  EXPECT_THAT(all, Not(HasSubstr("problem"))) << all;
}

TEST_P(MongoCheck, AServerOutsideASetHasNoChangeStreams) {
  if (GetParam() == MongoKind::secantus) GTEST_SKIP() << "SecantusDB is always a set";
  // One that was never told its set.
  const MongoServer server({.kind = GetParam(), .survives_kill = false, .member = true});
  const std::string said = check_of(options_for(server.direct_uri()));
  EXPECT_THAT(said, HasSubstr("stands alone: it has no change streams\n  next: start it with "
                              "--replSet"));
  EXPECT_THAT(said, HasSubstr("rs.initiate()"));
}

INSTANTIATE_TEST_SUITE_P(Secantus, MongoCheck, ::testing::Values(MongoKind::secantus));
INSTANTIATE_TEST_SUITE_P(Real, MongoCheck, ::testing::Values(MongoKind::real));

TEST(MongoCheckOfNothing, SaysThatNobodyAnswers) {
  SourceOptions options;
  options.uri = "mongodb://user:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=100";
  options.watch = {"shop", "orders"};
  const std::string said = check_of(options);
  EXPECT_THAT(said, HasSubstr("problem: "));
  EXPECT_THAT(said, HasSubstr("next: start the server, or correct the hosts"));
  EXPECT_THAT(said, Not(HasSubstr("s3cret")));
}

TEST(RoomLeft, IsAProblemBelowATenth) {
  constexpr std::uint32_t start = 1'795'431'392;
  constexpr std::uint32_t hour = 3600;
  const OplogWindow window{.first = {start, 1}, .last = {start + 100 * hour, 1}};
  const auto finding = [&](ClusterTime time) {
    MongoPosition position;
    position.time = time;
    return text({room_left(position, window)});
  };
  EXPECT_EQ(finding({start + 50 * hour, 7}),
            "ok: the position is 50.0 h from the end of the oplog (50 % of it is left)\n");
  EXPECT_EQ(finding({start + 200 * hour, 7}),
            "ok: the position is 100.0 h from the end of the oplog (100 % of it is left)\n");
  EXPECT_THAT(finding({start + 10 * hour, 1}), HasSubstr("ok: "));
  EXPECT_THAT(finding({start + 9 * hour + 1800, 1}),
              HasSubstr("problem: the position is 9.5 h from the end of the oplog"));
  EXPECT_THAT(finding({start + 9 * hour, 1}), HasSubstr("replSetResizeOplog"));
  EXPECT_THAT(finding({start, 0}), HasSubstr("problem: the server no longer has the changes"));
}

}  // namespace
}  // namespace headwater::mongodb
