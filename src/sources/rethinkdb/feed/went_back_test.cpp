// A database that lacks writes which the stream has, as after a failover of one whose replicas differ.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "src/ports/loss.h"
#include "src/sources/rethinkdb/testing.h"

namespace headwater::rethinkdb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RethinkWentBack : public RethinkTest {
 protected:
  RethinkWentBack() {
    prepare();
    insert(R"({"id":1,"x":1})");
    insert(R"({"id":2})");
    stops_ = with(sources::OnLost::stop);
    follower_ = std::make_unique<Follower>(*stops_, *stops_->position("a", "earliest"));
    EXPECT_THAT(follower_->read(), ElementsAre("insert 1 v1", "insert 2 v1"));
    append();
  }
  std::unique_ptr<SourceAdapter> with(sources::OnLost on_lost) const {
    SourceOptions chosen = options();
    chosen.policies.on_lost = on_lost;
    return adapter(chosen);
  }
  /// What was read gets into the stream, and is forgotten.
  void append() {
    follower_->release();
    // It leads.
    follower_->release(follower_->position());
  }
  void tell_two_updates() {
    for (const char* change : {R"({"x":2})", R"({"x":3})"}) update("1", change);
    EXPECT_THAT(follower_->read(), ElementsAre("update 1 v2", "update 1 v3"));
    append();
  }
  /// The document is as it was, with its journal.
  void put_back(const std::string& before) {
    run(get("1").then(TermType::replace, {Term::value(before)}, {{"ignore_write_hook", true}}));
  }
  /// Two updates are told and undone, and another one is made.
  void lose_two_updates() {
    const std::string before = document("1").dump();
    tell_two_updates();
    put_back(before);
    update("1", R"({"x":4})");
  }
  std::string doubt() {
    return std::string(run(registered().then(TermType::nth, {0}))["doubt"].text().value_or(""));
  }

  std::unique_ptr<SourceAdapter> stops_;
  std::unique_ptr<Follower> follower_;
};

TEST_F(RethinkWentBack, IsNamedUntilAPolicyAnswersIt) {
  lose_two_updates();
  const Error error = follower_->error();
  EXPECT_EQ(error.name, went_back);
  EXPECT_EQ(error.remedy, Remedy::stop);
  EXPECT_THAT(error.message, HasSubstr("document 1 has change "));
  EXPECT_THAT(error.next, HasSubstr("on_lost_position"));
  // Another process begins there, which has seen nothing of it.
  const Position there = follower_->position();
  auto again = stops_->connect("a");
  ASSERT_TRUE(again);
  const auto opened = (*again)->open(there);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().name, went_back);
  for (const std::optional<Tail>& tail :
       {std::optional<Tail>(), std::optional(Tail{.sequence = 3, .position = there})}) {
    const auto report = stops_->check("a", tail);
    EXPECT_EQ(std::ranges::count(report, Finding::Kind::problem, &Finding::kind), 1);
  }

  const auto reads_again = with(sources::OnLost::snapshot);
  follower_ = std::make_unique<Follower>(*reads_again, there);
  EXPECT_THAT(follower_->read(), ElementsAre("gap", "read 1", "read 2"));
  EXPECT_THAT(doubt(), HasSubstr("document 1"));
  // The gap did not get into the stream.
  follower_ = std::make_unique<Follower>(*reads_again, there);
  EXPECT_THAT(follower_->read(), ElementsAre("gap", "read 1", "read 2"));
  append();
  EXPECT_EQ(doubt(), "");
  update("1", R"({"x":5})");
  EXPECT_THAT(follower_->read(), ElementsAre("update 1 v3"));
}

TEST_F(RethinkWentBack, IsAnsweredWithoutAnEnd) {
  const auto reads_again = with(sources::OnLost::snapshot);
  follower_ = std::make_unique<Follower>(*reads_again, follower_->position());
  append();
  lose_two_updates();
  EXPECT_THAT(follower_->read(), ElementsAre("gap", "read 1", "read 2"));
  append();
  for (const char* version : {"3", "4"}) {
    update("1", R"({"x":)" + std::string(version) + "}");
    EXPECT_THAT(follower_->read(), ElementsAre("update 1 v" + std::string(version)));
    append();
  }
}

