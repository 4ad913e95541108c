#include "src/event/unchanged.h"

#include <gtest/gtest.h>

namespace headwater {
namespace {

TEST(Unchanged, IsTakenFromTheRowBefore) {
  EXPECT_EQ(with_unchanged(R"({"id":1,"text":{"$unchanged":true},"n":3})",
                           R"({"id":1,"text":"long","n":2})"),
            R"({"id":1,"text":"long","n":3})");
}

TEST(Unchanged, IsUnknownIfTheRowBeforeLacksIt) {
  const char* const row = R"({"text":{"$unchanged":true}})";
  EXPECT_EQ(with_unchanged(row, R"({"other":1})"), std::nullopt);
  EXPECT_EQ(with_unchanged(row, row), std::nullopt);
  EXPECT_EQ(with_unchanged(row, "null"), std::nullopt);
}

TEST(Unchanged, IsOnlyRecognisedInValues) {
  EXPECT_TRUE(leaves_out_unchanged(R"({"a":1,"b":{"$unchanged":true}})"));
  EXPECT_FALSE(leaves_out_unchanged(R"({"a":"{\"$unchanged\":true}"})"));
  EXPECT_FALSE(leaves_out_unchanged(R"({"$unchanged":true})"));
  EXPECT_FALSE(leaves_out_unchanged("null"));
}

}  // namespace
}  // namespace headwater
