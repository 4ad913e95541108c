// A database that lacks writes which the stream has, as after a failover of one whose replicas differ.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/ports/loss.h"
#include "src/sources/rethinkdb/testing.h"

namespace headwater::rethinkdb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RethinkWentBack : public RethinkTest {
 protected:
  void begin(sources::OnLost on_lost) {
    prepare();
    SourceOptions chosen = options();
    chosen.policies.on_lost = on_lost;
    source_ = adapter(chosen);
    insert(R"({"id":1,"x":1})");
    insert(R"({"id":2})");
    follower_ = std::make_unique<Follower>(*source_, *source_->position("a", "earliest"));
    EXPECT_THAT(follower_->read(), ElementsAre("insert 1 v1", "insert 2 v1"));
    follower_->release();
  }
  void tell_two_updates() {
    for (const char* change : {R"({"x":2})", R"({"x":3})"}) update("1", change);
    EXPECT_THAT(follower_->read(), ElementsAre("update 1 v2", "update 1 v3"));
    follower_->release();
  }
  /// The document is as it was, with its journal.
  void put_back(const std::string& before) {
    run(get("1").then(TermType::replace, {Term::value(before)}, {{"ignore_write_hook", true}}));
  }

  std::unique_ptr<SourceAdapter> source_;
  std::unique_ptr<Follower> follower_;
};

TEST_F(RethinkWentBack, AChangeComesOnceMore) {
  begin(sources::OnLost::stop);
  update("1", R"({"x":2})");
  const std::string before = document("1").dump();
  EXPECT_THAT(follower_->read(), ElementsAre("update 1 v2"));
  follower_->release();
  put_back(before);
  const Error error = follower_->error();
  EXPECT_EQ(error.name, went_back);
  EXPECT_EQ(error.remedy, Remedy::stop);
  EXPECT_THAT(error.message, HasSubstr("document 1 of "));
  EXPECT_THAT(error.next, HasSubstr("on_lost_position"));
}

TEST_F(RethinkWentBack, AVersionComesOnceMoreWithANumberOfItsOwn) {
  begin(sources::OnLost::snapshot);
  const std::string before = document("1").dump();
  tell_two_updates();
  put_back(before);
  update("1", R"({"x":4})");
  EXPECT_THAT(follower_->read(), ElementsAre("gap", "read 1", "read 2"));
  follower_->release();
  update("1", R"({"x":5})");
  EXPECT_THAT(follower_->read(), ElementsAre("update 1 v3"));
}

TEST_F(RethinkWentBack, WhoBeginsElsewhereKnowsNothingOfIt) {
  begin(sources::OnLost::stop);
  const std::string before = document("1").dump();
  tell_two_updates();
  put_back(before);
  update("1", R"({"x":4})");
  Follower other(*source_, follower_->position());
  EXPECT_THAT(other.read(), ElementsAre("update 1 v2"));
}

TEST_F(RethinkWentBack, ADocumentThatIsInsertedAgainDoesNot) {
  begin(sources::OnLost::stop);
  tell_two_updates();
  run(get("1").then(TermType::remove, {}, {{"ignore_write_hook", true}}));
  insert(R"({"id":1,"x":1})");
  EXPECT_THAT(follower_->read(), ElementsAre("insert 1 v1"));
  mark_deleted("1");
  EXPECT_THAT(follower_->read(), ElementsAre("delete 1 v2"));
  write(get("1").then(TermType::replace, {Term::value(R"({"id":1,"x":2})")}));
  EXPECT_THAT(follower_->read(), ElementsAre("insert 1 v3"));
}

}  // namespace
}  // namespace headwater::rethinkdb
