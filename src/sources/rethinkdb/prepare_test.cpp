// `init` and `init --remove`.
#include "src/sources/rethinkdb/prepare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/sources/rethinkdb/testing.h"
#include "testing/rethinkdb/admin_terms.h"

namespace headwater::rethinkdb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class RethinkPrepare : public RethinkTest {
 protected:
  [[nodiscard]] Term database() const { return Term::call(TermType::db, {database_}); }
  Json tables() { return run(database().then(TermType::table_list)); }
  /// A user of the test's own with these rights on the database, and an adapter that is this user.
  std::unique_ptr<SourceAdapter> as_user_with(const std::vector<std::string>& rights) {
    const std::string user = database_ + "_user" + std::to_string(++users_);
    server().add_user(user, "secret", {});
    Options granted;
    for (const std::string& each : rights) granted.emplace_back(each, true);
    run(database().then(admin::grant, {user, Term::object(granted)}));
    SourceOptions mine = options();
    mine.login = {.user = user, .password = "secret"};
    return adapter(mine);
  }

 private:
  int users_ = 0;
};

TEST_F(RethinkPrepare, CanBeRepeated) {
  const auto first = adapter()->prepare("a");
  ASSERT_TRUE(first);
  EXPECT_THAT(first->front().what, HasSubstr("from now on"));
  EXPECT_THAT(*first, SizeIs(2));
  insert(R"({"id":1})");
  const std::string before = run(registered()).dump();
  const auto second = adapter()->prepare("a");
  ASSERT_TRUE(second);
  EXPECT_THAT(second->front().what, HasSubstr("already"));
  EXPECT_THAT(*second, SizeIs(1));
  EXPECT_EQ(run(registered()).dump(), before);
  EXPECT_EQ(journal("1"), "v1 insert");
}

TEST_F(RethinkPrepare, RefusesAnotherRelay) {
  prepare("a");
  for (const auto& refused : {adapter()->prepare("b"), adapter()->remove("b")}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, "source.taken");
    EXPECT_THAT(refused.error().message, HasSubstr("followed by the relay a"));
  }
  remove("a");
  prepare("b");
  EXPECT_EQ(adapter()->connect("a").error().name, "source.taken");
}

TEST_F(RethinkPrepare, IsNeededFirst) {
  for (const char* words : {"earliest", "latest"})
    EXPECT_EQ(adapter()->position("a", words).error().name, "source.not_prepared");
  EXPECT_EQ(adapter()->connect("a").error().name, "source.not_prepared");
  const Report report = adapter()->check("a", std::nullopt);
  EXPECT_EQ(report.front().kind, Finding::Kind::problem);
  EXPECT_EQ(report.front().next, "headwater init -c FILE");
}

TEST_F(RethinkPrepare, NamesTheRightThatIsMissing) {
  const std::vector<std::string> all{"config", "read", "write"};
  for (std::size_t missing = 0; missing <= all.size(); ++missing) {
    std::vector<std::string> rights = all;
    if (missing < all.size()) rights.erase(rights.begin() + static_cast<std::ptrdiff_t>(missing));
    const auto prepared = as_user_with(rights)->prepare("a");
    if (missing == all.size()) {
      EXPECT_TRUE(prepared) << prepared.error().message;
      continue;
    }
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().name, "source.unauthorized") << prepared.error().message;
    EXPECT_EQ(prepared.error().remedy, Remedy::stop);
    // A real server asks for the right to write if it is the one to read that is missing.
    EXPECT_THAT(prepared.error().message,
                ::testing::AnyOf(HasSubstr("`" + all[missing] + "` permission"),
                                 HasSubstr(missing == 1 ? "`write` permission" : "no such text")));
  }
}

TEST_F(RethinkPrepare, ARelayNeedsToReadAndWriteOnly) {
  prepare();
  const auto source = as_user_with({"read", "write"});
  insert(R"({"id":1})");
  Follower follower(*source, *source->position("a", "earliest"));
  EXPECT_THAT(follower.read(), ElementsAre("insert 1 v1"));
  follower.release();
  EXPECT_EQ(journal("1"), "");
}

TEST_F(RethinkPrepare, ARelayThatMayNotWriteSaysSo) {
  prepare();
  const auto source = as_user_with({"read"})->connect("a");
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().name, "source.unauthorized");
  EXPECT_THAT(source.error().message, HasSubstr("`write` permission"));
}

