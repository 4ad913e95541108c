#include "bench/figure.h"

#include <gtest/gtest.h>

#include <sstream>

namespace headwater::bench {
namespace {

TEST(Figure, MedianIsTheMiddleOfTheSorted) {
  EXPECT_EQ(median({}), 0);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
}

TEST(Figure, RatiosCompareValuesOfOneRound) {
  EXPECT_EQ(median_ratio({10, 40, 90}, {20, 80, 100}), 0.5);
  EXPECT_EQ(median_ratio({}, {}), 0);
}

TEST(Figure, PercentileIsTheSmallestSufficientValue) {
  std::vector<double> values;
  for (int i = 100; i >= 1; --i) values.push_back(i);
  EXPECT_EQ(percentile(values, 50), 50);
  EXPECT_EQ(percentile(values, 99), 99);
  EXPECT_EQ(percentile(values, 100), 100);
  std::vector<double> one{7};
  EXPECT_EQ(percentile(one, 1), 7);
  EXPECT_EQ(percentile(one, 99), 7);
}

TEST(Figure, NumbersAreReadable) {
  EXPECT_EQ(number(0.5123), "0.512");
  EXPECT_EQ(number(2.345), "2.35");
  EXPECT_EQ(number(999.6), "1,000");
  EXPECT_EQ(number(1234567), "1,234,567");
  EXPECT_EQ(number(-123456), "-123,456");
}

TEST(Figure, BoundsAreKeptOrMissed) {
  const Bound half{Bound::Kind::at_least, 0.5};
  const Bound small{Bound::Kind::below, 64};
  EXPECT_TRUE((Figure{"a", 0.5, "x", half}.met()));
  EXPECT_FALSE((Figure{"a", 0.49, "x", half}.met()));
  EXPECT_TRUE((Figure{"a", 63.9, "MiB", small}.met()));
  EXPECT_FALSE((Figure{"a", 64, "MiB", small}.met()));
  EXPECT_TRUE((Figure{"a", 1, "ms", {}}.met()));
}

TEST(Figure, TablesShowMissedBounds) {
  const std::vector<Findings> findings{
      {"idle", "nothing happens", {{"share", 2, "%", Bound{Bound::Kind::below, 1}}}}};
  std::ostringstream table;
  print_table(table, {"a machine"}, findings);
  EXPECT_NE(table.str().find("missed"), std::string::npos);
  std::ostringstream markdown;
  print_markdown(markdown, {"a machine"}, findings);
  EXPECT_NE(markdown.str().find("| idle | share | 2.00 % | < 1.00 | missed |"), std::string::npos);
  std::ostringstream json;
  print_json(json, {"a machine"}, findings);
  EXPECT_NE(json.str().find("\"met\": false"), std::string::npos);
}

}  // namespace
}  // namespace headwater::bench
