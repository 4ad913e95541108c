#include "src/sources/shared/ledger/number_ledger.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace headwater::sources {
namespace {

using Arrival = NumberLedger::Arrival;
using Ranges = std::vector<std::pair<std::int64_t, std::int64_t>>;

class NumberLedgerTest : public ::testing::Test {
 protected:
  NumberLedgerTest() : made_(NumberLedger::make(1)) {}
  void SetUp() override { ASSERT_TRUE(made_) << made_.error().message; }
  NumberLedger& ledger() { return *made_; }
  Ranges missing(std::int64_t first, std::int64_t last) {
    Ranges ranges;
    const auto visited = ledger().visit_missing(
        first, last, [&](std::int64_t from, std::int64_t to) -> Result<void> {
          ranges.emplace_back(from, to);
          return {};
        });
    EXPECT_TRUE(visited);
    return ranges;
  }

  Result<NumberLedger> made_;
};

TEST_F(NumberLedgerTest, TellsHowANumberArrives) {
  EXPECT_EQ(*ledger().add(1), Arrival::next);
  EXPECT_EQ(*ledger().add(4), Arrival::next);
  EXPECT_EQ(*ledger().add(2), Arrival::late);
  EXPECT_EQ(*ledger().add(2), Arrival::repeated);
  EXPECT_EQ(*ledger().add(4), Arrival::repeated);
  EXPECT_EQ(missing(1, 9), (Ranges{{3, 3}}));
}

TEST_F(NumberLedgerTest, ExcusesTheMiddleOfAGap) {
  ASSERT_TRUE(ledger().expect_up_to(20));
  EXPECT_EQ(ledger().next(), 21);
  ASSERT_TRUE(ledger().excuse(5, 8));
  EXPECT_EQ(missing(1, 20), (Ranges{{1, 4}, {9, 20}}));
  ASSERT_TRUE(ledger().excuse(3, 12));
  EXPECT_EQ(missing(2, 14), (Ranges{{2, 2}, {13, 14}}));
}

}  // namespace
}  // namespace headwater::sources
