// The suite's tests of whole tables: what happens to them, and whose they are.
#include <gmock/gmock.h>

#include "testing/contract/target_suite.h"

namespace headwater::testing {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(TargetSuite, AppliesWhatHappensToTables) {
  auto target = open();
  const auto some = [&](const std::string& table) {
    return event("insert", key(1), row(1, table), table);
  };
  apply(*target, {some("orders"), some("stock"), some("mail"), some("old")});
  apply(*target,
        {event("truncate", "null", "null", "orders"), event("drop", "null", "null", "stock")});
  EXPECT_THAT(rig_->rows("orders"), IsEmpty());
  EXPECT_THAT(rig_->rows("stock"), IsEmpty());
  EXPECT_THAT(rig_->rows("mail"), ElementsAre("id=1 name=mail"));
  // Between other operations of a batch, and over an existing table.
  apply(*target, {event("insert", key(2), row(2, "before"), "mail"), rename("mail", "old"),
                  event("insert", key(3), row(3, "after"), "old"),
                  event("insert", key(9), row(9, "new"), "mail")});
  EXPECT_THAT(rig_->rows("old"),
              ElementsAre("id=1 name=mail", "id=2 name=before", "id=3 name=after"));
  EXPECT_THAT(rig_->rows("mail"), ElementsAre("id=9 name=new"));
  // A restated table may have other columns and another key.
  StoredEvent gap = event("gap", "null", "null", "orders");
  gap.event.data.insert(gap.event.data.size() - 1,
                        R"(,"gap":{"reason":"r","from":"","to":"","restated":true})");
  apply(*target, {event("insert", key(7), row(7, "lost")), gap,
                  event("read", R"({"sku":"a"})", R"({"sku":"a"})")});
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("sku=a"));
  apply(*target, {event("dropDatabase", "null", "null", "")});
  for (const char* const table : {"orders", "stock", "mail", "old"}) {
    EXPECT_THAT(rig_->rows(table), IsEmpty());
  }
}

TEST_P(TargetSuite, ATableOfTheUsersIsNeverReplaced) {
  rig_->make_table("stock");
  auto built = open({.name = "orders+rebuild", .suffix = "_rebuild"});
  apply(*built, {event("insert", key(7), row(7, "x"), "stock")});
  const auto replaced = built->replace({.name = "orders", .suffix = ""}, *open()->place());
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().name, "target.table_not_empty") << replaced.error().message;
  EXPECT_THAT(rig_->rows("stock"), ElementsAre("id=1"));
  auto target = open();
  apply(*target, {event("insert", key(7), row(7, "x"), "mail")});
  const auto renamed = try_apply(*target, {rename("mail", "stock")});
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().name, "target.table_not_empty") << renamed.error().message;
  EXPECT_THAT(rig_->rows("stock"), ElementsAre("id=1"));
  EXPECT_THAT(rig_->rows("mail"), ElementsAre("id=7 name=x"));
}

TEST_P(TargetSuite, ATableOfAnotherCopyIsNeverReplaced) {
  auto other = open({.name = "another", .suffix = ""});
  apply(*other, {event("insert", key(1), row(1, "theirs"), "stock")});
  auto built = open({.name = "orders+rebuild", .suffix = "_rebuild"});
  apply(*built, {event("insert", key(7), row(7, "x"), "stock")});
  const auto replaced = built->replace({.name = "orders", .suffix = ""}, *open()->place());
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().name, "target.table_taken") << replaced.error().message;
  EXPECT_THAT(rig_->rows("stock"), ElementsAre("id=1 name=theirs"));
}

TEST_P(TargetSuite, WhatHappensToATableThatTheCopyDoesNotHaveChangesNothing) {
  rig_->make_table("stock");
  apply(*open({.name = "another", .suffix = ""}),
        {event("insert", key(1), row(1, "theirs"), "orders")});
  auto target = open();
  for (const char* const table : {"orders", "stock"}) {
    apply(*target,
          {event("delete", key(1), "null", table), event("truncate", "null", "null", table)});
    apply(*target, {rename(table, "mail"), event("drop", "null", "null", table)});
  }
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 name=theirs"));
  EXPECT_THAT(rig_->rows("stock"), ElementsAre("id=1"));
  EXPECT_THAT(rig_->rows("mail"), IsEmpty());
  EXPECT_THAT(*target->tables(), IsEmpty());
}

TEST_P(TargetSuite, TheCatalogIsNoTableOfACopy) {
  auto target = open();
  apply(*target, {event("insert", key(1), row(1, "ada"))});
  for (const char* const name : {"headwater_places", "headwater_tables"}) {
    const auto refused = try_apply(*target, {event("insert", key(1), row(1, "x"), name)});
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().name, "target.bad_name") << refused.error().message;
    const auto renamed = try_apply(*target, {rename("orders", name)});
    ASSERT_FALSE(renamed) << name;
    EXPECT_EQ(renamed.error().name, "target.bad_name") << renamed.error().message;
  }
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 name=ada"));
}

}  // namespace headwater::testing
