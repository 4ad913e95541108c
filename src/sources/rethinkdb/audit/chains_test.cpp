#include "src/sources/rethinkdb/audit/chains.h"

#include <gtest/gtest.h>

#include <string>

#include "src/sources/rethinkdb/audit/waiting_document.h"

namespace headwater::rethinkdb {
namespace {

constexpr const char* first_row = "read-01234567-3-'a";

class ChainsTest : public ::testing::Test {
 protected:
  ChainsTest() : made_(Chains::make(true, false)) {}
  void SetUp() override { ASSERT_TRUE(made_) << made_.error().message; }

  void add(const std::string& operation, const std::string& id, const std::string& detail = {}) {
    StoredEvent stored;
    stored.event.id = id;
    stored.event.type = EventType("shop", "orders", operation);
    stored.event.partition_key = "orders/'a";
    stored.event.data = R"({"op":")" + operation + R"(","key":{"id":"a"},"detail":)" +
                        (detail.empty() ? "null" : detail) + "}";
    ASSERT_TRUE(made_->add(stored, false));
  }
  void change(const std::string& operation, int number, int version) {
    add(operation, std::to_string(number) + "-'a",
        R"({"version":)" + std::to_string(version) + "}");
  }
  IdFindings found() {
    auto found = made_->findings();
    EXPECT_TRUE(found);
    return found ? *std::move(found) : IdFindings{};
  }

  Result<Chains> made_;
};

TEST_F(ChainsTest, ADocumentOlderThanTheHookBeginsWithItsFirstChange) {
  add("read", first_row);
  change("update", 10, 1);
  change("delete", 11, 2);
  EXPECT_EQ(found().lost, 0U);
  EXPECT_EQ(found().published, 2U);
}

TEST_F(ChainsTest, ARowSaysHowFarTheChangesGo) {
  add("read", first_row, R"({"number":10,"version":4})");
  change("update", 12, 6);
  EXPECT_EQ(found().lost, 1U);
  EXPECT_EQ(found().examples, std::vector<std::string>{"version 5 of 'a"});
}

TEST_F(ChainsTest, LateChangesFillTheHoles) {
  change("insert", 10, 1);
  change("update", 19, 9);
  EXPECT_EQ(found().lost, 7U);
  change("update", 15, 5);
  EXPECT_EQ(found().lost, 6U);
  change("update", 12, 2);
  change("update", 18, 8);
  EXPECT_EQ(found().lost, 4U);
  EXPECT_EQ(found().out_of_order, 3U);
  EXPECT_EQ(found().repeated, 0U);
  change("update", 18, 8);
  EXPECT_EQ(found().repeated, 1U);
}

TEST_F(ChainsTest, VersionsBeginAgainAfterAPurge) {
  change("insert", 10, 1);
  change("delete", 11, 2);
  change("insert", 20, 1);
  change("update", 21, 2);
  EXPECT_EQ(found().lost, 0U);
  change("insert", 30, 1);
  EXPECT_EQ(found().lost, 1U) << "there was a delete in between";
  change("delete", 22, 3);
  EXPECT_EQ(found().lost, 0U);
  EXPECT_EQ(found().out_of_order, 1U);
}

/// Whatever the versions, only an insert follows a delete.
TEST_F(ChainsTest, VersionsThatOnlySeemToFollowDoNot) {
  change("insert", 10, 1);
  change("delete", 11, 2);
  change("update", 20, 3);
  EXPECT_EQ(found().lost, 2U);
  const KeyState last{.number = 20, .version = 3};
  const Missing missing = made_->missing(last, {.kind = NextChange::Kind::end, .version = 4});
  ASSERT_EQ(missing.ranges.size(), 2U) << "it has the same version as another document before";
  EXPECT_EQ(missing.ranges[1].second, 3U);
}

TEST_F(ChainsTest, AfterADeleteThatAScanHasFoundVersionsBeginAgain) {
  change("insert", 10, 1);
  change("update", 11, 2);
  add("delete", "12-'a", R"({"found":"scan"})");
  change("insert", 20, 1);
  EXPECT_EQ(found().lost, 0U);
  add("delete", "21-'a", R"({"found":"scan"})");
  change("update", 30, 3);
  EXPECT_EQ(found().lost, 2U);
}

TEST_F(ChainsTest, AScanDoesNotFindWhatIsThereAgain) {
  made_ = Chains::make(true, true);
  change("insert", 10, 1);
  change("update", 11, 2);
  change("insert", 20, 1);
  EXPECT_EQ(found().lost, 0U);
  change("update", 22, 3);
  EXPECT_EQ(found().lost, 1U);
}

TEST_F(ChainsTest, ARowReadAgainLeavesNothingOut) {
  add("read", first_row, R"({"number":10,"version":4})");
  add("read", "read-0123456789abcdef-'a", R"({"number":12,"version":6})");
  EXPECT_EQ(found().lost, 2U);
  change("update", 13, 7);
  EXPECT_EQ(found().lost, 2U);
  change("update", 11, 5);
  EXPECT_EQ(found().lost, 1U);
}

TEST_F(ChainsTest, AnEarlierSnapshotsRowComesTooLate) {
  change("insert", 10, 1);
  change("update", 11, 2);
  add("read", first_row, R"({"number":10,"version":1})");
  EXPECT_EQ(found().out_of_order, 1U);
}

TEST_F(ChainsTest, ARowThatWasTooLargeSaysNothing) {
  add("gap", first_row);
  change("update", 12, 6);
  change("update", 13, 7);
  EXPECT_EQ(found().lost, 0U);
  change("update", 15, 9);
  EXPECT_EQ(found().lost, 1U);
}

TEST(WaitingDocument, IsReadAsItWasWritten) {
  const std::string json =
      R"({"_hw":{"gone":true,"log":[{"doc":{"id":1},"n":7,"op":"insert","v":1},{"n":9,"op":"delete","v":2}],"n":9,"v":2},"id":1})";
  const auto document = take_apart(json, "id");
  ASSERT_TRUE(document) << document.error().message;
  const auto again = take_apart(to_json(*document), "id");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->key, "1");
  EXPECT_EQ(again->content, document->content);
  EXPECT_EQ(again->number, 9U);
  EXPECT_EQ(again->version, 2U);
  EXPECT_TRUE(again->gone);
  ASSERT_EQ(again->pending.size(), 2U);
  EXPECT_EQ(again->pending[0].op, Op::insert);
  EXPECT_EQ(again->pending[0].content, R"({"id":1})");
  EXPECT_EQ(again->pending[1].op, Op::remove);
  EXPECT_EQ(again->pending[1].version, 2U);
}

}  // namespace
}  // namespace headwater::rethinkdb
