#include "src/event/json_scan.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater {
namespace {

TEST(JsonScan, ReturnsPartsAsWritten) {
  const auto members = json_parts(R"({"a":"}\"{,","b":[1,{"c":[]}],"":-1.0,"d\"":{"x":"]"}})");
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 4U);
  EXPECT_EQ((*members)[0].value, R"("}\"{,")");
  EXPECT_EQ((*members)[1].value, R"([1,{"c":[]}])");
  EXPECT_EQ((*members)[2].name, "");
  EXPECT_EQ((*members)[2].value, "-1.0");
  EXPECT_EQ((*members)[3].name, R"(d\")");
  EXPECT_EQ((*members)[3].value, R"({"x":"]"})");
  const auto elements = json_parts(R"([1,"a,b",{"c":2},[3,4]])");
  ASSERT_TRUE(elements);
  ASSERT_EQ(elements->size(), 4U);
  EXPECT_EQ((*elements)[1].value, R"("a,b")");
  EXPECT_EQ((*elements)[3].value, "[3,4]");
  EXPECT_TRUE(json_parts("{}")->empty());
  EXPECT_TRUE(json_parts("[]")->empty());
}

TEST(JsonScan, RefusesOtherJson) {
  for (const char* text : {"", "{", "1", "\"a\"", "null", "{1:2}", R"({"a})", R"({"a":})",
                           R"({"a":1,})", "[1,]", "[,1]", R"({"a" :1})", "{]"}) {
    EXPECT_FALSE(json_parts(text)) << text;
  }
}

TEST(JsonScan, JoinsParts) {
  for (const std::string text : {R"({"a":1,"b":{"c":[]}})", "{}", "[]", R"([1,"x",{}])"}) {
    EXPECT_EQ(json_of(*json_parts(text), text.front() == '{'), text);
  }
}

TEST(JsonScan, SortsTheFieldsAndNotTheElements) {
  EXPECT_EQ(sorted_json(R"({"b":[{"d":1,"c":2},1],"a":{"z":"}","y":0}})"),
            R"({"a":{"y":0,"z":"}"},"b":[{"c":2,"d":1},1]})");
  EXPECT_EQ(sorted_json("7"), "7");
}

TEST(JsonScan, DecodesEscapes) {
  EXPECT_EQ(json_unescaped(R"(a\"b\u0009)"), "a\"b\t");
  EXPECT_EQ(json_unescaped("plain"), "plain");
}

}  // namespace
}  // namespace headwater
