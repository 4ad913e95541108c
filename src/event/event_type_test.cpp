#include "src/event/event_type.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/event/json_text.h"

namespace headwater {
namespace {

TEST(EventType, IsDatabaseTableAndOperation) {
  EXPECT_EQ(EventType("shop", "orders", "insert").text(), "shop.orders.insert");
  EXPECT_EQ(EventType("shop", std::nullopt, "gap").text(), "shop.gap");
  EXPECT_EQ(EventType("app.prod", "a.b", "delete").text(), "app%2Eprod.a.b.delete");
  EXPECT_EQ(EventType("shop", "public", "a.b", "insert").text(), "shop.public.a%2Eb.insert");
  EXPECT_EQ(EventType("a b", "50%\n", "read").text(), "a b.50%25%0A.read");
  EXPECT_EQ(EventType("shop", "caf\xC3\xA9", "read").text(), "shop.caf\xC3\xA9.read");
}

TEST(EventType, EveryNameIsReadAndNoTwoCollide) {
  const std::vector<std::string> names{"",
                                       ".",
                                       "..",
                                       "a.b",
                                       "a",
                                       "%",
                                       "%2E",
                                       "%%41",
                                       "\n",
                                       "\x7F",
                                       "\xC2\x80",
                                       "\xFF",
                                       "\xEF\xBF\xBF",
                                       "\xF0\x9F\x98\x80",
                                       "a.b.gap",
                                       "gap",
                                       "insert",
                                       std::string("\0", 1),
                                       " ",
                                       "\xC3\xA9.",
                                       "\xEF\xB7\x90"};
  std::set<std::string> seen;
  for (const auto& database : names) {
    std::vector<std::optional<std::string>> tables(names.begin(), names.end());
    tables.emplace_back(std::nullopt);
    for (const auto& table : tables) {
      const EventType made(database, table, "gap");
      EXPECT_TRUE(seen.insert(made.text()).second) << made.text();
      EXPECT_TRUE(is_utf8(made.text()));
      for (const char c : made.text()) EXPECT_TRUE(c != '\x7F' && (c < 0 || c >= ' '));
      const EventType read = EventType::parse(made.text());
      EXPECT_EQ(read, made);
      EXPECT_EQ(read.database(), database);
      EXPECT_EQ(read.table(), made.full_table());
      EXPECT_EQ(read.whole_database(), !table.has_value());
      EXPECT_EQ(read.operation(), "gap");
    }
  }
}

TEST(EventType, TablesOfTwoSchemasAreDifferent) {
  std::set<std::string> seen;
  std::set<std::string> words;
  for (const char* schema : {"a", "b", "a.b", "a%2Eb", "a%252Eb", "%", "%25", ".", "\xFF."}) {
    for (const char* table : {"", "b", "c", "b.c", "b%2Ec", "b%252Ec", "2Ec", "%", "\xFF.c"}) {
      const EventType made("shop", schema, table, "insert");
      EXPECT_TRUE(seen.insert(made.text()).second) << made.text();
      EXPECT_TRUE(words.insert(made.full_table()).second) << made.full_table();
      const EventType read = EventType::parse(made.text());
      EXPECT_EQ(read.database(), "shop");
      EXPECT_EQ(read.table(), made.full_table());
      EXPECT_EQ(read.operation(), "insert");
      EXPECT_FALSE(read.whole_database());
    }
  }
}

TEST(EventType, ATableIsCalledAsPeopleCallItUnlessThatNamesTwo) {
  EXPECT_EQ(table_words("public", "orders"), "public.orders");
  EXPECT_EQ(table_words("", "my.orders"), "my.orders");
  EXPECT_EQ(table_words("", "100%"), "100%");
  EXPECT_EQ(table_words("a", "b.c"), "a.b%2Ec");
  EXPECT_EQ(table_words("a.b", "c"), "a%2Eb.c");
  EXPECT_EQ(table_words("a%2Eb", "c"), "a%252Eb.c");
}

TEST(EventType, OtherTextIsKept) {
  for (const char* text : {"", ".", "hello", "a.%zz.b", "%.%.%", "com.example.order.placed"}) {
    EXPECT_EQ(EventType::parse(text).text(), text);
  }
}

}  // namespace
}  // namespace headwater
