#include "src/targets/postgresql/types.h"

#include <gtest/gtest.h>

#include <limits>

namespace headwater::target_postgresql {
namespace {

TEST(PostgresqlTypes, AColumnHoldsWhatItKeepsExactly) {
  EXPECT_TRUE(holds(Type::bigint, std::int64_t{1}));
  EXPECT_FALSE(holds(Type::bigint, 1.5));
  EXPECT_FALSE(holds(Type::bigint, std::numeric_limits<std::uint64_t>::max()));
  EXPECT_TRUE(holds(Type::numeric, std::int64_t{1}));
  EXPECT_FALSE(holds(Type::numeric, 1.5));
  EXPECT_TRUE(holds(Type::double_precision, std::int64_t{1} << 53));
  EXPECT_FALSE(holds(Type::double_precision, (std::int64_t{1} << 53) + 1));
  EXPECT_TRUE(holds(Type::boolean, Value()));
  EXPECT_FALSE(holds(Type::json, Text{"x"}));
}

TEST(PostgresqlTypes, WidensToNumericOrText) {
  EXPECT_EQ(wider(Type::bigint, Decimal{"1.5"}), Type::numeric);
  EXPECT_EQ(wider(Type::bigint, 1.5), Type::double_precision);
  EXPECT_EQ(wider(Type::boolean, std::int64_t{1}), Type::text);
  EXPECT_EQ(wider(Type::text, std::int64_t{1}), Type::text);
}

TEST(PostgresqlTypes, WritesWhatPostgresqlReads) {
  EXPECT_EQ(text_of(Value()), std::nullopt);
  EXPECT_EQ(text_of(true), "true");
  EXPECT_EQ(text_of(-0.0), "-0.0");
  EXPECT_EQ(text_of(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_EQ(text_of(Blob{std::string("\0\xfe", 2)}), "\\x00fe");
}

}  // namespace
}  // namespace headwater::target_postgresql
