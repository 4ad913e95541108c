#include "src/materialize/decoder.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace headwater::materialize {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = RowOperation::Kind;

constexpr const char* row_1 = R"({"id":1,"name":"ada"})";
constexpr const char* row_source = "sqlite:7e57";

class DecoderTest : public ::testing::Test {
 protected:
  Result<void> add(const std::string& op, const std::string& key, const std::string& after,
                   const std::string& more = "", const std::string& table = "orders",
                   const std::string& source = row_source) {
    const StoredEvent stored{
        .sequence = ++sequence_,
        .event = {
            .id = "e:" + std::to_string(sequence_),
            .source = source,
            .type = EventType("shop", table.empty() ? std::nullopt : std::optional(table), op),
            .subject = key,
            .partition_key = table + "/" + key,
            .time = {},
            .data = R"({"op":")" + op + R"(","key":)" + key + R"(,"before":null,"after":)" + after +
                    more + "}"}};
    return decoder_.add(stored, batch_);
  }
  void use(DecoderOptions options) {
    decoder_ = Decoder(std::move(options));
    batch_ = Batch();
  }
  /// "put orders", "erase orders", "-" for what is superfluous.
  std::vector<std::string> operations() {
    const std::vector<std::string> words{"-",     "put",  "update",   "erase",
                                         "clear", "drop", "drop_all", "rename"};
    std::vector<std::string> all;
    for (const RowOperation& each : batch_.operations()) {
      std::string word = words[static_cast<std::size_t>(each.kind)];
      if (each.kind != Kind::nothing) word += " " + each.table->name;
      if (each.kind == Kind::rename) word += " " + each.to->name;
      all.push_back(word);
    }
    return all;
  }
  static std::string error_of(const Result<void>& result) {
    return result ? "none" : result.error().name;
  }

  Decoder decoder_{DecoderOptions{}};
  Batch batch_;
  std::uint64_t sequence_ = 0;
};

TEST_F(DecoderTest, OfOneRowOnlyTheLastCounts) {
  ASSERT_TRUE(add("insert", R"({"id":1})", row_1));
  ASSERT_TRUE(add("insert", R"({"id":2})", R"({"id":2})"));
  ASSERT_TRUE(add("update", R"({"id":1})", row_1));
  ASSERT_TRUE(add("delete", R"({"id":2})", "null"));
  EXPECT_THAT(operations(), ElementsAre("-", "-", "put orders", "erase orders"));
  EXPECT_EQ(batch_.place.sequence, 4U);
  EXPECT_EQ(batch_.place.event, "sqlite:7e57 e:4");
  EXPECT_EQ(batch_.events, 4U);
}

TEST_F(DecoderTest, NothingMovesAcrossATable) {
  ASSERT_TRUE(add("insert", R"({"id":1})", row_1));
  ASSERT_TRUE(add("truncate", "null", "null"));
  ASSERT_TRUE(add("insert", R"({"id":1})", row_1));
  ASSERT_TRUE(add("rename", "null", "null", R"(,"to":"old")"));
  ASSERT_TRUE(add("dropDatabase", "null", "null", "", ""));
  EXPECT_THAT(operations(), ElementsAre("put orders", "clear orders", "put orders",
                                        "rename orders old", "drop_all "));
}

TEST_F(DecoderTest, AnUnchangedValueComesFromTheRowBefore) {
  ASSERT_TRUE(add("insert", R"({"id":1})", row_1));
  ASSERT_TRUE(add("update", R"({"id":1})", R"({"id":1,"name":{"$unchanged":true}})"));
  EXPECT_THAT(operations(), ElementsAre("-", "put orders"));
  EXPECT_EQ(std::get<TableRow>(batch_.operations().back().row).values[1], Value(Text{"ada"}));
  // Without that row, both operations stay.
  ASSERT_TRUE(add("update", R"({"id":3})", R"({"id":3,"name":{"$unchanged":true}})"));
  ASSERT_TRUE(add("update", R"({"id":3})", R"({"id":3,"name":{"$unchanged":true}})"));
  EXPECT_THAT(operations(), ElementsAre("-", "put orders", "put orders", "put orders"));
}

