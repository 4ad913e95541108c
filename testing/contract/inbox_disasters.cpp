#include "testing/contract/inbox_disasters.h"

#include <algorithm>
#include <csignal>

#include "src/base/random.h"
#include "testing/disasters/long_run.h"
#include "testing/rig/process.h"
#include "testing/rig/writers.h"

namespace headwater::testing {
namespace {

class Consuming {
 public:
  Consuming(const rig::Pipeline& pipeline, InboxRig& inbox, std::string name)
      : pipeline_(pipeline), inbox_(inbox), name_(std::move(name)) {}

  /// Runs it until it dies after some steps, or is at the end. Returns whether it died.
  bool dies(std::uint64_t steps, std::uint64_t microseconds) {
    rig::Process process = start(steps, microseconds);
    const auto exit = process.wait();
    EXPECT_TRUE(exit) << "it hangs";
    if (!exit) return false;
    if (exit->signal == SIGKILL) {
      inbox_.end_transactions();
      return true;
    }
    EXPECT_EQ(*exit, rig::Exit{}) << process.errors();
    return false;
  }

  void catch_up() {
    rig::Process process = start(0, 0);
    EXPECT_EQ(process.wait(), rig::Exit{}) << process.errors();
  }

  void expect_each_once() {
    std::vector<std::string> expected;
    for (const auto& event : pipeline_.stream().events()) expected.push_back(event.id);
    std::vector<std::string> effects = inbox_.effects();
    std::ranges::sort(expected);
    std::ranges::sort(effects);
    EXPECT_EQ(effects.size(), expected.size()) << name_;
    EXPECT_TRUE(effects == expected) << name_ << ": other effects than events";
  }

 private:
  rig::Process start(std::uint64_t steps, std::uint64_t microseconds) {
    return rig::Process(
        {.words = {inbox_.child(), "consume", pipeline_.config(), name_, inbox_.address(),
                   inbox_.table(), std::to_string(steps), std::to_string(microseconds)}});
  }

  const rig::Pipeline& pipeline_;
  InboxRig& inbox_;
  std::string name_;
};

}  // namespace

void expect_effects_once(const rig::Pipeline& pipeline, MakeInboxRig make, int kills) {
  auto inbox = make();
  Consuming mail(pipeline, *inbox, "mail");
  Random random(rig::seed());
  rig::Process relay = pipeline.relay();
  rig::Writers writers(
      pipeline.source(), 1,
      {.seed = rig::seed(), .transactions = static_cast<std::uint64_t>(kills) * 8});
  for (int i = 0; i < kills; ++i) {
    // Four steps a batch, then the acknowledgement. Half of the deaths come at a moment in between.
    (void)mail.dies(1 + random() % 9, random() % 2 == 0 ? 0 : random() % 20'000);
    // For a while it is offline; the writers and the relay do not wait for it.
    if (i == kills / 2) pipeline.source().insert_orders(2'000, 100);
  }
  ASSERT_EQ(writers.join().error, "");
  ASSERT_TRUE(rig::has_started(relay)) << relay.errors();
  EXPECT_EQ(relay.terminate(), rig::Exit{}) << relay.errors();
  ASSERT_EQ(pipeline.catch_up(), "");
  mail.catch_up();
  mail.expect_each_once();

  // A database of its own.
  inbox.reset();
  inbox = make();
  Consuming reports(pipeline, *inbox, "reports");
  reports.catch_up();
  reports.expect_each_once();
}

}  // namespace headwater::testing
