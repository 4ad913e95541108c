#include "src/sources/shared/ledger/event_ledger.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headwater::sources {
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
  void match_all() {
    for (const auto* id : {"a", "b", "c", "d"}) ASSERT_TRUE(*ledger().match(id)) << id;
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
  EXPECT_EQ(*ledger().match("a"), 6U);
  EXPECT_FALSE(*ledger().match("x"));
  EXPECT_FALSE(*ledger().match("row")) << "the database reports no change for a row";
  EXPECT_EQ((*ledger().first_change(0))->id, "a");
  EXPECT_EQ((*ledger().first_change(7))->sequence, 7U);
  EXPECT_FALSE(*ledger().first_change(10));
}

TEST_F(EventLedgerTest, FindsWhatComesAfterALaterChange) {
  match_all();
  std::vector<std::string> found;
  ASSERT_TRUE(ledger().visit_out_of_order([&](const std::string& id) { found.push_back(id); }));
  EXPECT_EQ(found, std::vector<std::string>{"b"});
}

TEST_F(EventLedgerTest, FindsWhatTheDatabaseDoesNotKnow) {
  ASSERT_TRUE(ledger().add("forged", next_, Kind::change));
  match_all();
  std::vector<std::string> found;
  ASSERT_TRUE(ledger().visit_unmatched(5, [&](const std::string& id) { found.push_back(id); }));
  EXPECT_EQ(found, std::vector<std::string>{"forged"});
  ASSERT_TRUE(ledger().clear_matches());
  std::size_t unmatched = 0;
  ASSERT_TRUE(ledger().visit_unmatched(0, [&](const std::string& /*id*/) { ++unmatched; }));
  EXPECT_EQ(unmatched, 5U);
}

}  // namespace
}  // namespace headwater::sources
