// A write hook of the user's own, which Headwater's calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/sources/rethinkdb/testing.h"

namespace headwater::rethinkdb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RethinkCalledHook : public RethinkTest {
 protected:
  /// function(context, old, new): counts writes in `count`, notes when; refuses `bad: true`; lets nobody
  /// delete what is `kept`.
  static Term counting() {
    const Term is_null = var(3).then(TermType::eq, {Term::null()});
    const Term kept = var(2)["kept"].then(TermType::default_to, {false});
    const Term removed =
        branch(kept, Term::call(TermType::error, {"this one is kept"}), Term::null());
    const Term count = var(2)["count"].then(TermType::add, {1}).then(TermType::default_to, {1});
    const Term counted = var(3).then(
        TermType::merge, {Term::object({{"count", count}, {"at", var(1)["timestamp"]}})});
    const Term bad = var(3)["bad"].then(TermType::default_to, {false});
    return func({1, 2, 3}, branch(is_null, removed,
                                  branch(bad, Term::call(TermType::error, {"bad"}), counted)));
  }
  void set_hook(const Term& hook) { run(item().then(TermType::set_write_hook, {hook})); }
  Json hook() { return run(item().then(TermType::get_write_hook)); }
  std::int64_t count(const char* key) { return document(key)["count"].integer().value_or(-1); }
};

TEST_F(RethinkCalledHook, ChangesAndRefusesAsBefore) {
  set_hook(counting());
  prepare();
  insert(R"({"id":1})");
  EXPECT_EQ(count("1"), 1);
  EXPECT_EQ(document("1")["at"]["$reql_type$"].text(), "TIME");
  update("1", R"({"x":1})");
  EXPECT_EQ(count("1"), 2);
  EXPECT_THAT(refusal(get("1").then(TermType::update, {Term::value(R"({"bad":true})")})),
              HasSubstr("bad"));
  EXPECT_THAT(refusal(item().then(TermType::insert, {Term::value(R"({"id":2,"bad":true})")})),
              HasSubstr("bad"));
  EXPECT_EQ(journal("1"), "v1 insert, v2 update");
  EXPECT_EQ(document("1")["_hw"]["log"][0]["doc"]["count"].integer(), 1);
}

TEST_F(RethinkCalledHook, IsCalledForTheSameContent) {
  set_hook(counting());
  prepare();
  insert(R"({"id":1})");
  update("1", "{}");
  EXPECT_EQ(count("1"), 2);
  EXPECT_EQ(journal("1"), "v1 insert, v2 update");
}

TEST_F(RethinkCalledHook, MayRefuseADelete) {
  set_hook(counting());
  prepare();
  insert(R"({"id":1,"kept":true})");
  insert(R"({"id":2})");
  EXPECT_THAT(refusal(get("1").then(TermType::update, {Term::value(R"({"_hw":{"gone":true}})")})),
              HasSubstr("this one is kept"));
  mark_deleted("2");
  EXPECT_EQ(count("2"), 1);
  EXPECT_EQ(run(get("2").then(TermType::update, {Term::value("{}")}))["unchanged"].integer(), 1);
  EXPECT_EQ(run(item().then(TermType::insert, {Term::value(R"({"id":2})")},
                            {{"conflict", "replace"}}))["replaced"]
                .integer(),
            1);
  EXPECT_EQ(count("2"), 1);
  EXPECT_EQ(journal("2"), "v1 insert, v2 delete, v3 insert");
}

TEST_F(RethinkCalledHook, IsNotCalledWhenTheJournalForgets) {
  set_hook(counting());
  prepare();
  insert(R"({"id":1})");
  const auto source = adapter();
  Follower follower(*source, *source->position("a", "earliest"));
  EXPECT_THAT(follower.read(), ElementsAre("insert 1 v1"));
  follower.release();
  EXPECT_EQ(count("1"), 1);
  EXPECT_EQ(journal("1"), "");
}

TEST_F(RethinkCalledHook, IsThereAgainAfterRemove) {
  set_hook(counting());
  const std::string before = hook()["function"].dump();
  insert(R"({"id":1})");
  const std::string older = document("1").dump();
  prepare();
  insert(R"({"id":2,"kept":true})");
  insert(R"({"id":3})");
  mark_deleted("3");
  const auto content = [&](const char* key) {
    return run(get(key).then(TermType::without, {"_hw"})).dump();
  };
  const std::string second = content("2");
  remove();
  EXPECT_EQ(hook()["function"].dump(), before);
  EXPECT_EQ(document("1").dump(), older);
  EXPECT_EQ(document("2").dump(), second);
  EXPECT_TRUE(document("3").is_null());
}

TEST_F(RethinkCalledHook, IsCalledAgainAfterBothWereTakenAway) {
  set_hook(counting());
  const std::string before = hook()["function"].dump();
  prepare();
  set_hook(Term::null());
  const auto again = adapter()->prepare("a");
  ASSERT_TRUE(again);
  EXPECT_THAT(again->back().what + again->front().what, HasSubstr("called"));
  insert(R"({"id":1})");
  EXPECT_EQ(count("1"), 1);
  set_hook(Term::null());
  remove();
  EXPECT_EQ(hook()["function"].dump(), before);
}

TEST_F(RethinkCalledHook, IsNotLostWithItsRegistration) {
  set_hook(counting());
  const Term before = Term::value(hook()["function"].dump());
  prepare();
  write(registered().then(TermType::remove));
  const auto again = adapter()->prepare("a");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().name, "source.foreign_hook");
  EXPECT_EQ(adapter()->remove("a").error().name, "source.foreign_hook");
  set_hook(before);
  prepare();
  insert(R"({"id":1})");
  EXPECT_EQ(count("1"), 1);
  EXPECT_EQ(journal("1"), "v1 insert");
}

TEST_F(RethinkCalledHook, ThatCannotBeCalledIsRefusedBeforeAnythingIsChanged) {
  // A real driver never numbers its variables like this.
  const Term unusual = func({1'000'000'001, 1'000'000'002, 1'000'000'003}, var(1'000'000'003));
  set_hook(unusual);
  const std::string before = hook().dump();
  const auto prepared = adapter()->prepare("a");
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().name, "source.foreign_hook");
  EXPECT_THAT(prepared.error().next, HasSubstr("set_write_hook(null)"));
  EXPECT_EQ(hook().dump(), before);
  EXPECT_EQ(run(item().then(TermType::index_list)).size(), 0U);
  EXPECT_EQ(run(Term::call(TermType::db, {database_}).then(TermType::table_list)).dump(),
            R"(["item"])");
}

}  // namespace
}  // namespace headwater::rethinkdb
