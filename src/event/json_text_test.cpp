#include "src/event/json_text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

namespace headwater {
namespace {

std::string json_of(const Value& value) {
  std::string json;
  append_json_value(json, value);
  return json;
}

TEST(JsonValue, LargeIntegersAreTagged) {
  EXPECT_EQ(json_of(std::int64_t{0}), "0");
  EXPECT_EQ(json_of(std::int64_t{-42}), "-42");
  EXPECT_EQ(json_of(std::int64_t{9007199254740991}), "9007199254740991");
  EXPECT_EQ(json_of(std::int64_t{9007199254740992}), R"({"$int":"9007199254740992"})");
  EXPECT_EQ(json_of(INT64_MIN), R"({"$int":"-9223372036854775808"})");
}

TEST(JsonValue, RealsStayReals) {
  EXPECT_EQ(json_of(1.0), "1.0");
  EXPECT_EQ(json_of(-0.0), "-0.0");
  EXPECT_EQ(json_of(0.1), "0.1");
  EXPECT_EQ(json_of(1e300), "1e+300");
  EXPECT_EQ(json_of(5e-324), "5e-324");
  EXPECT_EQ(json_of(std::numeric_limits<double>::infinity()), R"({"$real":"Infinity"})");
  EXPECT_EQ(json_of(-std::numeric_limits<double>::infinity()), R"({"$real":"-Infinity"})");
  EXPECT_EQ(json_of(std::numeric_limits<double>::quiet_NaN()), R"({"$real":"NaN"})");
}

TEST(JsonValue, TextIsAStringAndBytesAreTagged) {
  EXPECT_EQ(json_of(std::monostate{}), "null");
  EXPECT_EQ(json_of(Text{""}), R"("")");
  EXPECT_EQ(json_of(Text{"Grüße \"\\\n"}), R"("Grüße \"\\\n")");
  EXPECT_EQ(json_of(Text{std::string("a\0b", 3)}), R"("a\u0000b")");
  EXPECT_EQ(json_of(Text{"\xff"}), R"({"$text":"/w=="})");
  EXPECT_EQ(json_of(Blob{""}), R"({"$blob":""})");
  EXPECT_EQ(json_of(Blob{"foobar"}), R"({"$blob":"Zm9vYmFy"})");
}

TEST(JsonValue, OtherTypesAreTaggedText) {
  EXPECT_EQ(json_of(true), "true");
  EXPECT_EQ(json_of(std::uint64_t{42}), "42");
  EXPECT_EQ(json_of(UINT64_MAX), R"({"$int":"18446744073709551615"})");
  EXPECT_EQ(json_of(Decimal{"-12.50"}), R"({"$decimal":"-12.50"})");
  EXPECT_EQ(json_of(Time{"2026-11-23"}), R"({"$time":"2026-11-23"})");
  EXPECT_EQ(json_of(JsonText{"{\"a\": 1}\n"}), R"({"$json":"{\"a\": 1}\n"})");
  EXPECT_EQ(json_of(Unchanged{}), R"({"$unchanged":true})");
}

TEST(Utf8, FollowsRfc3629) {
  for (const char* good : {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80",
                          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(JsonName, BytesThatAreNotUtf8AreReplaced) {
  std::string json;
  append_json_name(json,
                   "a\xff"
                   "b");
  EXPECT_EQ(json,
            "\"a\xEF\xBF\xBD"
            "b\"");
}

/// Character by character, as the text before it was looked at in words.
std::string escaped_slowly(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    std::string one;
    append_json_string(one, {&c, 1});
    result += one.substr(1, one.size() - 2);
  }
  return result + "\"";
}

TEST(JsonText, EscapesAnywhereInALongText) {
  for (const char c : {'"', '\\', '\n', '\x01', '\x1f', '\x7f', ' ', '~', '!', '[', ']', '#'}) {
    for (std::size_t at = 0; at < 40; ++at) {
      std::string text(40, 'x');
      text[at] = c;
      std::string json;
      append_json_string(json, text);
      ASSERT_EQ(json, escaped_slowly(text)) << at;
    }
  }
}

TEST(JsonText, FindsInvalidUtf8AnywhereInALongText) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'x');
    text.replace(at, 1, "\xc3\xb6");
    ASSERT_TRUE(is_utf8(text)) << at;
    text[at] = 'x';
    ASSERT_FALSE(is_utf8(text)) << at;
  }
}

}  // namespace
}  // namespace headwater