TEST_F(RethinkPrepare, RemoveLeavesDocumentsAsTheyWere) {
  std::vector<Term> documents;
  documents.reserve(1'200);
  for (int key = 0; key < 1'200; ++key)
    documents.push_back(Term::object({{"id", key}, {"x", Term::array({key})}}));
  write(item().then(TermType::insert, {Term::array(documents)}));
  const std::string before = run(item().then(TermType::order_by, {}, {{"index", "id"}})).dump();
  prepare();
  write(item().then(TermType::update, {Term::value(R"({"y":1})")}));
  write(item().then(TermType::replace, {func({1}, var(1).then(TermType::without, {"y"}))}));
  insert(R"({"id":5000})");
  mark_deleted("5000");
  const auto removed = adapter()->remove("a");
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(run(item().then(TermType::order_by, {}, {{"index", "id"}})).dump(), before);
  EXPECT_EQ(run(item().then(TermType::index_list)).size(), 0U);
  EXPECT_TRUE(run(item().then(TermType::get_write_hook)).is_null());
  EXPECT_EQ(tables().dump(), R"(["item"])");
  ASSERT_THAT(*removed, SizeIs(2));
  EXPECT_EQ(removed->back().kind, Finding::Kind::note);
  EXPECT_THAT(removed->back().what, HasSubstr("2402 changes were still in the journal"));
}

TEST_F(RethinkPrepare, RemoveSaysNothingOfChangesThatArePublished) {
  prepare();
  const auto source = adapter();
  insert(R"({"id":1})");
  Follower follower(*source, *source->position("a", "earliest"));
  EXPECT_THAT(follower.read(), ElementsAre("insert 1 v1"));
  follower.release();
  const auto removed = source->remove("a");
  ASSERT_TRUE(removed);
  EXPECT_THAT(*removed, SizeIs(1));
  EXPECT_TRUE(source->remove("a")) << "it can be repeated";
}

TEST_F(RethinkPrepare, RemoveLeavesOtherTablesFollowed) {
  make_table("other");
  prepare();
  const auto other = adapter(options("other"));
  ASSERT_TRUE(other->prepare("b"));
  remove();
  EXPECT_TRUE(other->connect("b"));
  EXPECT_EQ(run(registered()).size(), 1U);
}

TEST_F(RethinkPrepare, AKeyOfAnotherNameIsKept) {
  make_table("other", {{"primary_key", "key"}});
  const auto other = adapter(options("other"));
  ASSERT_TRUE(other->prepare("a"));
  ASSERT_TRUE(other->prepare("a"));
  write(table(database_, "other").then(TermType::insert, {Term::value(R"({"key":"k","id":3})")}));
  Follower follower(*other, *other->position("a", "earliest"));
  EXPECT_THAT(follower.read(), ElementsAre("insert 'k v1"));
  EXPECT_EQ(std::get<Document>(*follower.changes()[0].key).json, R"({"key":"k"})");
  ASSERT_TRUE(other->remove("a"));
  EXPECT_EQ(run(table(database_, "other")).dump(), R"([{"id":3,"key":"k"}])");
}

/// Killed between any two writes, and repeated.
TEST(RethinkPrepareKilled, IsMadeWholeByTheNext) {
  rig::RethinkServer server({.stand_in = true});
  const SystemClock clock;
  server.run(Term::call(admin::db_create, {"shop"}));
  server.run(Term::call(TermType::db, {"shop"}).then(TermType::table_create, {"item"}));
  const Term item = table("shop", "item");
  server.run(item.then(TermType::insert, {Term::value(R"([{"id":1},{"id":2}])")}));
  SourceOptions options;
  options.server = {.host = "127.0.0.1", .port = server.port()};
  options.database = "shop";
  options.table = "item";
  const auto adapter = make_rethinkdb_source(options, clock);
  const auto killed_after = [&](unsigned writes, auto call) {
    EXPECT_TRUE(server.crash_after(writes));
    const auto done = call();
    const bool crashed = !done;
    if (crashed) server.wait_until_gone();
    if (crashed) server.start();
    return crashed;
  };
  for (unsigned writes = 1; writes < 12; ++writes) {
    SCOPED_TRACE(writes);
    const bool crashed = killed_after(writes, [&] { return adapter->prepare("a"); });
    EXPECT_TRUE(server.crash_after(1'000'000));
    const auto again = adapter->prepare("a");
    ASSERT_TRUE(again) << again.error().message;
    server.run(item.then(TermType::update, {Term::object({{"x", static_cast<int>(writes)}})}));
    Follower follower(*adapter, *adapter->position("a", "earliest"));
    EXPECT_THAT(follower.read(), SizeIs(2));
    follower.source().close();
    killed_after(writes, [&] { return adapter->remove("a"); });
    EXPECT_TRUE(server.crash_after(1'000'000));
    const auto removed = adapter->remove("a");
    ASSERT_TRUE(removed) << removed.error().message;
    EXPECT_EQ(server.run(item.then(TermType::has_fields, {"_hw"}).then(TermType::count)).integer(),
              0);
    EXPECT_EQ(server.run(item.then(TermType::count)).integer(), 2);
    EXPECT_TRUE(server.run(item.then(TermType::get_write_hook)).is_null());
    if (!crashed) break;
  }
}

}  // namespace
}  // namespace headwater::rethinkdb
