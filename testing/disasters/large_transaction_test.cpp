// large_transaction: a transaction larger than one append, and than a transaction of the stream. It
// is published in several appends; each event comes once, in order, and names its transaction.
// SQLite's changes do not know their transactions.
#include <cstdint>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "src/json/json.h"
#include "testing/disasters/disaster.h"

namespace headwater::rig {
namespace {

/// About 4 MB as events; an append ends at 4 MiB.
constexpr int orders = 3'000;
constexpr std::size_t note_bytes = 1'000;
constexpr std::size_t transactions = 2;

/// The transactions that the events name, in order; null for an event without one.
std::vector<Json> transactions_in(const Pipeline& pipeline) {
  const Outcome outcome = run(pipeline.headwater({"tail", "--from", "earliest"}));
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  std::vector<Json> found;
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) {
    const auto event = Json::parse(line);
    EXPECT_TRUE(event) << line;
    if (event) found.push_back((*event)["data"]["transaction"]);
  }
  return found;
}

class large_transaction : public Scenario {};

TEST_P(large_transaction, KilledInsideAndItsMembersStayTogether) {
  const Pipeline pipeline(options());
  if (!pipeline.source().names_transactions()) GTEST_SKIP() << "its changes know no transactions";
  ASSERT_EQ(pipeline.init(), "");
  for (std::size_t i = 0; i < transactions; ++i) {
    pipeline.source().insert_orders(orders, note_bytes);
  }
  // The relay dies between the appends of one transaction, and the next one continues.
  for (const auto& [step, passing] : {std::pair{"after_append", 1U}, std::pair{"before_append", 2U},
                                      std::pair{"acknowledged", 2U}}) {
    Process relay = pipeline.faulty_relay("die", step, passing);
    ASSERT_EQ(relay.wait(), killed) << step << " " << passing << "\n" << relay.errors();
    if (std::string(step) != "after_append") continue;
    const auto first_part = transactions_in(pipeline);
    EXPECT_GT(first_part.size(), 0U);
    EXPECT_LT(first_part.size(), static_cast<std::size_t>(orders));
  }
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");

  const auto found = transactions_in(pipeline);
  ASSERT_EQ(found.size(), transactions * orders);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::size_t first = i / orders * orders;
    ASSERT_TRUE(found[i]["id"].text()) << "event " << i + 1;
    ASSERT_EQ(found[i]["id"], found[first]["id"]) << "event " << i + 1;
    ASSERT_EQ(found[i]["ordinal"],
              found[first]["ordinal"].unsigned_integer().value_or(0) + (i - first));
    ASSERT_EQ(found[i]["last"], (i + 1) % orders == 0) << "event " << i + 1;
  }
  EXPECT_NE(found.front()["id"], found.back()["id"]);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(large_transaction);
INSTANTIATE_TEST_SUITE_P(On, large_transaction,
                         ::testing::ValuesIn(pairs(further_sources(), streams_that_split())),
                         setting_name);

}  // namespace
}  // namespace headwater::rig
