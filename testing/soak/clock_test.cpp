#include "testing/soak/clock.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "src/json/json.h"
#include "testing/rig/pipeline.h"

namespace headwater::soak {
namespace {

using std::chrono::seconds;

constexpr seconds day(86'400);

/// The time by which a process with this clock runs.
std::chrono::sys_seconds time_of(const Clock& clock) {
  auto words = clock.prefix();
  words.insert(words.end(), {"/bin/date", "+%s"});
  return std::chrono::sys_seconds(seconds(std::atoll(rig::run({.words = words}).output.c_str())));
}

std::chrono::sys_seconds now() {
  return std::chrono::floor<seconds>(std::chrono::system_clock::now());
}

TEST(Clock, IsSteppedAndStepsBack) {
  const rig::TemporaryFolder folder;
  Clock clock(folder / "clock");
  EXPECT_GE(time_of(clock), now() - day / 2);
  clock.set(3 * day);
  EXPECT_GT(time_of(clock), now() + 2 * day);
  clock.set(-3 * day);
  EXPECT_LT(time_of(clock), now() - 2 * day);
  clock.set(seconds(0));
  EXPECT_LT(time_of(clock), now() + day / 2);
}

/// A process that waits by the clock notices that it is stepped meanwhile.
TEST(Clock, EndsAWaitOfARunningProcess) {
  const rig::TemporaryFolder folder;
  Clock clock(folder / "clock");
  auto words = clock.prefix();
  words.insert(words.end(), {HEADWATER_WAITS_BY_THE_CLOCK, "86400"});
  rig::Process process({.words = words});
  ASSERT_TRUE(rig::wait_until([&] { return process.output() == "waiting\n"; }));
  EXPECT_TRUE(process.running());
  clock.set(2 * day);
  EXPECT_EQ(process.wait(), rig::Exit{});
}

TEST(Clock, ARelayHasIt) {
  const rig::Pipeline pipeline;
  ASSERT_EQ(pipeline.init(), "");
  Clock clock(pipeline.folder() / "clock");
  clock.set(100 * 366 * day);
  auto command = pipeline.headwater({"run", "--until-current"});
  const auto prefix = clock.prefix();
  command.words.insert(command.words.begin(), prefix.begin(), prefix.end());
  const rig::Outcome outcome = rig::run(command);
  ASSERT_EQ(outcome.exit, rig::Exit{}) << outcome.errors;
  EXPECT_NE(outcome.errors.find("{\"time\":\"21"), std::string::npos) << outcome.errors;
}

}  // namespace
}  // namespace headwater::soak
