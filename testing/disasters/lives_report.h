// What relay_under_test says of its lives (lives.h), and what a test wants to have happened.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "src/json/json.h"
#include "src/relay/observer.h"
#include "testing/rig/process.h"

namespace headwater::rig {

/// How many lives ended at each step ("after_append": 17), inside an append ("in_append"), before
/// the first step ("connecting") or elsewhere ("between_appends"); by the parent's hand ("killed",
/// or "overdue" if it had planned something else). How many hung ("hung_at_step", "hung_in_append")
/// and woke when others had appended ("woken_late"), and had an append refused then
/// ("woken_and_refused"). "lives", "appends" and "refused" are sums of all.
using LivesReport = std::map<std::string, std::uint64_t>;

/// Waits for a parent's end, and adds what it reports.
inline void add_report(LivesReport& sum, Process& parent) {
  // However long it takes: only ctest knows how long is too long.
  ASSERT_EQ(parent.wait(Milliseconds(-1)), Exit{}) << parent.errors();
  const std::string log = parent.errors();
  const auto at = log.rfind("{\"lives\":");
  ASSERT_NE(at, std::string::npos) << log;
  const auto report = Json::parse(log.substr(at, log.find('\n', at) - at));
  ASSERT_TRUE(report) << log;
  const Json& lives = (*report)["lives"];
  EXPECT_FALSE(lives.contains("ended_otherwise")) << log;
  for (const auto& [what, count] : lives.members()) {
    sum[what] += count.unsigned_integer().value_or(0);
  }
}

/// Each kind of end there is has come about, and each kind of awakening.
inline void expect_every_end(LivesReport report, bool exactly_once) {
  std::vector<std::string> kinds{"in_append",    "connecting",     "between_appends", "killed",
                                 "hung_at_step", "hung_in_append", "appends"};
  kinds.insert(kinds.end(), step_words.begin(), step_words.end());
  // Where nothing is compared, a lock keeps the others out until it wakes.
  if (exactly_once) kinds.insert(kinds.end(), {"woken_late", "woken_and_refused", "refused"});
  for (const auto& kind : kinds) EXPECT_GT(report[kind], 0U) << kind;
  for (const auto& [what, count] : report) {
    ::testing::Test::RecordProperty(what, static_cast<int>(count));
  }
}

}  // namespace headwater::rig
