// What people and servers do to a followed table. Each has a named error with a next command that is
// true, and what the stream has afterwards, gaps among it, is whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/sources/rethinkdb/testing.h"
#include "testing/rethinkdb/admin_terms.h"

namespace headwater::rethinkdb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class RethinkFaults : public RethinkTest {
 protected:
  RethinkFaults() {
    prepare();
    source_ = adapter();
    insert(R"({"id":1,"x":1})");
    follower_ = std::make_unique<Follower>(*source_, *source_->position("a", "earliest"));
    EXPECT_THAT(follower_->read(), ElementsAre("insert 1 v1"));
    follower_->release();
  }
  /// The error of opening at the position, as a relay does that starts again.
  Error start_error() {
    auto source = source_->connect("a");
    if (!source) return source.error();
    const auto opened = (*source)->open(follower_->position());
    return opened ? Error{} : opened.error();
  }
  /// As `next` says: all rows after a gap.
  std::vector<std::string> with_snapshot() {
    SourceOptions chosen = options();
    chosen.policies.on_lost = sources::OnLost::snapshot;
    const auto other = adapter(chosen);
    Follower after(*other, follower_->position());
    return after.read();
  }
  void expect_no_loss() {
    insert(R"({"id":100})");
    EXPECT_THAT(follower_->read(), ElementsAre("insert 100 v1"));
    follower_->release();
    EXPECT_EQ(journal("100"), "");
  }
  [[nodiscard]] Term set_hook(const Term& hook) const {
    return item().then(TermType::set_write_hook, {hook});
  }

  std::unique_ptr<SourceAdapter> source_;
  std::unique_ptr<Follower> follower_;
};

TEST_F(RethinkFaults, AHookThatIsTakenAway) {
  run(set_hook(Term::null()));
  insert(R"({"id":2})");
  const Error error = follower_->error();
  EXPECT_EQ(error.name, "source.hook_changed");
  EXPECT_THAT(error.next, HasSubstr("headwater init"));
  EXPECT_EQ(start_error().name, "source.hook_changed");
  prepare();
  EXPECT_EQ(start_error().name, "source.history_lost");
  EXPECT_THAT(with_snapshot(), UnorderedElementsAre("gap", "read 1", "read 2"));
}

TEST_F(RethinkFaults, AHookThatIsReplaced) {
  const Term mine = func({1, 2, 3}, var(3));
  run(set_hook(mine));
  insert(R"({"id":2})");
  EXPECT_EQ(follower_->error().name, "source.hook_changed");
  prepare();
  EXPECT_EQ(start_error().name, "source.history_lost");
  EXPECT_THAT(with_snapshot(), UnorderedElementsAre("gap", "read 1", "read 2"));
}

TEST_F(RethinkFaults, AHookThatIsInstalledAgainBetweenTwoLooks) {
  run(set_hook(Term::null()));
  insert(R"({"id":2})");
  prepare();
  EXPECT_EQ(follower_->error().name, "source.history_lost");
  SourceOptions chosen = options();
  chosen.policies.on_lost = sources::OnLost::skip;
  const auto other = adapter(chosen);
  Follower after(*other, follower_->position());
  update("1", R"({"x":2})");
  EXPECT_THAT(after.read(), ElementsAre("gap", "update 1 v2"));
}

TEST_F(RethinkFaults, AnIndexThatIsDropped) {
  run(item().then(TermType::index_drop, {"_hw"}));
  insert(R"({"id":2})");
  const Error error = follower_->error();
  EXPECT_EQ(error.name, "source.index_dropped");
  EXPECT_THAT(error.next, HasSubstr("headwater init"));
  prepare();
  EXPECT_THAT(follower_->read(), ElementsAre("insert 2 v1"));
  expect_no_loss();
}

TEST_F(RethinkFaults, AnIndexThatSomebodyElseMade) {
  run(item().then(TermType::index_drop, {"_hw"}));
  run(item().then(TermType::index_create, {"_hw", func({1}, var(1)["x"])}));
  run(item().then(TermType::index_wait, {"_hw"}));
  insert(R"({"id":2})");
  const Error error = follower_->error();
  EXPECT_EQ(error.name, "source.index_dropped");
  EXPECT_THAT(error.message, HasSubstr("not the one that Headwater made"));
  prepare();
  EXPECT_THAT(follower_->read(), ElementsAre("insert 2 v1"));
  expect_no_loss();
}

