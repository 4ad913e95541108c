// The write hook, case by case, in the server that runs it.
#include "src/sources/rethinkdb/journal/hook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/sources/rethinkdb/testing.h"

namespace headwater::rethinkdb {
namespace {

using ::testing::HasSubstr;

class RethinkHook : public RethinkTest {
 protected:
  RethinkHook() { prepare(); }

  Json upsert(const std::string& json, const char* conflict) {
    return run(item().then(TermType::insert, {Term::value(json)}, {{"conflict", conflict}}));
  }
  /// Whether it leaves the document as it is.
  bool changes_nothing(const Term& term) {
    const Json before = document("1");
    const Json answer = run(term);
    return document("1") == before && answer["errors"].integer() == 0;
  }
  [[nodiscard]] Term merged(const std::string& json) const {
    return get("1").then(TermType::update, {Term::value(json)});
  }
  /// The entries of the log are replaced by these: ReQL.
  [[nodiscard]] Term with_log(const Term& log) const {
    return get("1").then(
        TermType::update,
        {func({1}, Term::object(
                       {{"_hw", Term::object({{"log", Term::call(TermType::literal, {log})}})}}))});
  }
  static Term log_now() { return var(1)["_hw"]["log"]; }
};

TEST_F(RethinkHook, NotesWhatChangesTheContent) {
  insert(R"({"id":1,"x":1})");
  EXPECT_EQ(journal("1"), "v1 insert");
  update("1", R"({"x":2})");
  write(get("1").then(TermType::replace, {Term::value(R"({"id":1,"y":3})")}));
  EXPECT_EQ(upsert(R"({"id":1,"y":4})", "update")["replaced"].integer(), 1);
  EXPECT_EQ(upsert(R"({"id":1,"z":5})", "replace")["replaced"].integer(), 1);
  EXPECT_EQ(journal("1"), "v1 insert, v2 update, v3 update, v4 update, v5 update");
  const Json log = document("1")["_hw"]["log"];
  EXPECT_EQ(log[0]["doc"].dump(), R"({"id":1,"x":1})");
  EXPECT_EQ(log[1]["doc"].dump(), R"({"id":1,"x":2})");
  EXPECT_EQ(log[2]["doc"].dump(), R"({"id":1,"y":3})");
  EXPECT_EQ(log[3]["doc"].dump(), R"({"id":1,"y":4})");
  EXPECT_FALSE(log[4].contains("doc"));
}

TEST_F(RethinkHook, NotesNothingForTheSameContent) {
  insert(R"({"id":1,"x":1})");
  EXPECT_TRUE(changes_nothing(merged(R"({"x":1})")));
  EXPECT_TRUE(
      changes_nothing(get("1").then(TermType::replace, {Term::value(R"({"id":1,"x":1})")})));
  EXPECT_TRUE(changes_nothing(merged("{}")));
  EXPECT_EQ(run(get("9").then(TermType::update, {Term::value(R"({"x":1})")}))["skipped"].integer(),
            1);
  EXPECT_EQ(run(get("9").then(TermType::replace, {Term::null()}))["skipped"].integer(), 1);
  EXPECT_THAT(refusal(item().then(TermType::insert, {Term::value(R"({"id":1,"x":2})")})),
              HasSubstr("Duplicate primary key"));
}

TEST_F(RethinkHook, KeepsAMarkedDocument) {
  insert(R"({"id":1,"x":1})");
  mark_deleted("1");
  EXPECT_EQ(journal("1"), "v1 insert, v2 delete gone");
  EXPECT_EQ(document("1")["x"].integer(), 1);
  EXPECT_TRUE(changes_nothing(merged(R"({"_hw":{"gone":true}})")));
  EXPECT_TRUE(changes_nothing(merged(R"({"x":1})")));
  EXPECT_THAT(refusal(merged(R"({"x":2})")), HasSubstr("marked as deleted"));
  EXPECT_THAT(refusal(item().then(TermType::insert, {Term::value(R"({"id":1,"x":2})")},
                                  {{"conflict", "update"}})),
              HasSubstr("marked as deleted"));
  EXPECT_THAT(refusal(get("1").then(TermType::remove)), HasSubstr("is marked as deleted already"));
}

TEST_F(RethinkHook, TakesAMarkedDocumentInsertedAgain) {
  insert(R"({"id":1,"x":1})");
  mark_deleted("1");
  EXPECT_EQ(upsert(R"({"id":1,"x":1})", "replace")["replaced"].integer(), 1);
  EXPECT_EQ(journal("1"), "v1 insert, v2 delete, v3 insert");
  mark_deleted("1");
  EXPECT_EQ(upsert(R"({"id":1,"x":2})", "replace")["replaced"].integer(), 1);
  EXPECT_EQ(journal("1"), "v1 insert, v2 delete, v3 insert, v4 delete, v5 insert");
  mark_deleted("1");
  update("1", R"({"_hw":{"gone":false}})");
  EXPECT_EQ(journal("1"),
            "v1 insert, v2 delete, v3 insert, v4 delete, v5 insert, v6 delete, v7 insert");
  EXPECT_THAT(refusal(merged(R"({"x":3,"_hw":{"gone":true}})")), HasSubstr("keeps its content"));
}

TEST_F(RethinkHook, RefusesHardDeletesUntilNothingIsPending) {
  insert(R"({"id":1})");
  EXPECT_THAT(refusal(get("1").then(TermType::remove)), HasSubstr("mark the document instead"));
  EXPECT_THAT(refusal(get("1").then(TermType::replace, {Term::null()})),
              HasSubstr("mark the document instead"));
  write(with_log(Term::array({})));
  EXPECT_THAT(refusal(item().then(TermType::remove)), HasSubstr("mark the document instead"));
  mark_deleted("1");
  EXPECT_THAT(refusal(get("1").then(TermType::remove)), HasSubstr("is marked as deleted already"));
  write(with_log(Term::array({})));
  EXPECT_THAT(refusal(get("1").then(TermType::remove)), HasSubstr("is marked as deleted already"));
  if (!server().set_clock(Milliseconds(std::chrono::hours(2)).count())) return;
  write(get("1").then(TermType::remove));
  EXPECT_TRUE(document("1").is_null());
  EXPECT_TRUE(server().set_clock(0));
}

TEST_F(RethinkHook, DoesNotBelieveJournalsThatAreWritten) {
  insert(R"({"id":1,"x":1})");
  const std::string stale = document("1").dump();
  update("1", R"({"x":2})");
  write(get("1").then(TermType::replace, {Term::value(stale)}));
  EXPECT_EQ(journal("1"), "v1 insert, v2 update, v3 update");
  const Json before = document("1");
  for (const char* forged : {R"({"n":1})", R"({"n":99999999999999})", R"({"v":7})",
                             R"({"log":[],"v":7})", R"({"log":[],"n":1})", R"({"log":[],"more":1})",
                             R"({"log":[],"gone":false})", R"({"log":5})", R"({"gone":[]})",
                             R"({"gone":"no"})", R"({"gone":1})", "null", "[]", "5", R"("text")"}) {
    const std::string journal = R"({"_hw":)" + std::string(forged) + "}";
    // It is refused, or changes nothing.
    (void)server().try_run(get("1").then(TermType::update, {Term::value(journal)}));
    EXPECT_EQ(document("1"), before) << forged;
  }
  update("1", R"({"x":3,"_hw":{"n":1,"v":50,"log":[{"n":1,"v":1,"op":"insert"}]}})");
  EXPECT_EQ(journal("1"), "v1 insert, v2 update, v3 update, v4 update");
}

TEST_F(RethinkHook, RefusesNewDocumentsWithAJournal) {
  for (const char* forged : {R"({"id":1,"_hw":{}})", R"({"id":1,"_hw":5})",
                             R"({"id":1,"_hw":{"n":1,"v":1,"log":[]}})"}) {
    EXPECT_THAT(refusal(item().then(TermType::insert, {Term::value(forged)})),
                HasSubstr("a new document has no field _hw"));
  }
  insert(R"({"id":1,"_hw":null})");
  EXPECT_EQ(journal("1"), "v1 insert");
}

TEST_F(RethinkHook, ForgetsTheOldestOnly) {
  insert(R"({"id":1,"x":0})");
  for (const char* x : {R"({"x":1})", R"({"x":2})", R"({"x":3})"}) update("1", x);
  EXPECT_TRUE(changes_nothing(with_log(log_now().then(TermType::slice, {0, 2}))));
  EXPECT_TRUE(changes_nothing(with_log(log_now().then(TermType::slice, {0, -1}))));
  EXPECT_TRUE(changes_nothing(with_log(
      Term::array({log_now().then(TermType::nth, {0}), log_now().then(TermType::nth, {3})}))));
  EXPECT_TRUE(changes_nothing(
      with_log(log_now().then(TermType::append, {log_now().then(TermType::nth, {0})}))));
  write(with_log(log_now().then(TermType::slice, {2})));
  EXPECT_EQ(journal("1"), "v3 update, v4 update");
  update("1", R"({"x":4})");
  EXPECT_EQ(journal("1"), "v3 update, v4 update, v5 update");
  write(with_log(Term::array({})));
  EXPECT_EQ(journal("1"), "");
  update("1", R"({"x":5})");
  EXPECT_EQ(journal("1"), "v6 update");
}

TEST_F(RethinkHook, NotesEachDocumentOfABatch) {
  std::vector<Term> documents;
  documents.reserve(50);
  for (int key = 0; key < 50; ++key) documents.push_back(Term::object({{"id", key}, {"x", 1}}));
  write(item().then(TermType::insert, {Term::array(documents)}));
  write(item().then(TermType::update, {Term::value(R"({"x":2})")}));
  const Term removed =
      func({1}, branch(var(1)["id"].then(TermType::lt, {10}),
                       Term::value(R"({"_hw":{"gone":true}})"), Term::value("{}")));
  write(item().then(TermType::update, {removed}));
  EXPECT_EQ(journal("9"), "v1 insert, v2 update, v3 delete gone");
  EXPECT_EQ(journal("10"), "v1 insert, v2 update");
}

TEST_F(RethinkHook, KeepsContentsWhateverTheyLookLike) {
  const std::string nested =
      R"({"id":1,"_hw2":{"_hw":{"n":5,"log":[]}},"a":[{"_hw":1},[[]],null],"t":{"$reql_type$":"TIME","epoch_time":5,"timezone":"+00:00"}})";
  insert(nested);
  update("1", R"({"a":1,"n":{"_hw":{"gone":true}}})");
  const Json held = document("1");
  EXPECT_EQ(held["_hw"]["log"][0]["doc"], *Json::parse(nested)) << held.dump();
  EXPECT_EQ(journal("1"), "v1 insert, v2 update");
  EXPECT_EQ(held["n"]["_hw"]["gone"].boolean(), true);
  const Term literal = Term::call(TermType::literal, {Term::value(R"({"q":1})")});
  write(get("1").then(TermType::update, {Term::object({{"n", literal}})}));
  EXPECT_EQ(document("1")["n"].dump(), R"({"q":1})");
  EXPECT_EQ(document("1")["_hw"]["log"][1]["doc"]["n"].dump(), R"({"_hw":{"gone":true}})");
}

TEST_F(RethinkHook, KeepsLargeDocumentsAndManyChanges) {
  const std::string large(3 << 20U, 'x');
  insert(R"({"id":1,"x":")" + large + "\"}");
  update("1", R"({"y":1})");
  EXPECT_EQ(document("1")["_hw"]["log"][0]["doc"]["x"].text()->size(), large.size());
  insert(R"({"id":2})");
  constexpr int many = 300;
  for (int each = 1; each <= many; ++each) update("2", R"({"x":)" + std::to_string(each) + "}");
  EXPECT_EQ(document("2")["_hw"]["v"].integer(), many + 1);
  EXPECT_EQ(document("2")["_hw"]["log"].size(), std::size_t{many + 1});
}

TEST_F(RethinkTest, TheHookTakesDocumentsThatAreOlder) {
  for (const char* each : {R"({"id":1,"x":1})", R"({"id":2,"x":1})", R"({"id":3,"x":1})"})
    insert(each);
  prepare();
  update("1", R"({"x":2})");
  mark_deleted("2");
  EXPECT_EQ(journal("1"), "v1 update");
  EXPECT_EQ(journal("2"), "v1 delete gone");
  EXPECT_THAT(refusal(get("3").then(TermType::remove)), HasSubstr("mark the document instead"));
  EXPECT_FALSE(document("3").contains("_hw"));
}

TEST_F(RethinkTest, TheHookAndTheSourceTakeEveryKindOfKey) {
  make_table("other", {{"primary_key", "the.key"}});
  const auto source = adapter(options("other"));
  ASSERT_TRUE(source->prepare("a"));
  const Term other = table(database_, "other");
  const std::string time =
      R"({"$reql_type$":"TIME","epoch_time":1700000000.5,"timezone":"+02:00"})";
  const std::string binary = R"({"$reql_type$":"BINARY","data":"AP8n"})";
  for (const std::string& key :
       {std::string("\"text\""), std::string("\"_hw\""), std::string("-0.5"), std::string("1e100"),
        std::string("true"), std::string("[1,[\"a\",false]]"), time, binary}) {
    const auto with = [&](const char* x) {
      return Term::value(R"({"the.key":)" + key + R"(,"x":)" + x + "}");
    };
    write(other.then(TermType::insert, {with("1")}));
    write(other.then(TermType::insert, {with("2")}, {{"conflict", "update"}}));
    write(other.then(TermType::get, {Term::value(key)})
              .then(TermType::update, {Term::value(R"({"_hw":{"gone":true}})")}));
  }
  Follower follower(*source, *source->position("a", "earliest"));
  EXPECT_EQ(follower.read().size(), 24U);
  follower.release();
  EXPECT_THAT(follower.read(), ::testing::IsEmpty());
  const Term pending = other.then(
      TermType::filter,
      {func({1}, var(1)["_hw"]["log"].then(TermType::is_empty).then(TermType::logical_not))});
  EXPECT_EQ(run(pending.then(TermType::count)).integer(), 0);
}

}  // namespace
}  // namespace headwater::rethinkdb
