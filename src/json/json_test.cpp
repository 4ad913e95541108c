#include "src/json/json.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace headwater {
namespace {

using ::testing::StartsWith;

Json parsed(std::string_view text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json) << text;
  return json.value_or(Json());
}

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST(Json, IsWrittenAsItWasRead) {
  for (const char* text :
       {"null", "true", "false", "0", "-1", "18446744073709551615", "-9223372036854775808", "1.5",
        "-0.0", "1e+300", R"("")", R"("a\"\\\n\u0001é")", "[]", "{}", R"([1,[],{"a":[null]}])",
        R"({"b":1,"a":{"d":2,"c":3}})"}) {
    EXPECT_EQ(parsed(text).dump(), text);
  }
}

TEST(Json, IsWrittenWithALineForEachMemberAndElement) {
  EXPECT_EQ(parsed(R"({"a":[1,{"b":[]}],"c":{}})").dump(2),
            "{\n"
            "  \"a\": [\n"
            "    1,\n"
            "    {\n"
            "      \"b\": []\n"
            "    }\n"
            "  ],\n"
            "  \"c\": {}\n"
            "}");
  EXPECT_EQ(Json::object().dump(2), "{}");
  EXPECT_EQ(Json::array().dump(2), "[]");
}

TEST(Json, TextThatIsNotUtf8IsWrittenWithReplacements) {
  EXPECT_EQ(Json("a\xff\"").dump(), "\"a\uFFFD\\\"\"");
  EXPECT_EQ(Json("\xe2\x82").dump(), "\"\uFFFD\"");
  EXPECT_EQ((Json{{"\xff", 1}}.dump()), "{\"\uFFFD\":1}");
}

TEST(Json, NanAndInfinityAreWrittenAsNull) {
  EXPECT_EQ(Json(std::numeric_limits<double>::quiet_NaN()).dump(), "null");
  EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).dump(), "null");
}

TEST(Json, IsBuiltInOrder) {
  Json json{{"text", "x"}, {"flag", true}, {"small", 1}, {"large", UINT64_MAX}, {"real", 1.0}};
  json.set("names", Json::array({"b", "a"}));
  json.set("small", -1);
  Json list;
  list.push_back(Json::object());
  list.push_back(nullptr);
  json.set("list", list);
  EXPECT_EQ(json.dump(),
            R"({"text":"x","flag":true,"small":-1,"large":18446744073709551615,"real":1.0,)"
            R"("names":["b","a"],"list":[{},null]})");
  EXPECT_EQ(Json::object({{"a", 1}}).dump(), R"({"a":1})");
}

TEST(Json, AValueOfAnotherTypeReadsAsMissing) {
  const Json all = parsed(R"({"null":null,"flag":true,"whole":1,"real":1.0,"text":"1","list":[1],)"
                          R"("object":{"flag":true}})");
  for (const auto& [name, json] : all.members()) {
    EXPECT_EQ(json.is_null(), name == "null");
    EXPECT_EQ(json.boolean().has_value(), name == "flag") << name;
    EXPECT_EQ(json.integer().has_value(), name == "whole") << name;
    EXPECT_EQ(json.unsigned_integer().has_value(), name == "whole") << name;
    EXPECT_EQ(json.real().has_value(), name == "real") << name;
    EXPECT_EQ(json.text().has_value(), name == "text") << name;
    EXPECT_EQ(json.is_array(), name == "list") << name;
    EXPECT_EQ(json.elements().size(), name == "list" ? 1U : 0U) << name;
    EXPECT_EQ(json.is_object(), name == "object") << name;
    EXPECT_EQ(json.members().size(), name == "object" ? 1U : 0U) << name;
    EXPECT_EQ(json.find("flag") != nullptr, name == "object") << name;
    EXPECT_TRUE(json["none"].is_null()) << name;
    EXPECT_TRUE(json[7].is_null()) << name;
  }
  EXPECT_TRUE(all["list"][0]["object"]["flag"][3].is_null());
}

TEST(Json, WholeNumbersHaveARange) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(parsed("9223372036854775807").integer(), most);
  EXPECT_EQ(parsed("9223372036854775808").integer(), std::nullopt);
  EXPECT_EQ(parsed("9223372036854775808").unsigned_integer(), std::uint64_t{1} << 63U);
  EXPECT_EQ(parsed("-9223372036854775808").integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parsed("-1").unsigned_integer(), std::nullopt);
  // Beyond 64 bits it is a real.
  EXPECT_EQ(parsed("18446744073709551616").unsigned_integer(), std::nullopt);
  EXPECT_EQ(parsed("18446744073709551616").real(), 18446744073709551616.0);
  EXPECT_EQ(Json(most), Json(static_cast<std::uint64_t>(most)));
}

TEST(Json, MalformedJsonIsRefused) {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\"}", "1 2", "nul", "\"\xff\"", "1e999",
                           "[1]]", "{\"a\":1,}", "'a'", "NaN", "\"\n\""}) {
    std::string why;
    EXPECT_FALSE(Json::parse(text, why)) << text;
    EXPECT_THAT(why, ::testing::Not(StartsWith("["))) << "the library's own name of the error";
    EXPECT_FALSE(why.empty()) << text;
  }
}

TEST(Json, DeepNestingIsRefused) {
  EXPECT_EQ(parsed(nested(Json::max_depth)).dump(2).size(),
            Json::parse(nested(1'000))->dump(2).size());
  std::string why;
  EXPECT_FALSE(Json::parse(nested(Json::max_depth + 1), why));
  EXPECT_EQ(why, "nested deeper than 1000 levels");
  EXPECT_FALSE(Json::parse(std::string(1'000'000, '[')));
  std::string objects;
  for (int level = 0; level < 100'000; ++level) objects += "{\"a\":";
  EXPECT_FALSE(Json::parse(objects));
}

TEST(Json, ARepeatedNameIsKept) {
  const Json json = parsed(R"({"a":1,"b":2,"a":3})");
  EXPECT_EQ(json["a"], 3);
  EXPECT_EQ(json.dump(), R"({"a":1,"b":2,"a":3})");
}

TEST(Json, TheOrderOfMembersDoesNotMatter) {
  EXPECT_EQ(parsed(R"({"a":{"c":1,"d":2},"b":3})"), parsed(R"({"b":3,"a":{"d":2,"c":1}})"));
  EXPECT_NE(parsed(R"({"a":1,"b":2})"), parsed(R"({"a":1,"c":2})"));
  EXPECT_NE(parsed(R"({"a":1})"), parsed(R"({"a":1,"b":2})"));
  EXPECT_NE(parsed("[1,2]"), parsed("[2,1]"));
  EXPECT_NE(parsed("1"), parsed("1.0"));
  EXPECT_EQ(parsed("true"), true);
  EXPECT_EQ(parsed("\"x\""), "x");
}

}  // namespace
}  // namespace headwater