TEST_F(RethinkFaults, ATableThatIsDropped) {
  run(Term::call(TermType::db, {database_}).then(TermType::table_drop, {"item"}));
  EXPECT_EQ(follower_->error().name, "source.no_such_table");
  EXPECT_EQ(start_error().name, "source.no_such_table");
  make_table("item");
  const Error error = start_error();
  EXPECT_EQ(error.name, "source.not_prepared");
  EXPECT_THAT(error.next, HasSubstr("headwater init"));
  prepare();
  EXPECT_EQ(start_error().name, "source.other_database");
  EXPECT_EQ(follower_->error().name, "source.other_database");
}

TEST_F(RethinkFaults, ATableThatIsRenamed) {
  run(item().then(TermType::config).then(TermType::update, {Term::value(R"({"name":"renamed"})")}));
  const Error error = follower_->error();
  EXPECT_EQ(error.name, "source.no_such_table");
  EXPECT_THAT(error.next, HasSubstr("correct `tables`"));
  write(table(database_, "renamed").then(TermType::insert, {Term::value(R"({"id":2})")}));
  const auto renamed = adapter(options("renamed"));
  Follower after(*renamed, follower_->position());
  EXPECT_THAT(after.read(), ElementsAre("insert 2 v1"));
}

/// RethinkDB 2.4 takes the hook away.
TEST_F(RethinkFaults, ATableThatIsReconfigured) {
  run(item().then(admin::reconfigure, {}, {{"shards", 2}, {"replicas", 1}}));
  run(item().then(TermType::wait));
  insert(R"({"id":2})");
  const Error error = follower_->error();
  EXPECT_EQ(error.name, "source.hook_changed");
  EXPECT_THAT(error.next, HasSubstr("reconfigure() takes write hooks away"));
  prepare();
  EXPECT_EQ(start_error().name, "source.history_lost");
  EXPECT_THAT(with_snapshot(), UnorderedElementsAre("gap", "read 1", "read 2"));
}

TEST_F(RethinkFaults, ATableWhoseConfigurationChanges) {
  run(item()
          .then(TermType::config)
          .then(TermType::update, {Term::value(R"({"durability":"soft","write_acks":"single"})")}));
  const Json shards = run(item().then(TermType::config)["shards"]);
  run(item()
          .then(TermType::config)
          .then(TermType::update, {Term::object({{"shards", Term::value(shards.dump())}})}));
  run(item().then(TermType::wait));
  insert(R"({"id":2})");
  EXPECT_THAT(follower_->read(1), ElementsAre("insert 2 v1"));
  expect_no_loss();
}

TEST_F(RethinkFaults, ARegisterThatIsDropped) {
  insert(R"({"id":2})");
  run(Term::call(TermType::db, {database_}).then(TermType::table_drop, {"headwater"}));
  const Error error = follower_->error();
  EXPECT_EQ(error.name, "source.not_prepared");
  EXPECT_THAT(error.next, HasSubstr("headwater init"));
  prepare();
  EXPECT_EQ(start_error().name, "source.history_lost");
  EXPECT_THAT(with_snapshot(), UnorderedElementsAre("gap", "read 1", "read 2"));
}

TEST_F(RethinkFaults, ARegistrationThatIsDeleted) {
  write(registered().then(TermType::remove));
  EXPECT_EQ(follower_->error().name, "source.not_prepared");
  prepare();
  EXPECT_EQ(start_error().name, "source.history_lost");
  EXPECT_THAT(with_snapshot(), UnorderedElementsAre("gap", "read 1"));
}

TEST_F(RethinkFaults, ARegistrationOfAnotherRelay) {
  write(registered().then(TermType::update, {Term::value(R"({"relay":"b"})")}));
  const Error error = follower_->error();
  EXPECT_EQ(error.name, "source.taken");
  EXPECT_THAT(error.message, HasSubstr("followed by the relay b"));
  EXPECT_EQ(start_error().name, "source.taken");
  EXPECT_EQ(adapter()->prepare("a").error().name, "source.taken");
  EXPECT_EQ(adapter()->remove("a").error().name, "source.taken");
}

