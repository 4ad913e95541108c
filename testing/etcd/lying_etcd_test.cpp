// lying_etcd: what etcd says about who leads is wrong, or it is not there. The stream stays right,
// because its fence decides, and the relays go on.
#include <csignal>
#include <string>
#include <vector>

#include "testing/etcd/etcd_server.h"
#include "testing/rig/hinted_relays.h"
#include "testing/rig/server_program.h"
#include "testing/soak/clock.h"

namespace headwater::rig {
namespace {

class lying_etcd : public HintedRelays {
 protected:
  /// With a long `takeover_after`, only etcd can have made a standby lead.
  void start(const std::string& takeover_after = "60s") {
    prepare(relay_with(etcd_, takeover_after));
  }
  static std::string relay_with(const EtcdServer& etcd, const std::string& takeover_after) {
    return "takeover_after: " + takeover_after + "\nstandby: { etcd: { endpoints: \"http://" +
           etcd.address() + "\" } }\n";
  }

  EtcdServer etcd_;
};

/// It tells the truth.
TEST_F(lying_etcd, AnHonestOneMakesTheStandbyLeadAtOnce) {
  start();
  start_two();
  kill_leader();
  expect_takes_over(*standby_);
  finish();
}

TEST_F(lying_etcd, TheLeaseIsLostWhileItsHolderIsPaused) {
  start();
  pause_the_leader();
  finish();
}

TEST_F(lying_etcd, ItsLeaseIsRevokedAndItsKeyIsDeleted) {
  start();
  start_two();
  const std::string key = "/headwater/shop";
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(wait_until([&] { return !etcd_.value(key).empty(); })) << logs();
    i % 2 == 0 ? etcd_.revoke_lease(key) : (void)etcd_.control({"del", key});
    expect_goes_on();
  }
  finish();
}

/// As without a hint: after `takeover_after`, the standby leads.
TEST_F(lying_etcd, ItIsAway) {
  start("300ms");
  start_two();
  etcd_.kill();
  expect_goes_on();
  expect_logs(*leader_, "relay.retrying");
  kill_leader();
  expect_takes_over(*standby_);
  // A relay also starts without it.
  *leader_ = pipeline_->relay();
  EXPECT_TRUE(wait_until([&] { return has_started(*leader_); })) << logs();
  etcd_.start_empty();
  expect_goes_on();
  finish();
}

/// It answers nobody, and does not refuse either.
TEST_F(lying_etcd, ItHangs) {
  start("300ms");
  start_two();
  etcd_.pause();
  expect_goes_on();
  kill_leader();
  expect_takes_over(*standby_);
  etcd_.resume();
  expect_goes_on();
  finish();
}

/// Each relay asks an etcd of its own, so each is told that it leads.
TEST_F(lying_etcd, TwoHoldersLead) {
  start("300ms");
  relays_.push_back(pipeline_->relay());
  expect_goes_on();
  const EtcdServer second;
  options_.relay = relay_with(second, "300ms");
  pipeline_->configure(options_);
  relays_.push_back(pipeline_->relay());
  expect_logs(relays_.back(), "relay.leading");
  for (int i = 0; i < 5; ++i) expect_goes_on();
  ASSERT_EQ(relays_.front().kill().signal, SIGKILL);
  expect_goes_on();
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
  expect_goes_on();
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
    expect_goes_on();
  }
  kill_leader();
  expect_logs(*standby_, "relay.taking_over");
  clock.set(std::chrono::hours(0));
  expect_goes_on();
  finish();
}

}  // namespace
}  // namespace headwater::rig
