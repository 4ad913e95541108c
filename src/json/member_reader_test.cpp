#include "src/json/member_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headwater {
namespace {

/// The error in `text` as an object with an id, a count and, nested, a flag.
std::string wrong_with(std::string_view text) {
  std::string wrong;
  const auto json = Json::parse(text, wrong);
  if (!json) return "not JSON";
  MemberReader reader(*json, wrong);
  reader.text("id");
  reader.unsigned_integer("count");
  reader.object("inside").boolean("flag");
  return wrong;
}

TEST(MemberReader, ReturnsMembers) {
  std::string wrong;
  const auto json = Json::parse(R"({"id":"x","count":3,"inside":{"flag":true}})");
  ASSERT_TRUE(json);
  MemberReader reader(*json, wrong);
  EXPECT_EQ(reader.text("id"), "x");
  EXPECT_EQ(reader.unsigned_integer("count"), 3U);
  EXPECT_TRUE(reader.object("inside").boolean("flag"));
  EXPECT_EQ(wrong, "");
}

TEST(MemberReader, ReportsTheFirstError) {
  EXPECT_EQ(wrong_with("[]"), "not a JSON object");
  EXPECT_EQ(wrong_with("{}"), "id is missing");
  EXPECT_EQ(wrong_with(R"({"id":1})"), "id is not a text");
  EXPECT_EQ(wrong_with(R"({"id":null})"), "id is not a text");
  const char* const not_whole = "count is not a whole number from 0 to 18446744073709551615";
  for (const char* count : {"-1", "1.0", "\"1\"", "null", "[1]", "18446744073709551616"}) {
    EXPECT_EQ(wrong_with(std::string(R"({"id":"x","count":)") + count + "}"), not_whole);
  }
  EXPECT_EQ(wrong_with(R"({"id":"x","count":1})"), "inside is missing");
  EXPECT_EQ(wrong_with(R"({"id":"x","count":1,"inside":[]})"), "inside is not an object");
  EXPECT_EQ(wrong_with(R"({"id":"x","count":1,"inside":{}})"), "inside.flag is missing");
  EXPECT_EQ(wrong_with(R"({"id":"x","count":1,"inside":{"flag":0}})"),
            "inside.flag is neither true nor false");
}

}  // namespace
}  // namespace headwater
