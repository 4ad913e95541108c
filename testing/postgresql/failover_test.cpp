// failover: a standby is promoted, which has the data and not the slot. What was published and what is
// there fit together, or the relay says by name that they do not.
#include <algorithm>
#include <memory>
#include <string>

#include "testing/disasters/consumer.h"
#include "testing/disasters/disaster.h"
#include "testing/postgresql/postgres_source.h"

namespace headwater::rig {
namespace {

class failover : public ::testing::Test {
 protected:
  failover()
      : pipeline_({.source =
                       [](const TemporaryFolder& /*folder*/, Harm harm) {
                         auto source = std::make_unique<PostgresSource>(harm);
                         (void)source->add_standby();
                         return source;
                       },
                   .harm = Harm::server}) {}

  void SetUp() override {
    ASSERT_EQ(pipeline_.init(), "");
    write_some(pipeline_, 1);
  }
  PostgresSource& source() { return dynamic_cast<PostgresSource&>(pipeline_.source()); }

  /// Everything is published, and the standby has it.
  void publish_all() {
    ASSERT_EQ(pipeline_.catch_up(), "");
    source().catch_up_standby();
  }
  void expect_end(Process& relay, const std::string& name, const std::string& next) {
    const auto exit = relay.wait();
    ASSERT_TRUE(exit) << relay.errors();
    EXPECT_EQ(exit->code, source_error) << relay.errors();
    EXPECT_NE(relay.errors().find(name), std::string::npos) << relay.errors();
    EXPECT_NE(relay.errors().find(next), std::string::npos) << relay.errors();
  }
  void expect_end(const std::string& name, const std::string& next) {
    Process relay = pipeline_.relay();
    expect_end(relay, name, next);
  }
  [[nodiscard]] int gaps() const {
    return static_cast<int>(
        std::ranges::count_if(pipeline_.stream().events(),
                              [](const auto& event) { return event.type.ends_with("gap"); }));
  }
  /// The rows were read again.
  void expect_one_gap_and_all_rows() {
    EXPECT_EQ(gaps(), 1);
    EXPECT_EQ(pipeline_.verify(), "");
    const Consumer copy(pipeline_, "copy");
    ASSERT_EQ(copy.catch_up(), "");
    EXPECT_EQ(copy.difference(pipeline_), "");
  }

  Pipeline pipeline_;
};

TEST_F(failover, NothingIsLostIfInitComesBeforeTheFirstWrite) {
  Process relay = pipeline_.relay();
  ASSERT_TRUE(pipeline_.wait_until_caught_up()) << relay.errors();
  source().catch_up_standby();
  source().fail_over();
  expect_end(relay, "source.not_prepared", "headwater init");
  ASSERT_EQ(pipeline_.init(), "");
  write_some(pipeline_, 2);
  relay = pipeline_.relay();
  ASSERT_TRUE(pipeline_.wait_until_caught_up()) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(gaps(), 0);
  EXPECT_EQ(pipeline_.disagreement(), "");
}

TEST_F(failover, AWriteBeforeInitIsLost) {
  publish_all();
  source().fail_over();
  write_some(pipeline_, 2);
  ASSERT_EQ(pipeline_.init(), "");
  expect_end("source.history_lost", "on_lost_position");
  pipeline_.configure_source(", on_lost_position: skip");
  ASSERT_EQ(pipeline_.catch_up(), "");
  EXPECT_EQ(gaps(), 1);
  write_some(pipeline_, 3);
  ASSERT_EQ(pipeline_.catch_up(), "");
  EXPECT_EQ(gaps(), 1);
}

/// The relay was away, and the standby has more than the stream.
TEST_F(failover, WhatWasNotPublishedIsLost) {
  publish_all();
  write_some(pipeline_, 2);
  source().catch_up_standby();
  source().fail_over();
  ASSERT_EQ(pipeline_.init(), "");
  expect_end("source.history_lost", "on_lost_position");
  pipeline_.configure_source(", on_lost_position: snapshot");
  ASSERT_EQ(pipeline_.catch_up(), "");
  write_some(pipeline_, 3);
  ASSERT_EQ(pipeline_.catch_up(), "");
  expect_one_gap_and_all_rows();
}

/// The stream has what no server has any more.
TEST_F(failover, APublishedChangeThatTheStandbyNeverGot) {
  publish_all();
  source().stop_standby();
  write_some(pipeline_, 2);
  ASSERT_EQ(pipeline_.catch_up(), "");
  source().fail_over();
  ASSERT_EQ(pipeline_.init(), "");
  expect_end("source.went_back", "on_lost_position");
  // The same after new changes have passed the old end.
  write_some(pipeline_, 3, 240);
  expect_end("source.went_back", "on_lost_position");
  pipeline_.configure_source(", on_lost_position: snapshot");
  ASSERT_EQ(pipeline_.catch_up(), "");
  expect_one_gap_and_all_rows();
}

}  // namespace
}  // namespace headwater::rig
