#include "src/base/grouped.h"

#include <gtest/gtest.h>

namespace headwater {
namespace {

TEST(Grouped, EveryThreeDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000'000), "1,000,000");
}

}  // namespace
}  // namespace headwater
