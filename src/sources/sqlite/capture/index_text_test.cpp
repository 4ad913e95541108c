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
  EXPECT_EQ(text->where, "a > 'where )' AND b");
}

TEST(IndexText, TokensNeedNoBlanksBetweenThem) {
  const auto text = parse_index(
      "CREATE UNIQUE INDEX\ni ON t(a||'x'DESC,\"b\"\"\"ASC,[c]desc,(d)asc,x'00'||e/* */DESC)"
      "WHERE(a)>1;");
  ASSERT_TRUE(text);
  EXPECT_THAT(text->terms, ElementsAre("a||'x'", "\"b\"\"\"", "[c]", "(d)", "x'00'||e"));
  EXPECT_EQ(text->where, "(a)>1");
}

TEST(IndexText, ConditionLosesTheSchemaOnly) {
  const auto text = parse_index(
      "CREATE INDEX i ON t(a) WHERE main.t.a > 1.5 AND \"main\" . [t].b = t.c AND d IN (1, 2)");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->where, "t.a > 1.5 AND [t].b = t.c AND d IN (1, 2)");
}

TEST(IndexText, NoConditionAndNoSense) {
  EXPECT_EQ(parse_index("CREATE INDEX i ON t(a)")->where, "");
  EXPECT_EQ(parse_index("CREATE INDEX i ON t(a) -- no more")->where, "");
  EXPECT_FALSE(parse_index("CREATE INDEX i"));
  EXPECT_FALSE(parse_index("CREATE INDEX i ON t(a) HOW a"));
}

TEST(IndexText, MoreThanOneStatementIsNotUnderstood) {
  EXPECT_FALSE(parse_index("CREATE INDEX i ON t(a) WHERE a > 1; ATTACH 'x' AS y"));
  EXPECT_FALSE(parse_index("CREATE INDEX i ON t(a) WHERE a > 1) OR (1"));
  EXPECT_FALSE(parse_index("CREATE INDEX i ON t(a) WHERE (a > 1"));
  EXPECT_FALSE(parse_index("CREATE INDEX i ) ON t(a)"));
  EXPECT_FALSE(parse_index(std::string_view("CREATE INDEX i ON t(a)\0 WHERE b", 31)));
  EXPECT_TRUE(parse_index("CREATE INDEX i ON t(a) WHERE a > ';)';"));
}

TEST(IndexText, DoubleQuotesThatNameNoColumnAreText) {
  const auto plain = [](const std::string& sql) { return with_plain_texts(sql, {"a", "B c"}); };
  EXPECT_EQ(plain("\"a\" || \"x y\" || \"b C\""), "\"a\" || 'x y' || \"b C\"");
  EXPECT_EQ(plain("\"it's \"\"so\"\"\""), "'it''s \"so\"'");
  EXPECT_EQ(plain("\"t\".\"d\" = \"lower\"(a) COLLATE \"NOCASE\""),
            "\"t\".\"d\" = \"lower\"(a) COLLATE \"NOCASE\"");
  EXPECT_EQ(plain("CAST(\"x\" AS \"BIG\" \"INT\")"), "CAST('x' AS \"BIG\" \"INT\")");
  EXPECT_EQ(plain("a IS \"\" /* \"no\" */ AND [d] <> `e`"), "a IS '' /* \"no\" */ AND [d] <> `e`");
}

}  // namespace
}  // namespace headwater::sqlite
