#include "testing/simulation/simulation.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

namespace headwater::simulation {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

// HEADWATER_SEEDS=n runs n seeds. HEADWATER_SEED=s runs only seed s, with its trace.
TEST(Simulation, PublishesEverythingOnceInOrder) {
  const std::uint64_t only = from_environment("HEADWATER_SEED", 0);
  if (only != 0) {
    const Outcome outcome = simulate(only, true);
    EXPECT_EQ(outcome.failure, "") << outcome.trace;
    return;
  }
  const std::uint64_t seeds = from_environment("HEADWATER_SEEDS", 10'000);
  Counts sum;
  std::uint64_t takeovers = 0;
  std::uint64_t claims = 0;
  std::uint64_t given_up = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Outcome outcome = simulate(seed);
    ASSERT_EQ(outcome.failure, "")
        << "seed " << seed << "; to repeat it with a trace:\n  HEADWATER_SEED=" << seed
        << " build/release/simulation_test --gtest_filter=Simulation.Publishes*";
    sum.events += outcome.counts.events;
    sum.rows += outcome.counts.rows;
    sum.gaps += outcome.counts.gaps;
    sum.cuts_among_rows += outcome.counts.cuts_among_rows;
    sum.recreated += outcome.counts.recreated;
    takeovers += outcome.takeovers;
    claims += outcome.claims;
    given_up += outcome.gave_up ? 1U : 0U;
  }
  // The worlds contained what they should test.
  EXPECT_GT(sum.events, seeds * 50);
  EXPECT_GT(sum.rows, seeds);
  EXPECT_GT(sum.gaps, seeds / 10);
  EXPECT_GT(sum.cuts_among_rows, seeds / 100);
  EXPECT_GT(sum.recreated, seeds / 10);
  EXPECT_GT(takeovers, seeds / 10);
  EXPECT_GT(claims, seeds / 10);
  EXPECT_GT(given_up, seeds / 100);
  std::cout << sum.events << " events, " << sum.rows << " of them rows, " << sum.gaps << " gaps, "
            << sum.cuts_among_rows << " appends of rows cut short, " << sum.recreated
            << " streams recreated, " << takeovers << " takeovers, " << claims << " by a claim, "
            << given_up << " gave up\n";
}

TEST(Simulation, ASeedAlwaysGivesTheSameHistory) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome first = simulate(seed, true);
    EXPECT_FALSE(first.trace.empty());
    EXPECT_EQ(first.trace, simulate(seed, true).trace);
    EXPECT_NE(first.trace, simulate(seed + 1, true).trace);
  }
}

class BrokenOnPurpose : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenOnPurpose, IsDetected) {
  std::uint64_t detected = 0;
  // Many worlds never reach the broken part.
  constexpr std::uint64_t seeds = 200;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    if (!simulate(seed, false, GetParam()).failure.empty()) ++detected;
  }
  RecordProperty("detected", std::to_string(detected));
  EXPECT_GT(detected, seeds / 20);
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
    case Broken::silent_loss:
      return "SilentLoss";
    case Broken::empty_is_now:
      return "EmptyIsNow";
    case Broken::untended:
      return "Untended";
    case Broken::false_gap:
      return "FalseGap";
    case Broken::nothing:
      break;
  }
  return "Nothing";
}

INSTANTIATE_TEST_SUITE_P(Simulation, BrokenOnPurpose,
                         ::testing::Values(Broken::fence, Broken::guessed_tail,
                                           Broken::early_release, Broken::stale_read,
                                           Broken::wrong_position, Broken::late_position,
                                           Broken::silent_loss, Broken::empty_is_now,
                                           Broken::untended, Broken::false_gap),
                         name_of);

}  // namespace
}  // namespace headwater::simulation
