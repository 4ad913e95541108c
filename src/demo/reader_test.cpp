#include "src/demo/reader.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace headwater::demo {
namespace {

std::string line(const std::string& id, const std::string& op,
                 const std::string& time = "2026-11-23T08:15:30.100Z") {
  return R"({"specversion":"1.0","id":")" + id + R"(","source":"sqlite:u","type":"shop.orders.)" +
         op + R"(","subject":"7","time":")" + time +
         R"(","sequence":"00000000000000000041","data":{"op":")" + op +
         R"(","key":{"id":7},"before":null,"after":{"id":7,"status":"paid"}}})";
}

WallTime at(std::int64_t milliseconds) {
  return WallTime(std::chrono::seconds(1'795'421'730) + Milliseconds(milliseconds));
}

TEST(DemoReader, CountsChangesAndRowsApart) {
  Reader reader;
  reader.take(line("u:0:orders:1", "read"), at(0));
  reader.take(line("u:1", "insert"), at(0));
  reader.take(line("u:2", "update"), at(0));
  EXPECT_EQ(reader.rows_read(), 1U);
  EXPECT_EQ(reader.changes(), 2U);
  EXPECT_EQ(reader.latest(), 2U);
  EXPECT_EQ(reader.repeated() + reader.out_of_order() + reader.unreadable(), 0U);
  ASSERT_EQ(reader.recent().size(), 3U);
  EXPECT_EQ(reader.recent().back(), "41  orders.update 7  paid");
}

TEST(DemoReader, FindsRepeatsAndWrongOrder) {
  Reader reader;
  for (const char* id : {"u:1", "u:3", "u:2", "u:3"}) reader.take(line(id, "insert"), at(0));
  reader.take(line("u:0:orders:1", "read"), at(0));
  reader.take(line("u:0:orders:1", "read"), at(0));
  EXPECT_EQ(reader.repeated(), 2U);
  EXPECT_EQ(reader.out_of_order(), 1U);
  EXPECT_TRUE(reader.has(2));
  EXPECT_FALSE(reader.has(4));
}

TEST(DemoReader, CountsUnreadableLines) {
  Reader reader;
  for (const char* text : {"", "{", "[]", R"({"id":1})"}) reader.take(text, at(0));
  reader.take(line("u:x", "insert"), at(0));
  EXPECT_EQ(reader.unreadable(), 5U);
}

TEST(DemoReader, CountsMembersOfAnotherTypeAsUnreadable) {
  Reader reader;
  std::uint64_t lines = 0;
  for (const char* part :
       {R"("7")", R"("sqlite:u","type":"shop.orders.insert")", R"("u:1")",
        R"("2026-11-23T08:15:30.100Z")", R"("00000000000000000041")", R"("paid")"}) {
    for (const char* value : {"7", "null", "[]", "-1", "1e300"}) {
      std::string text = line("u:1", "insert");
      text.replace(text.find(part), std::string_view(part).size(), value);
      reader.take(text, at(0));
      EXPECT_EQ(reader.unreadable(), ++lines) << text;
    }
  }
  EXPECT_EQ(reader.changes(), 0U);
}

TEST(DemoReader, ReturnsTheMedianLagOnce) {
  Reader reader;
  reader.take(line("u:1", "insert"), at(103));
  reader.take(line("u:2", "insert"), at(107));
  reader.take(line("u:3", "insert"), at(900));
  EXPECT_EQ(reader.take_lag(), Milliseconds(7));
  EXPECT_EQ(reader.take_lag(), std::nullopt);
}

}  // namespace
}  // namespace headwater::demo