TEST_F(RethinkWentBack, SkipGoesOnWithWhatTheJournalsHave) {
  const auto skips = with(sources::OnLost::skip);
  follower_ = std::make_unique<Follower>(*skips, follower_->position());
  append();
  lose_two_updates();
  EXPECT_THAT(follower_->read(), ElementsAre("gap", "update 1 v2"));
  append();
  EXPECT_EQ(doubt(), "");
  update("1", R"({"x":5})");
  EXPECT_THAT(follower_->read(), ElementsAre("update 1 v3"));
}

TEST_F(RethinkWentBack, WhatComesBeforeItIsReturned) {
  const std::string before = document("1").dump();
  tell_two_updates();
  put_back(before);
  insert(R"({"id":0})");
  update("1", R"({"x":4})");
  EXPECT_THAT(follower_->read(1), ElementsAre("insert 0 v1"));
  auto batch = follower_->source().read({.count = 10, .bytes = 1U << 20U}, Milliseconds(0), {});
  EXPECT_FALSE(batch) << "current: " << batch->current;
}

/// A failover may undo a release, and the journal has again what the stream has.
TEST_F(RethinkWentBack, AReleaseThatIsUndoneIsNoLoss) {
  update("1", R"({"x":2})");
  update("1", R"({"x":3})");
  const std::string before = document("1").dump();
  EXPECT_THAT(follower_->read(), ElementsAre("update 1 v2", "update 1 v3"));
  append();
  put_back(before);
  EXPECT_EQ(journal("1"), "v2 update, v3 update");
  EXPECT_THAT(follower_->read(), IsEmpty());
  update("1", R"({"x":4})");
  EXPECT_THAT(follower_->read(), ElementsAre("update 1 v4"));
  append();
  EXPECT_EQ(journal("1"), "");
}

TEST_F(RethinkWentBack, WhatIsReadAgainBecauseItIsNotInTheStreamIsNoLoss) {
  const Position before = follower_->position();
  for (const char* change : {R"({"x":2})", R"({"x":3})"}) update("1", change);
  EXPECT_THAT(follower_->read(), ElementsAre("update 1 v2", "update 1 v3"));
  ASSERT_TRUE(follower_->source().open(before));
  follower_->release(before);
  EXPECT_THAT(follower_->read(), ElementsAre("update 1 v2", "update 1 v3"));
}

TEST_F(RethinkWentBack, WhatAnotherRelayHasToldIsNoLoss) {
  tell_two_updates();
  const auto elsewhere = with(sources::OnLost::stop);
  Follower other(*elsewhere, follower_->position());
  update("1", R"({"x":4})");
  EXPECT_THAT(other.read(), ElementsAre("update 1 v4"));
  other.release();
  update("1", R"({"x":5})");
  // The first one was paused meanwhile. It sees that the stream must have more than it knows of.
  EXPECT_EQ(follower_->error().name, history_lost);
  EXPECT_EQ(doubt(), "");
}

TEST_F(RethinkWentBack, ADocumentThatIsInsertedAgainIsNoLoss) {
  tell_two_updates();
  run(get("1").then(TermType::remove, {}, {{"ignore_write_hook", true}}));
  insert(R"({"id":1,"x":1})");
  EXPECT_THAT(follower_->read(), ElementsAre("insert 1 v1"));
  append();
  mark_deleted("1");
  EXPECT_THAT(follower_->read(), ElementsAre("delete 1 v2"));
  append();
  write(get("1").then(TermType::replace, {Term::value(R"({"id":1,"x":2})")}));
  EXPECT_THAT(follower_->read(), ElementsAre("insert 1 v3"));
}

}  // namespace
}  // namespace headwater::rethinkdb
