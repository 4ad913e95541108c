// Documents that are marked as deleted go in the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/sources/rethinkdb/testing.h"
#include "testing/rig/waiting.h"

namespace headwater::rethinkdb {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class RethinkPurge : public RethinkTest {
 protected:
  RethinkPurge() {
    if (server().is_real()) return;
    prepare();
    source_ = adapter();
    follower_ = std::make_unique<Follower>(*source_, *source_->position("a", "earliest"));
  }
  void SetUp() override {
    if (server().is_real()) GTEST_SKIP() << rig::no_stand_in;
  }
  ~RethinkPurge() override { EXPECT_TRUE(server().set_clock(0) || server().is_real()); }

  void lead_again() {
    follower_ = std::make_unique<Follower>(*source_, follower_->position());
    // Without anything in it that could be forgotten.
    follower_->release(*source_->position("a", "latest"));
  }
  static void step(std::chrono::hours ahead) {
    EXPECT_TRUE(server().set_clock(Milliseconds(ahead).count()));
  }
  std::int64_t count() { return run(item().then(TermType::count)).integer().value_or(-1); }
  /// A relay that has just got its place: it purges at once.
  void read_until(std::int64_t documents) {
    lead_again();
    EXPECT_TRUE(rig::wait_until([&] {
      follower_->read();
      return count() == documents;
    })) << count();
  }

  std::unique_ptr<SourceAdapter> source_;
  std::unique_ptr<Follower> follower_;
};

TEST_F(RethinkPurge, OnlyOldOnesOfWhichNothingIsPending) {
  for (const char* each : {R"({"id":1})", R"({"id":2})", R"({"id":3})"}) insert(each);
  mark_deleted("1");
  EXPECT_THAT(follower_->read(), SizeIs(4));
  follower_->release();
  mark_deleted("2");
  EXPECT_THAT(follower_->read(), ElementsAre("delete 2 v2"));
  step(std::chrono::hours(25));
  read_until(2);
  EXPECT_EQ(journal("2"), "v2 delete gone");
  follower_->release();
  read_until(1);
  EXPECT_FALSE(document("3").is_null());
}

TEST_F(RethinkPurge, NotBeforeTheTimeIsOver) {
  insert(R"({"id":1})");
  mark_deleted("1");
  EXPECT_THAT(follower_->read(), SizeIs(2));
  follower_->release();
  step(std::chrono::hours(23));
  lead_again();
  for (int times = 0; times < 3; ++times) follower_->read();
  EXPECT_EQ(count(), 1);
}

TEST_F(RethinkPurge, ManyAreGoneWithoutWaitingForEachPiece) {
  std::vector<Term> documents;
  documents.reserve(450);
  for (int key = 0; key < 450; ++key) documents.push_back(Term::object({{"id", key}}));
  write(item().then(TermType::insert, {Term::array(documents)}));
  write(item().then(TermType::update, {Term::value(R"({"_hw":{"gone":true}})")}));
  EXPECT_THAT(follower_->read(900), SizeIs(900));
  follower_->release();
  step(std::chrono::hours(25));
  follower_->release(follower_->position());
  read_until(0);
}

TEST_F(RethinkPurge, AKeyThatIsInsertedAgainHasALargerNumber) {
  insert(R"({"id":1})");
  mark_deleted("1");
  const auto before = document("1")["_hw"]["n"].unsigned_integer();
  EXPECT_THAT(follower_->read(), SizeIs(2));
  follower_->release();
  step(std::chrono::hours(25));
  read_until(0);
  step(std::chrono::hours(24));
  insert(R"({"id":1})");
  EXPECT_LT(before, document("1")["_hw"]["n"].unsigned_integer());
  EXPECT_THAT(follower_->read(), ElementsAre("insert 1 v1"));
}

}  // namespace
}  // namespace headwater::rethinkdb
