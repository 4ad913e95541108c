#include "testing/simulation/simulation.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace headwater::simulation {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// HEADWATER_SEEDS=n runs more or fewer seeds; HEADWATER_SEED=s runs that one, with its trace.
TEST(Simulation, LosesNothingDoublesNothingAndGetsThere) {
  const std::uint64_t only = from_environment("HEADWATER_SEED", 0);
  if (only != 0) {
    const Outcome outcome = simulate(only, true);
    EXPECT_EQ(outcome.failure, "") << outcome.trace;
    return;
  }
  const std::uint64_t seeds = from_environment("HEADWATER_SEEDS", 10'000);
  std::uint64_t events = 0;
  std::uint64_t takeovers = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Outcome outcome = simulate(seed);
    ASSERT_EQ(outcome.failure, "")
        << "seed " << seed
        << "; the same again, with everything that happened:\n  HEADWATER_SEED=" << seed
        << " build/release/simulation_test --gtest_filter=Simulation.Loses*";
    events += outcome.events;
    takeovers += outcome.takeovers;
  }
  // Otherwise nothing was tried.
  EXPECT_GT(events, seeds * 50);
  EXPECT_GT(takeovers, seeds / 10);
  RecordProperty("events", std::to_string(events));
  RecordProperty("takeovers", std::to_string(takeovers));
}

TEST(Simulation, TheSameSeedIsTheSameHistory) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome first = simulate(seed, true);
    EXPECT_FALSE(first.trace.empty());
    EXPECT_EQ(first.trace, simulate(seed, true).trace);
    EXPECT_NE(first.trace, simulate(seed + 1, true).trace);
  }
}

class BrokenOnPurpose : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenOnPurpose, IsNoticed) {
  std::uint64_t noticed = 0;
  constexpr std::uint64_t seeds = 100;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    if (!simulate(seed, false, GetParam()).failure.empty()) ++noticed;
  }
  RecordProperty("noticed", std::to_string(noticed));
  EXPECT_GT(noticed, seeds / 10);
}

std::string name_of(const ::testing::TestParamInfo<Broken>& broken) {
  switch (broken.param) {
    case Broken::fence:
      return "Fence";
    case Broken::guessed_tail:
      return "GuessedTail";
    case Broken::early_release:
      return "EarlyRelease";
    case Broken::stale_read:
      return "StaleRead";
    case Broken::wrong_position:
      return "WrongPosition";
    case Broken::late_position:
      return "LatePosition";
    case Broken::nothing:
      break;
  }
  return "Nothing";
}

INSTANTIATE_TEST_SUITE_P(Simulation, BrokenOnPurpose,
                         ::testing::Values(Broken::fence, Broken::guessed_tail,
                                           Broken::early_release, Broken::stale_read,
                                           Broken::wrong_position, Broken::late_position),
                         name_of);

}  // namespace
}  // namespace headwater::simulation