/// It would be NULL, and nobody would know.
TEST_F(DecoderTest, ANewRowWithoutAValueIsAGap) {
  const std::string row = R"({"id":2,"name":{"$unchanged":true}})";
  EXPECT_EQ(error_of(add("insert", R"({"id":2})", row)), "materialize.no_value");
  EXPECT_THAT(operations(), IsEmpty());
  use({.on_gap = OnGap::go_on});
  ASSERT_TRUE(add("insert", R"({"id":2})", row));
  EXPECT_THAT(operations(), ElementsAre("put orders"));
  EXPECT_THAT(batch_.gaps, ElementsAre(HasSubstr("large value")));
}

TEST_F(DecoderTest, OnlySomeTablesUnderOtherNames) {
  use({.tables = {"orders"}, .naming = Naming::full, .prefix = "copy_"});
  ASSERT_TRUE(add("insert", R"({"id":1})", row_1));
  ASSERT_TRUE(add("insert", R"({"id":1})", row_1, "", "stock"));
  ASSERT_TRUE(add("rename", "null", "null", R"(,"to":"old")"));
  EXPECT_THAT(operations(), ElementsAre("put copy_shop.orders", "drop copy_shop.orders"));
  // Its rows were not wanted so far.
  EXPECT_EQ(error_of(add("rename", "null", "null", R"(,"to":"orders")", "stock")),
            "materialize.gap");
}

TEST_F(DecoderTest, GapsStopAreCountedOrRestated) {
  const std::string missing = R"(,"gap":{"reason":"r","from":"","to":"","restated":false})";
  const std::string restated = R"(,"gap":{"reason":"r","from":"","to":"","restated":true})";
  EXPECT_EQ(error_of(add("gap", "null", "null", missing)), "materialize.gap");
  ASSERT_TRUE(add("gap", "null", "null", restated));
  ASSERT_TRUE(add("gap", "null", "null", restated, ""));
  EXPECT_THAT(operations(), ElementsAre("drop orders", "drop_all "));
  use({.on_gap = OnGap::go_on});
  ASSERT_TRUE(add("gap", "null", "null", missing));
  EXPECT_THAT(operations(), IsEmpty());
  EXPECT_THAT(batch_.gaps, ElementsAre(HasSubstr(R"("reason":"r")")));
}

TEST_F(DecoderTest, WhatCannotBeAppliedIsNamed) {
  EXPECT_EQ(error_of(add("insert", "null", row_1)), "materialize.no_key");
  EXPECT_EQ(error_of(add("insert", R"({"id":null})", row_1)), "materialize.no_key");
  EXPECT_EQ(error_of(add("insert", R"({"id":1})", "null")), "materialize.no_row");
  EXPECT_EQ(error_of(add("insert", R"({"id":1})", R"({"id":[1]})")), "event.unreadable");
  EXPECT_EQ(error_of(add("insert", R"({"id":1})", "{")), "event.unreadable");
  EXPECT_THAT(operations(), IsEmpty());
  EXPECT_EQ(batch_.events, 0U);
  // Words of databases that Headwater does not know change no row.
  ASSERT_TRUE(add("message", "null", "null"));
  ASSERT_TRUE(add("createIndexes", "null", "null"));
  EXPECT_THAT(operations(), IsEmpty());
  EXPECT_EQ(batch_.events, 2U);
}

TEST_F(DecoderTest, TheIdOfADocumentIsItsKey) {
  const std::string key = R"({"region":"EU","_id":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"}})";
  ASSERT_TRUE(
      add("update", key, "null", R"(,"detail":{"updateDescription":{}})", "orders", "mongodb:1"));
  EXPECT_THAT(operations(), ElementsAre("update orders"));
  EXPECT_EQ(*std::get<TableRow>(batch_.operations()[0].key).columns,
            std::vector<std::string>{"_id"});
  use({.keeps_documents = true});
  ASSERT_TRUE(add("insert", key, R"({"_id":1})", "", "orders", "mongodb:1"));
  EXPECT_EQ(std::get<Document>(batch_.operations()[0].row).json, R"({"_id":1})");
}

}  // namespace
}  // namespace headwater::materialize
