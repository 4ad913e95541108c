#include "src/sources/sqlite/capture/index_text.h"

#include <gmock/gmock.h>

namespace headwater::sqlite {
namespace {

using ::testing::ElementsAre;

TEST(IndexText, FindsTermsAndCondition) {
  const auto text = parse_index(
      "CREATE UNIQUE INDEX \"odd ( name\" ON \"t)\"(lower(a) DESC, coalesce(b, ',')  asc, [c ,] "
      "COLLATE "
      "NOCASE, \"desc\") /* why ( */ WHERE a > 'where )' AND b -- so\n;");
  ASSERT_TRUE(text);
  EXPECT_THAT(text->terms,
              ElementsAre("lower(a)", "coalesce(b, ',')", "[c ,] COLLATE NOCASE", "\"desc\""));
  EXPECT_EQ(text->where, "a > 'where )' AND b -- so");
}

TEST(IndexText, NoConditionAndNoSense) {
  EXPECT_EQ(parse_index("CREATE INDEX i ON t(a)")->where, "");
  EXPECT_EQ(parse_index("CREATE INDEX i ON t(a) -- no more")->where, "");
  EXPECT_FALSE(parse_index("CREATE INDEX i"));
  EXPECT_FALSE(parse_index("CREATE INDEX i ON t(a) HOW a"));
}

}  // namespace
}  // namespace headwater::sqlite
