// elections: the primary steps down or is killed while writers write with majority concern. A write
// that only a minority had is rolled back, and never published.
#include <string>

#include "testing/mongodb/own_disasters.h"
#include "testing/mongodb/replica_set.h"

namespace headwater::rig {
namespace {

class elections : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!real_mongod()) GTEST_SKIP() << no_real_mongod;
    set_.emplace();
    pipeline_.emplace(
        PipelineOptions{.source = mongo_source({.kind = MongoKind::real, .uri = set_->uri()})});
    ASSERT_EQ(pipeline_->init(), "");
  }
  [[nodiscard]] bool makes_progress() {
    const auto before = progress(*pipeline_);
    return wait_until([&] { return progress(*pipeline_) > before + 10; });
  }

  std::optional<MongoReplicaSet> set_;
  std::optional<Pipeline> pipeline_;
};

TEST_F(elections, RelaysContinue) {
  Writers writers(pipeline_->source(), 2,
                  {.seed = seed(), .pause = Milliseconds(2), .despite_errors = true});
  Process first = pipeline_->relay();
  Process second = pipeline_->relay();
  for (int i = 0; i < repeats(50, 3); ++i) {
    ASSERT_TRUE(makes_progress()) << first.errors() << second.errors();
    set_->elect_another();
    ASSERT_TRUE(makes_progress()) << first.errors() << second.errors();
    const std::size_t primary = set_->primary();
    set_->member(primary).kill();
    set_->primary(primary);
    ASSERT_TRUE(makes_progress()) << first.errors() << second.errors();
    set_->member(primary).start();
    set_->wait_until_whole();
  }
  writers.finish();
  ASSERT_TRUE(pipeline_->wait_until_caught_up()) << first.errors() << second.errors();
  for (Process* relay : {&first, &second}) {
    EXPECT_TRUE(has_started(*relay)) << relay->errors();
    EXPECT_EQ(relay->terminate(), Exit{}) << relay->errors();
  }
  EXPECT_EQ(caught_up_disagreement(*pipeline_), "");
}

TEST_F(elections, ARolledBackWriteIsNeverPublished) {
  Process relay = pipeline_->relay();
  write_some(*pipeline_, 1);
  ASSERT_TRUE(pipeline_->wait_until_caught_up()) << relay.errors();
  const std::size_t primary = set_->primary();
  // The isolated primary accepts a write that it acknowledges by itself.
  for (std::size_t i = 0; i < set_->size(); ++i) {
    if (i != primary) set_->member(i).kill();
  }
  {
    MongoShell alone(set_->member(primary).direct_uri());
    alone.command("shop", R"({"insert": "orders", "documents": [{"_id": "only here"}],
                              "writeConcern": {"w": 1, "j": true}})");
    ASSERT_EQ(alone.documents(orders, json(R"({"_id": "only here"})")).size(), 1U);
  }
  set_->member(primary).kill();
  for (std::size_t i = 0; i < set_->size(); ++i) {
    if (i != primary) set_->member(i).start();
  }
  set_->primary(primary);
  // The others elect a primary and continue without that write; the old primary has to follow.
  write_some(*pipeline_, 2);
  set_->member(primary).start();
  set_->wait_until_whole();
  write_some(*pipeline_, 3);
  ASSERT_TRUE(pipeline_->wait_until_caught_up()) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(MongoShell(set_->uri()).documents(orders, json(R"({"_id": "only here"})")).size(), 0U);
  EXPECT_EQ(query_integer(events_file(*pipeline_),
                          "SELECT count(*) FROM event WHERE data ->> '$.key._id' = 'only here'"),
            0);
  EXPECT_EQ(caught_up_disagreement(*pipeline_), "");
}

}  // namespace
}  // namespace headwater::rig
