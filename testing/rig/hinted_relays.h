// Relays with a hint at who leads, under load: what tests of lying hints share.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "testing/rig/pipeline.h"
#include "testing/rig/writers.h"

namespace headwater::rig {

class HintedRelays : public ::testing::Test {
 protected:
  /// `relay`: lines of its configuration. Writes from now on.
  void prepare(const std::string& relay) {
    options_.relay = relay;
    pipeline_ = std::make_unique<Pipeline>(options_);
    ASSERT_EQ(pipeline_->init(), "");
    writers_ = std::make_unique<Writers>(pipeline_->source(), 1,
                                         WriterOptions{.seed = 7, .pause = Milliseconds(5)});
  }
  void start_two() {
    for (int i = 0; i < 2; ++i) relays_.push_back(pipeline_->relay());
    find_leader();
  }
  void find_leader() {
    leader_ = leader_of(relays_);
    ASSERT_NE(leader_, nullptr) << logs();
    standby_ = leader_ == &relays_.front() ? &relays_.back() : &relays_.front();
  }
  void kill_leader() { ASSERT_EQ(leader_->kill().signal, SIGKILL); }

  void expect_goes_on() const {
    const auto before = pipeline_->stream().progress();
    EXPECT_TRUE(wait_until([&] { return pipeline_->stream().progress() > before + 20; })) << logs();
  }
  void expect_logs(const Process& relay, const std::string& event) const {
    EXPECT_TRUE(wait_until([&] { return times_logged(relay, event) > 0; })) << logs();
  }
  void expect_takes_over(const Process& relay) const {
    expect_logs(relay, "relay.taking_over");
    expect_goes_on();
  }
  /// A leader that is paused just before an append loses the claim, wakes, and follows the other
  /// until that is killed. Inside an append, it would hold the embedded stream's lock.
  void pause_the_leader() {
    relays_.push_back(pipeline_->faulty_relay("hang", "before_append", 3));
    ASSERT_TRUE(relays_.front().wait_paused()) << logs();
    relays_.push_back(pipeline_->relay());
    Process& sleeper = relays_.front();
    Process& other = relays_.back();
    expect_goes_on();
    EXPECT_TRUE(leads(other)) << logs();
    sleeper.resume();
    expect_logs(sleeper, "relay.standing_by");
    ASSERT_EQ(other.kill().signal, SIGKILL);
    expect_takes_over(sleeper);
  }
  /// All that was written is in the stream, once and in order.
  void finish() {
    const Written written = writers_->finish();
    EXPECT_EQ(written.error, "");
    ASSERT_TRUE(pipeline_->wait_until_caught_up()) << logs();
    for (Process& relay : relays_) {
      if (!relay.running()) continue;
      EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
    }
    EXPECT_EQ(pipeline_->disagreement(), "");
    EXPECT_EQ(pipeline_->tally_disagreement(written.changes), "");
  }
  [[nodiscard]] std::string logs() const {
    std::string all;
    for (const Process& relay : relays_) all += relay.errors() + "\n";
    return all;
  }

  PipelineOptions options_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Writers> writers_;
  std::vector<Process> relays_;
  Process* leader_ = nullptr;
  Process* standby_ = nullptr;
};

}  // namespace headwater::rig
