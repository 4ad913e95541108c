// The report of relay_under_test about its lives (lives.h), and what a test expects of it.
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

/// The number of lives that ended at each step ("after_append": 17), inside an append
/// ("in_append"), before the first step ("connecting"), elsewhere ("between_appends"), or were
/// killed by the parent ("killed"; "overdue" if that was not planned). The number that hung
/// ("hung_at_step", "hung_in_append"), that woke after others had appended ("woken_late"), and
/// whose append was then refused ("woken_and_refused"). "lives", "appends" and "refused" are
/// totals.
using LivesReport = std::map<std::string, std::uint64_t>;

/// Waits for the end of a parent, and adds its report to `sum`.
inline void add_report(LivesReport& sum, Process& parent) {
  // Without a deadline, because ctest has one.
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

/// Expects that lives ended, and woke, in each possible way.
inline void expect_every_end(LivesReport report, bool exactly_once) {
  std::vector<std::string> kinds{"in_append",    "connecting",     "between_appends", "killed",
                                 "hung_at_step", "hung_in_append", "appends"};
  kinds.insert(kinds.end(), step_words.begin(), step_words.end());
  // On a stream that cannot compare, a lock keeps the others out until the hung one wakes.
  if (exactly_once) kinds.insert(kinds.end(), {"woken_late", "woken_and_refused", "refused"});
  for (const auto& kind : kinds) EXPECT_GT(report[kind], 0U) << kind;
  for (const auto& [what, count] : report) {
    ::testing::Test::RecordProperty(what, static_cast<int>(count));
  }
}

}  // namespace headwater::rig
