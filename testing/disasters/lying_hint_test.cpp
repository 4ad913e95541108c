// lying_hint: what the sync document says about who leads is wrong. The stream stays right, because
// its fence decides, and the relays go on.
#include <string>

#include "src/sqlite/database.h"
#include "testing/rig/hinted_relays.h"

namespace headwater::rig {
namespace {

/// So much that within a test only the hint makes a standby take over, where it says so.
constexpr const char* patient =
    "takeover_after: 60s\nstandby: { sync_document: { lapse_after: 400ms } }\n";
/// The hint is believed three times as long.
constexpr const char* hasty =
    "takeover_after: 300ms\nstandby: { sync_document: { lapse_after: 400ms } }\n";

class lying_hint : public HintedRelays {
 protected:
  void start(const std::string& relay) {
    prepare(relay);
    start_two();
  }
  void on_document(const std::string& sql) {
    auto shop = sqlite::Database::open(pipeline_->shop(), sqlite::Open::read_write, Origin::usage);
    ASSERT_TRUE(shop) << shop.error().message;
    const auto done = shop->execute(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
};

/// It tells the truth: only it can have made the standby take over, and nobody tried too early.
TEST_F(lying_hint, AnHonestOneMakesTheStandbyLeadAtOnce) {
  start(patient);
  kill_leader();
  expect_takes_over(*standby_);
  finish();
}

TEST_F(lying_hint, ALeaderThatStopsHandsItOver) {
  start(patient);
  EXPECT_EQ(leader_->terminate(), Exit{}) << logs();
  expect_takes_over(*standby_);
  finish();
}

TEST_F(lying_hint, ItIsLostWhileItsHolderIsPaused) {
  prepare(patient);
  pause_the_leader();
  finish();
}

TEST_F(lying_hint, TheDocumentIsDeleted) {
  start(patient);
  for (int i = 0; i < 5; ++i) {
    on_document("DELETE FROM _headwater_standby");
    expect_goes_on();
  }
  finish();
}

TEST_F(lying_hint, ItsTableIsDropped) {
  start(patient);
  on_document("DROP TABLE _headwater_standby");
  expect_goes_on();
  expect_logs(*leader_, "relay.retrying");
  EXPECT_EQ(pipeline_->init(), "");
  expect_goes_on();
  finish();
}

/// Renewals change nothing, so everybody thinks that the leader is another and dead.
TEST_F(lying_hint, TheDocumentIsFrozen) {
  start(hasty);
  on_document(
      "CREATE TRIGGER freeze BEFORE UPDATE ON _headwater_standby BEGIN SELECT RAISE(IGNORE); END;"
      "CREATE TRIGGER keep BEFORE DELETE ON _headwater_standby BEGIN SELECT RAISE(IGNORE); END");
  expect_goes_on();
  kill_leader();
  expect_takes_over(*standby_);
  finish();
}

/// Somebody renews it for ever, and leads nothing.
TEST_F(lying_hint, AnotherHoldsItForEver) {
  start(hasty);
  on_document(
      "CREATE TRIGGER other AFTER UPDATE ON _headwater_standby BEGIN "
      "UPDATE _headwater_standby SET holder = 'nobody', beat = random(); END");
  expect_goes_on();
  kill_leader();
  expect_takes_over(*standby_);
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
  for (int i = 0; i < 5; ++i) expect_goes_on();
  kill_leader();
  expect_goes_on();
  finish();
}

}  // namespace
}  // namespace headwater::rig
