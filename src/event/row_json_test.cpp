#include "src/event/row_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "src/event/json_text.h"

namespace headwater {
namespace {

TableRow row_of(std::vector<std::string> names, std::vector<Value> values) {
  return {.columns = std::make_shared<const std::vector<std::string>>(std::move(names)),
          .values = std::move(values)};
}

TEST(RowJson, ReadsEveryValueThatIsWritten) {
  const TableRow row =
      row_of({"a", "b\"\\", "c", "", "e", "f", "g", "h", "i", "j", "k", "l", "m"},
             {Value(), std::int64_t{-42}, std::numeric_limits<std::int64_t>::max(), -0.0, 1e300,
              Text{"caf\u00e9 \" \n"}, Text{"\xff"}, Blob{std::string("\0\xfe", 2)}, true,
              std::numeric_limits<std::uint64_t>::max(), Decimal{"12.50"}, Time{"08:15"},
              JsonText{R"({"a": [1, "}"]})"}});
  std::string json;
  append_json_row(json, row);
  RowJson reader(RowNotation::columns);
  const auto read = reader.read(json);
  ASSERT_TRUE(read) << json;
  EXPECT_EQ(*read->columns, *row.columns);
  EXPECT_EQ(read->values, row.values);
  EXPECT_TRUE(std::signbit(std::get<double>(read->values[3])));
  EXPECT_EQ(reader.read(json)->columns, read->columns);  // shared
}

TEST(RowJson, ReadsUnchangedAndNumbersThatAreNotFinite) {
  RowJson reader(RowNotation::columns);
  const auto read = reader.read(R"({"a":{"$unchanged":true},"b":{"$real":"-Infinity"}})");
  ASSERT_TRUE(read);
  EXPECT_TRUE(std::holds_alternative<Unchanged>(read->values[0]));
  EXPECT_EQ(read->values[1], Value(-std::numeric_limits<double>::infinity()));
}

TEST(RowJson, RefusesWhatIsNotARow) {
  RowJson reader(RowNotation::columns);
  for (const char* const json :
       {"", "{", "[]", "1", R"({"a"})", R"({"a":})", R"({"a":1,})", R"({"a":1 "b":2})",
        R"({"a":[1]})", R"({"a":{"b":1}})", R"({"a":x})", R"({"a":"})", R"({a:1})"}) {
    EXPECT_FALSE(reader.read(json)) << json;
  }
  EXPECT_TRUE(reader.read("{}"));
}

TEST(RowJson, ReadsTheFieldsOfADocument) {
  RowJson reader(RowNotation::documents);
  const auto read = reader.read(
      R"({"_id":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"},"i":{"$numberInt":"5"},)"
      R"("l":{"$numberLong":"-6"},"d":{"$numberDouble":"1.5"},"n":{"$numberDecimal":"1.10"},)"
      R"("t":{"$date":"2022-07-28T20:15:16.148Z"},"b":{"$binary":{"base64":"AP4=","subType":"00"}},)"
      R"("u":{"$binary":{"base64":"AP4=","subType":"04"}},"o":{"a":[1,"]"]},"r":[1,{}],"s":"x",)"
      R"("i":7,"w":{"$date":{"$numberLong":"-1"}}})");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read->columns, (std::vector<std::string>{"_id", "l", "d", "n", "t", "b", "u", "o", "r",
                                                      "s", "i", "w"}));
  EXPECT_EQ(
      read->values,
      (std::vector<Value>{Text{"62e2ef0d1c9a9a3d1c1c1c1c"}, std::int64_t{-6}, 1.5, Decimal{"1.10"},
                          Time{"2022-07-28T20:15:16.148Z"}, Blob{std::string("\0\xfe", 2)},
                          JsonText{R"({"$binary":{"base64":"AP4=","subType":"04"}})"},
                          JsonText{R"({"a":[1,"]"]})"}, JsonText{"[1,{}]"}, Text{"x"},
                          std::int64_t{7}, JsonText{R"({"$date":{"$numberLong":"-1"}})"}}));
}

}  // namespace
}  // namespace headwater
