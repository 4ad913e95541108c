// `position`, `snapshot` and `check`, at the adapter.
#include "src/sources/rethinkdb/feed/position.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "src/sources/rethinkdb/testing.h"
#include "testing/rethinkdb/admin_terms.h"

namespace headwater::rethinkdb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class RethinkPositions : public RethinkTest {
 protected:
  RethinkPositions() {
    prepare();
    source_ = adapter();
  }
  Position position(const std::string& words) {
    const auto found = source_->position("a", words);
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(Position());
  }
  /// What `check` notes, as one text.
  std::string notes() {
    std::string text;
    for (const Finding& each : source_->check("a", std::nullopt)) {
      EXPECT_NE(each.kind, Finding::Kind::problem) << each.what;
      text += each.what + "; " + each.next + "\n";
    }
    return text;
  }
  std::unique_ptr<SourceAdapter> source_;
};

TEST_F(RethinkPositions, EarliestHasWhatIsInTheJournal) {
  insert(R"({"id":1})");
  Follower first(*source_, position("earliest"));
  EXPECT_THAT(first.read(), ElementsAre("insert 1 v1"));
  first.release();
  insert(R"({"id":2})");
  Follower second(*source_, position("earliest"));
  EXPECT_THAT(second.read(), ElementsAre("insert 2 v1"));
}

TEST_F(RethinkPositions, LatestLeavesOutWhatWasBefore) {
  insert(R"({"id":1})");
  insert(R"({"id":2})");
  const Position latest = position("latest");
  EXPECT_THAT(source_->explain(latest), HasSubstr(database_ + ".item"));
  Follower follower(*source_, latest);
  EXPECT_THAT(follower.read(), IsEmpty());
  update("1", R"({"x":1})");
  EXPECT_THAT(follower.read(), ElementsAre("update 1 v2"));
  follower.release();
  EXPECT_EQ(journal("1") + journal("2"), "");
}

TEST_F(RethinkPositions, LatestWhileSomebodyWritesHasAnEndOfIt) {
  constexpr int count = 200;
  std::thread writer([&] {
    rig::RethinkServer& there = server();
    auto opened = Connection::open(there.options(), {});
    if (!opened) return;
    for (int key = 0; key < count; ++key) {
      (void)(*opened)->ask(
          query::start(item().then(TermType::insert, {Term::object({{"id", key}})})), {});
    }
  });
  const Position latest = position("latest");
  writer.join();
  Follower follower(*source_, latest);
  const auto words = follower.read();
  for (std::size_t at = 0; at < words.size(); ++at) {
    EXPECT_EQ(
        words[at],
        "insert " + std::to_string(static_cast<std::size_t>(count) - words.size() + at) + " v1");
  }
}

TEST_F(RethinkPositions, OneOfItsOwnIsChecked) {
  const Position latest = position("latest");
  EXPECT_EQ(position(latest.token), latest);
  EXPECT_EQ(source_->position("a", "nonsense").error().name, "source.bad_position");
  EXPECT_EQ(source_->position("a", R"({"v":2})").error().name, "source.bad_position");
  RethinkPosition other = *decode(latest);
  other.journal = "another";
  EXPECT_EQ(source_->position("a", encode(other).token).error().name, "source.history_lost");
  other = *decode(latest);
  other.released = 100;
  EXPECT_EQ(source_->position("a", encode(other).token).error().name, "source.went_back");
  other = *decode(latest);
  other.table = "another";
  EXPECT_EQ(source_->position("a", encode(other).token).error().name, "source.other_database");
}

TEST_F(RethinkPositions, RowsAreReadAgainOnRequest) {
  insert(R"({"id":1})");
  insert(R"({"id":2})");
  mark_deleted("2");
  Follower first(*source_, position("earliest"));
  EXPECT_THAT(first.read(), SizeIs(3));
  first.release();
  const Tail tail{.sequence = 3, .position = first.position(), .source = "x"};
  EXPECT_EQ(source_->read_again("a", tail, {"other"}, "").error().name, "source.no_such_table");
  EXPECT_EQ(source_->read_again("a", tail, {"item"}, "x > 1").error().name, "source.no_filter");
  const auto asked = source_->read_again("a", tail, {database_ + ".item"}, "");
  ASSERT_TRUE(asked && *asked);
  EXPECT_THAT(source_->explain(**asked), HasSubstr("reading its rows"));
  EXPECT_EQ(
      source_->read_again("a", {.sequence = 4, .position = **asked, .source = "x"}, {"item"}, "")
          .error()
          .name,
      "source.snapshot_running");
  update("1", R"({"x":1})");
  Follower again(*source_, **asked);
  EXPECT_THAT(again.read(), ElementsAre("update 1 v2", "read 1"));
  update("1", R"({"x":2})");
  EXPECT_THAT(again.read(), ElementsAre("update 1 v3"));
}

TEST_F(RethinkPositions, AreOrderedByTheirReleases) {
  const Position first = position("earliest");
  insert(R"({"id":1})");
  Follower follower(*source_, first);
  EXPECT_THAT(follower.read(), SizeIs(1));
  follower.release();
  EXPECT_EQ(source_->order(first, position("earliest")), std::partial_ordering::less);
  EXPECT_EQ(source_->order(first, first), std::partial_ordering::equivalent);
  EXPECT_EQ(source_->order(first, {"other"}), std::partial_ordering::unordered);
}

TEST_F(RethinkPositions, CheckNamesWhoCanWritePastTheHook) {
  const std::string user = database_ + "_boss";
  server().add_user(user, "x", {"read", "write", "config"});
  const std::string elsewhere = database_ + "_elsewhere";
  server().add_user(elsewhere, "x", {"read"});
  run(item().then(admin::grant, {elsewhere, Term::value(R"({"write":true})")}));
  const std::string text = notes();
  EXPECT_THAT(text, HasSubstr(user));
  EXPECT_THAT(text, HasSubstr("admin"));
  EXPECT_THAT(text, Not(HasSubstr(elsewhere)));
  run(item().then(admin::grant, {elsewhere, Term::value(R"({"config":true})")}));
  EXPECT_THAT(notes(), HasSubstr(elsewhere));
}

TEST_F(RethinkPositions, CheckNotesSoftDurability) {
  EXPECT_THAT(notes(), Not(HasSubstr("before they are on disk")));
  run(item()
          .then(TermType::config)
          .then(TermType::update, {Term::value(R"({"durability":"soft"})")}));
  EXPECT_THAT(notes(), HasSubstr("before they are on disk"));
}

TEST_F(RethinkPositions, CheckFindsAPositionThatIsLost) {
  RethinkPosition other = *decode(position("latest"));
  other.journal = "another";
  const Report report =
      source_->check("a", Tail{.sequence = 1, .position = encode(other), .source = "x"});
  EXPECT_EQ(report.back().kind, Finding::Kind::problem);
  EXPECT_THAT(report.back().next, HasSubstr("on_lost_position"));
}

TEST_F(RethinkTest, ARowWithoutAChangeHasTheTimeWhenItWasRead) {
  insert(R"({"id":1})");
  prepare();
  insert(R"({"id":2})");
  SourceOptions chosen = options();
  chosen.policies.snapshot = true;
  const auto source = adapter(chosen);
  Follower follower(*source, *source->position("a", "earliest"));
  EXPECT_THAT(follower.read(), ElementsAre("read 1", "read 2"));
  for (const Change& row : follower.changes()) {
    EXPECT_LT(clock_.wall() - row.time, std::chrono::hours(1)) << row.id;
  }
}

}  // namespace
}  // namespace headwater::rethinkdb
