// lying_hint: what the sync document says about who leads is wrong. The stream stays right, because
// its fence decides, and the relays go on.
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "testing/disasters/disaster.h"

namespace headwater::rig {
namespace {

/// So much that within a test only the hint makes a standby take over, where it says so.
constexpr const char* patient =
    "takeover_after: 60s\nstandby: { sync_document: { lapse_after: 400ms } }\n";
/// The hint is believed three times as long.
constexpr const char* hasty =
    "takeover_after: 300ms\nstandby: { sync_document: { lapse_after: 400ms } }\n";

class lying_hint : public ::testing::Test {
 protected:
  void prepare(const std::string& relay) {
    PipelineOptions options;
    options.relay = relay;
    pipeline_ = std::make_unique<Pipeline>(options);
    ASSERT_EQ(pipeline_->init(), "");
    writers_ = std::make_unique<Writers>(pipeline_->source(), 1,
                                         WriterOptions{.seed = seed(), .pause = Milliseconds(5)});
  }
  void start(const std::string& relay) {
    prepare(relay);
    for (int i = 0; i < 2; ++i) relays_.push_back(pipeline_->relay());
    leader_ = leader_of(relays_);
    ASSERT_NE(leader_, nullptr);
    standby_ = leader_ == &relays_.front() ? &relays_.back() : &relays_.front();
  }
  void on_document(const std::string& sql) {
    auto shop = sqlite::Database::open(pipeline_->shop(), sqlite::Open::read_write, Origin::usage);
    ASSERT_TRUE(shop) << shop.error().message;
    const auto done = shop->execute(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
  [[nodiscard]] bool goes_on() const {
    const auto before = pipeline_->stream().progress();
    return wait_until([&] { return pipeline_->stream().progress() > before + 20; });
  }
  [[nodiscard]] static bool stands_by(const Process& relay) {
    return times_logged(relay, "relay.standing_by") > 0;
  }
  [[nodiscard]] static bool takes_over(const Process& relay) {
    return wait_until([&] { return times_logged(relay, "relay.taking_over") > 0; });
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

  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Writers> writers_;
  std::vector<Process> relays_;
  Process* leader_ = nullptr;
  Process* standby_ = nullptr;
};

/// It tells the truth: only it can have made the standby take over, and nobody tried too early.
TEST_F(lying_hint, AnHonestOneMakesTheStandbyLeadAtOnce) {
  start(patient);
  ASSERT_EQ(leader_->kill().signal, SIGKILL);
  EXPECT_TRUE(takes_over(*standby_)) << logs();
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

TEST_F(lying_hint, ALeaderThatStopsHandsItOver) {
  start(patient);
  EXPECT_EQ(leader_->terminate(), Exit{}) << logs();
  EXPECT_TRUE(takes_over(*standby_)) << logs();
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

/// It is stopped just before an append: inside one, it would hold the stream's lock.
TEST_F(lying_hint, ItIsLostWhileItsHolderIsPaused) {
  prepare(patient);
  relays_.push_back(pipeline_->faulty_relay("hang", "before_append", 3));
  ASSERT_TRUE(relays_.front().wait_paused()) << logs();
  relays_.push_back(pipeline_->relay());
  Process& sleeper = relays_.front();
  Process& other = relays_.back();
  EXPECT_TRUE(goes_on()) << logs();
  EXPECT_TRUE(leads(other)) << logs();
  sleeper.resume();
  EXPECT_TRUE(wait_until([&] { return stands_by(sleeper); })) << logs();
  EXPECT_TRUE(goes_on()) << logs();
  // It follows the other, which has the claim.
  ASSERT_EQ(other.kill().signal, SIGKILL);
  EXPECT_TRUE(takes_over(sleeper)) << logs();
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

TEST_F(lying_hint, TheDocumentIsDeleted) {
  start(patient);
  for (int i = 0; i < 5; ++i) {
    on_document("DELETE FROM _headwater_standby");
    EXPECT_TRUE(goes_on()) << logs();
  }
  finish();
}

TEST_F(lying_hint, ItsTableIsDropped) {
  start(patient);
  on_document("DROP TABLE _headwater_standby");
  EXPECT_TRUE(goes_on()) << logs();
  EXPECT_TRUE(wait_until([&] { return times_logged(*leader_, "relay.retrying") > 0; })) << logs();
  EXPECT_EQ(pipeline_->init(), "");
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

/// Renewals change nothing, so everybody thinks that the leader is another and dead.
TEST_F(lying_hint, TheDocumentIsFrozen) {
  start(hasty);
  on_document(
      "CREATE TRIGGER freeze BEFORE UPDATE ON _headwater_standby BEGIN SELECT RAISE(IGNORE); END;"
      "CREATE TRIGGER keep BEFORE DELETE ON _headwater_standby BEGIN SELECT RAISE(IGNORE); END");
  EXPECT_TRUE(goes_on()) << logs();
  ASSERT_EQ(leader_->kill().signal, SIGKILL);
  EXPECT_TRUE(takes_over(*standby_)) << logs();
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

/// Somebody renews it for ever, and leads nothing.
TEST_F(lying_hint, AnotherHoldsItForEver) {
  start(hasty);
  on_document(
      "CREATE TRIGGER other AFTER UPDATE ON _headwater_standby BEGIN "
      "UPDATE _headwater_standby SET holder = 'nobody', beat = random(); END");
  EXPECT_TRUE(goes_on()) << logs();
  ASSERT_EQ(leader_->kill().signal, SIGKILL);
  EXPECT_TRUE(takes_over(*standby_)) << logs();
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

/// Each relay is told that it leads.
TEST_F(lying_hint, TwoHoldIt) {
  start(hasty);
  on_document(
      "CREATE TRIGGER gone AFTER UPDATE ON _headwater_standby BEGIN "
      "DELETE FROM _headwater_standby; END;"
      "CREATE TRIGGER gone_at_once AFTER INSERT ON _headwater_standby BEGIN "
      "DELETE FROM _headwater_standby; END");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(goes_on()) << logs();
  ASSERT_EQ(leader_->kill().signal, SIGKILL);
  EXPECT_TRUE(goes_on()) << logs();
  finish();
}

}  // namespace
}  // namespace headwater::rig
