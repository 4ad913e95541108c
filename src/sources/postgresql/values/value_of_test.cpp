#include "src/sources/postgresql/values/value_of.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace headwater::postgresql {
namespace {

constexpr TypeId int8 = 20;
constexpr TypeId float4 = 700;
constexpr TypeId numeric = 1700;

Value of(TypeId type, std::string_view text) { return value_of(form_of(type), text); }

TEST(PostgresqlValue, NumbersAreExact) {
  EXPECT_EQ(of(int8, "-9223372036854775808"), Value(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(of(26, "4294967295"), Value(std::int64_t{4'294'967'295}));
  EXPECT_EQ(of(float4, "0.1"), Value(0.1));
  EXPECT_EQ(of(701, "-Infinity"), Value(-std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(std::isnan(std::get<double>(of(701, "NaN"))));
  EXPECT_EQ(of(701, "5e-324"), Value(std::numeric_limits<double>::denorm_min()));
  EXPECT_EQ(of(numeric, "12.50"), Value(Decimal{"12.50"}));
  EXPECT_EQ(of(numeric, "12"), Value(std::int64_t{12}));
  EXPECT_EQ(of(numeric, "99999999999999999999"), Value(Decimal{"99999999999999999999"}));
  EXPECT_EQ(of(numeric, "NaN"), Value(Decimal{"NaN"}));
  EXPECT_EQ(of(numeric, "Infinity"), Value(Decimal{"Infinity"}));
}

TEST(PostgresqlValue, EveryFormHasItsOwnValue) {
  EXPECT_EQ(of(16, "t"), Value(true));
  EXPECT_EQ(of(16, "f"), Value(false));
  EXPECT_EQ(of(25, "t"), Value(Text{"t"}));
  EXPECT_EQ(of(17, "\\x00ff27"), Value(Blob{std::string("\0\xff'", 3)}));
  EXPECT_EQ(of(17, "\\x"), Value(Blob{}));
  EXPECT_EQ(of(1184, "infinity"), Value(Time{"infinity"}));
  EXPECT_EQ(of(1082, "2026-11-30"), Value(Time{"2026-11-30"}));
  EXPECT_EQ(of(114, "{\"a\": 1}"), Value(JsonText{"{\"a\": 1}"}));
  EXPECT_EQ(of(1007, "{1,NULL}"), Value(Text{"{1,NULL}"}));
  EXPECT_EQ(of(1186, "1 day"), Value(Text{"1 day"}));
  EXPECT_EQ(of(first_created_type, "sad"), Value(Text{"sad"}));
}

TEST(PostgresqlValue, WhatDoesNotHaveItsFormIsText) {
  EXPECT_EQ(of(int8, "one"), Value(Text{"one"}));
  EXPECT_EQ(of(17, "abc"), Value(Text{"abc"}));
  EXPECT_EQ(of(701, "1.5x"), Value(Text{"1.5x"}));
}

}  // namespace
}  // namespace headwater::postgresql
