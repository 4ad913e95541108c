#include "src/sources/mongodb/audit/event_ledger.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headwater::mongodb {
namespace {

using Kind = EventLedger::Kind;

class EventLedgerTest : public ::testing::Test {
 protected:
  EventLedgerTest() : made_(EventLedger::make()) {}
  void SetUp() override {
    ASSERT_TRUE(made_) << made_.error().message;
    for (const auto* id : {"row", "a", "c", "b", "d"}) {
      EXPECT_TRUE(*ledger().add(id, next_++, std::string(id) == "row" ? Kind::row : Kind::change));
    }
  }
  EventLedger& ledger() { return *made_; }
  void meet_all() {
    for (const auto* id : {"a", "b", "c", "d"}) ASSERT_TRUE(*ledger().meet(id)) << id;
  }

  Result<EventLedger> made_;
  std::uint64_t next_ = 5;
};

TEST_F(EventLedgerTest, NoticesWhatItHasHadBefore) {
  EXPECT_FALSE(*ledger().add("c", next_, Kind::change));
  EXPECT_FALSE(*ledger().add("row", next_, Kind::row));
  EXPECT_EQ(*ledger().changes(), 4U);
}

TEST_F(EventLedgerTest, SaysWhereAnEventStands) {
  EXPECT_EQ(*ledger().meet("a"), 6U);
  EXPECT_FALSE(*ledger().meet("x"));
  EXPECT_FALSE(*ledger().meet("row")) << "no change stream tells of rows";
  EXPECT_EQ((*ledger().first_change(0))->id, "a");
  EXPECT_EQ((*ledger().first_change(7))->sequence, 7U);
  EXPECT_FALSE(*ledger().first_change(10));
}

TEST_F(EventLedgerTest, FindsWhatStandsBehindALaterOne) {
  meet_all();
  std::vector<std::string> found;
  ASSERT_TRUE(ledger().visit_out_of_order([&](const std::string& id) { found.push_back(id); }));
  EXPECT_EQ(found, std::vector<std::string>{"b"});
}

TEST_F(EventLedgerTest, FindsWhatTheDatabaseDoesNotKnow) {
  ASSERT_TRUE(ledger().add("forged", next_, Kind::change));
  meet_all();
  std::vector<std::string> found;
  ASSERT_TRUE(ledger().visit_not_met(5, [&](const std::string& id) { found.push_back(id); }));
  EXPECT_EQ(found, std::vector<std::string>{"forged"});
  EXPECT_EQ(*ledger().not_met(5), 1U);
  EXPECT_EQ(*ledger().not_met(next_), 0U);
}

TEST_F(EventLedgerTest, KnowsWhatIsNotDueYet) {
  ASSERT_TRUE(ledger().add_pending("p"));
  EXPECT_TRUE(*ledger().is_pending("p"));
  EXPECT_FALSE(*ledger().is_pending("a"));
}

}  // namespace
}  // namespace headwater::mongodb