TEST_F(RethinkFaults, ARegistrationThatWentBack) {
  write(registered().then(TermType::update, {Term::value(R"({"released":0})")}));
  EXPECT_EQ(start_error().name, "source.went_back");
  EXPECT_THAT(with_snapshot(), UnorderedElementsAre("gap", "read 1"));
}

TEST_F(RethinkFaults, AServerThatStartsAgain) {
  insert(R"({"id":2})");
  server().kill();
  server().start();
  run(item().then(TermType::wait));
  run(registered().then(TermType::wait));
  EXPECT_THAT(follower_->read(1), ElementsAre("insert 2 v1"));
  expect_no_loss();
}

TEST_F(RethinkFaults, AServerWithoutReplicas) {
  if (server().is_real()) GTEST_SKIP() << rig::no_stand_in;
  const auto failure_while = [&](auto set) {
    insert(R"({"id":2})");
    ASSERT_TRUE((server().*set)(true));
    const auto batch =
        follower_->source().read({.count = 10, .bytes = 1 << 20U}, Milliseconds(5'000), {});
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error().name, "source.unavailable");
    EXPECT_EQ(batch.error().remedy, Remedy::retry);
    ASSERT_TRUE((server().*set)(false));
    EXPECT_THAT(follower_->read(1), ElementsAre(::testing::StartsWith("insert 2")));
    follower_->release();
    mark_deleted("2");
    EXPECT_THAT(follower_->read(1), SizeIs(1));
    follower_->release();
    run(get("2").then(TermType::remove, {}, {{"ignore_write_hook", true}}));
  };
  failure_while(&rig::RethinkServer::set_unavailable);
  failure_while(&rig::RethinkServer::set_no_majority);
}

TEST_F(RethinkFaults, ADocumentWhoseJournalIsForged) {
  const Options past_the_hook{{"ignore_write_hook", true}};
  run(item().then(TermType::insert,
                  {Term::value(R"({"id":2,"_hw":{"n":1,"v":1,"log":[{"n":5}]}})")}, past_the_hook));
  const Error error = follower_->error();
  EXPECT_EQ(error.name, "source.bad_journal");
  EXPECT_THAT(error.message, HasSubstr("document 2"));
  EXPECT_THAT(error.next, HasSubstr("ignore_write_hook"));
  run(get("2").then(TermType::replace, {func({1}, var(1).then(TermType::without, {"_hw"}))},
                    past_the_hook));
  update("2", R"({"x":1})");
  EXPECT_THAT(follower_->read(), ElementsAre("update 2 v1"));
  expect_no_loss();
}

TEST_F(RethinkFaults, AChangeThatComesWhileTheOneBeforeIsReleased) {
  update("1", R"({"x":2})");
  EXPECT_THAT(follower_->read(), ElementsAre("update 1 v2"));
  const Position before = follower_->position();
  update("1", R"({"x":3})");
  EXPECT_THAT(follower_->read(), ElementsAre("update 1 v3"));
  const Position both = follower_->position();
  // The release of the first is done; the relay dies before that of the second.
  follower_->release(before);
  follower_->source().close();
  EXPECT_EQ(journal("1"), "v3 update");
  Follower after(*source_, both);
  EXPECT_THAT(after.read(), IsEmpty());
  after.release();
  EXPECT_EQ(journal("1"), "");
}

TEST_F(RethinkFaults, LongKeysWithOneBeginning) {
  std::vector<Term> documents;
  documents.reserve(600);
  const std::string beginning(120, 'k');
  for (int key = 1'000; key < 1'600; ++key)
    documents.push_back(Term::object({{"id", beginning + std::to_string(key)}}));
  write(item().then(TermType::insert, {Term::array(documents)}));
  EXPECT_THAT(follower_->read(500), SizeIs(500));
  follower_->release();
  EXPECT_THAT(follower_->read(), SizeIs(100));
}

}  // namespace
}  // namespace headwater::rethinkdb
