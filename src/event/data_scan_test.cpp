#include "src/event/data_scan.h"

#include <gtest/gtest.h>

namespace headwater {
namespace {

TEST(DataScan, ReturnsPartsAsWritten) {
  const auto parts = scan_data(
      R"({"op":"update","key":{"a":"}\"{","b":1},"before":null,"after":{"x":{"$int":"1"},"y":"\\"}})");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->op, "update");
  EXPECT_EQ(parts->key, R"({"a":"}\"{","b":1})");
  EXPECT_EQ(parts->before, "null");
  EXPECT_EQ(parts->after, R"({"x":{"$int":"1"},"y":"\\"})");
  EXPECT_EQ(parts->gap, "");
}

TEST(DataScan, RefusesOtherText) {
  for (const char* text : {"", "{", "{}", "[]", R"({"op)", R"({"op":"x)", R"({"key":{}})"}) {
    EXPECT_FALSE(scan_data(text)) << text;
  }
}

}  // namespace
}  // namespace headwater
