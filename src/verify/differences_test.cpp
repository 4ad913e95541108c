#include "src/verify/differences.h"

#include <gtest/gtest.h>

namespace headwater {
namespace {

TEST(Differences, NamesEveryMemberThatDiffers) {
  const auto found = differences(R"({"id":1,"a":{"$int":"1"},"gone":[1,2],"same":{"x":1}})",
                                 R"({"id":1,"a":{"$int":"2"},"same":{"x":1},"new\"":"}"})", true);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].column, "a");
  EXPECT_EQ(found[0].in_stream, R"({"$int":"1"})");
  EXPECT_EQ(found[0].in_database, R"({"$int":"2"})");
  EXPECT_EQ(found[1].column, "new\"");
  EXPECT_EQ(found[1].in_stream, "");
  EXPECT_EQ(found[1].in_database, R"("}")");
  EXPECT_EQ(found[2].column, "gone");
  EXPECT_EQ(found[2].in_database, "");
}

TEST(Differences, TheOrderInsideCountsOnlyIfKnown) {
  const auto* const one = R"({"a":{"x":1,"y":[{"p":1,"q":2}]}})";
  const auto* const other = R"({"a":{"y":[{"q":2,"p":1}],"x":1}})";
  EXPECT_EQ(differences(one, other, true).size(), 1U);
  EXPECT_TRUE(differences(one, other, false).empty());
  EXPECT_EQ(differences(R"({"a":[1,2]})", R"({"a":[2,1]})", false).size(), 1U);
}

}  // namespace
}  // namespace headwater
