// lying_etcd: what etcd says about who leads is wrong, or it is not there. The stream stays right,
// because its fence decides, and the relays go on.
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "testing/etcd/etcd_server.h"
#include "testing/rig/pipeline.h"
#include "testing/rig/server_program.h"
#include "testing/rig/writers.h"
#include "testing/soak/clock.h"

namespace headwater::rig {
namespace {

class lying_etcd : public ::testing::Test {
 protected:
  /// With a long `takeover_after`, only etcd can have made a standby lead.
  void start(const std::string& takeover_after = "60s") {
    options_.relay = relay_with(etcd_, takeover_after);
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
  static std::string relay_with(const EtcdServer& etcd, const std::string& takeover_after) {
    return "takeover_after: " + takeover_after + "\nstandby: { etcd: { endpoints: \"http://" +
           etcd.address() + "\" } }\n";
  }

  [[nodiscard]] bool goes_on() const {
    const auto before = pipeline_->stream().progress();
    return wait_until([&] { return pipeline_->stream().progress() > before + 20; });
  }
  [[nodiscard]] static bool logs_in_time(const Process& relay, const std::string& event) {
    return wait_until([&] { return times_logged(relay, event) > 0; });
  }
  [[nodiscard]] std::string logs() const {
    std::string all;
    for (const Process& relay : relays_) all += relay.errors() + "\n";
    return all;
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

  EtcdServer etcd_;
  PipelineOptions options_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Writers> writers_;
  std::vector<Process> relays_;
  Process* leader_ = nullptr;
  Process* standby_ = nullptr;
};

/// It tells the truth.
TEST_F(lying_etcd, AnHonestOneMakesTheStandbyLeadAtOnce) {
  start();
  start_two();
  ASSERT_EQ(leader_->kill().signal, SIGKILL);
  EXPECT_TRUE(logs_in_time(*standby_, "relay.taking_over")) << logs();
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

/// It is stopped just before an append: inside one, it would hold the embedded stream's lock.
TEST_F(lying_etcd, TheLeaseIsLostWhileItsHolderIsPaused) {
  start();
  relays_.push_back(pipeline_->faulty_relay("hang", "before_append", 3));
  ASSERT_TRUE(relays_.front().wait_paused()) << logs();
  relays_.push_back(pipeline_->relay());
  Process& sleeper = relays_.front();
  Process& other = relays_.back();
  EXPECT_TRUE(goes_on()) << logs();
  EXPECT_TRUE(leads(other)) << logs();
  sleeper.resume();
  EXPECT_TRUE(logs_in_time(sleeper, "relay.standing_by")) << logs();
  ASSERT_EQ(other.kill().signal, SIGKILL);
  EXPECT_TRUE(logs_in_time(sleeper, "relay.taking_over")) << logs();
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

TEST_F(lying_etcd, ItsLeaseIsRevokedAndItsKeyIsDeleted) {
  start();
  start_two();
  const std::string key = "/headwater/shop";
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(wait_until([&] { return !etcd_.value(key).empty(); })) << logs();
    i % 2 == 0 ? etcd_.revoke_lease(key) : (void)etcd_.control({"del", key});
    EXPECT_TRUE(goes_on()) << logs();
  }
  finish();
}

/// As without a hint: after `takeover_after`, the standby leads.
TEST_F(lying_etcd, ItIsAway) {
  start("300ms");
  start_two();
  etcd_.kill();
  EXPECT_TRUE(goes_on()) << logs();
  EXPECT_TRUE(logs_in_time(*leader_, "relay.retrying")) << logs();
  ASSERT_EQ(leader_->kill().signal, SIGKILL);
  EXPECT_TRUE(logs_in_time(*standby_, "relay.taking_over")) << logs();
  EXPECT_TRUE(goes_on()) << logs();
  // A relay also starts without it.
  *leader_ = pipeline_->relay();
  EXPECT_TRUE(wait_until([&] { return has_started(*leader_); })) << logs();
  etcd_.start_empty();
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

/// It answers nobody, and does not refuse either.
TEST_F(lying_etcd, ItHangs) {
  start("300ms");
  start_two();
  etcd_.pause();
  EXPECT_TRUE(goes_on()) << logs();
  ASSERT_EQ(leader_->kill().signal, SIGKILL);
  EXPECT_TRUE(logs_in_time(*standby_, "relay.taking_over")) << logs();
  EXPECT_TRUE(goes_on()) << logs();
  etcd_.resume();
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

/// Each relay asks an etcd of its own, so each is told that it leads.
TEST_F(lying_etcd, TwoHoldersLead) {
  start("300ms");
  relays_.push_back(pipeline_->relay());
  EXPECT_TRUE(goes_on()) << logs();
  const EtcdServer second;
  options_.relay = relay_with(second, "300ms");
  pipeline_->configure(options_);
  relays_.push_back(pipeline_->relay());
  EXPECT_TRUE(logs_in_time(relays_.back(), "relay.leading")) << logs();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(goes_on()) << logs();
  ASSERT_EQ(relays_.front().kill().signal, SIGKILL);
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

/// Another program has the key, and keeps its lease alive for ever.
TEST_F(lying_etcd, TheClaimIsFrozen) {
  start("300ms");
  const std::string lease = etcd_.grant(600);
  etcd_.control({"put", "/headwater/shop", "{}", "--lease=" + lease});
  Process keeper({.words = {server_program("etcdctl"), "--endpoints=" + etcd_.address(), "lease",
                            "keep-alive", lease}});
  relays_.push_back(pipeline_->relay());
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

/// By a year, there and back: only spans are measured.
TEST_F(lying_etcd, TheClocksJump) {
  start();
  const TemporaryFolder folder;
  soak::Clock clock(folder / "clock");
  for (int i = 0; i < 2; ++i) {
    Command command = pipeline_->headwater({"run"});
    const std::vector<std::string> prefix = clock.prefix();
    command.words.insert(command.words.begin(), prefix.begin(), prefix.end());
    relays_.emplace_back(command);
  }
  find_leader();
  constexpr std::chrono::hours year{24 * 365};
  for (const auto offset : {year, -year, 2 * year}) {
    clock.set(offset);
    EXPECT_TRUE(goes_on()) << logs();
  }
  ASSERT_EQ(leader_->kill().signal, SIGKILL);
  EXPECT_TRUE(logs_in_time(*standby_, "relay.taking_over")) << logs();
  clock.set(std::chrono::hours(0));
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

}  // namespace
}  // namespace headwater::rig
