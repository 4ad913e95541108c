#include "src/shape/shape.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace headwater {
namespace {

Columns columns(std::vector<std::string> names) {
  return std::make_shared<const std::vector<std::string>>(std::move(names));
}

Change order(std::vector<Value> key) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < key.size(); ++i) names.push_back("k" + std::to_string(i));
  Change change;
  change.op = Op::remove;
  change.id = "u:9";
  change.database = "shop";
  change.table = "orders";
  change.time = WallTime(Milliseconds(5));
  change.key = Row{.columns = columns(std::move(names)), .values = std::move(key)};
  return change;
}

TEST(Shape, NamesTypeSubjectAndPartition) {
  const auto event = shape(order({std::int64_t{42}}), "sqlite:u");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->id, "u:9");
  EXPECT_EQ(event->source, "sqlite:u");
  EXPECT_EQ(event->type, "shop.orders.delete");
  EXPECT_EQ(event->subject, "42");
  EXPECT_EQ(event->partition_key, "orders/42");
  EXPECT_EQ(event->time, WallTime(Milliseconds(5)));
  EXPECT_EQ(event->data, R"({"op":"delete","key":{"k0":42},"before":null,"after":null})");
}

TEST(Shape, PartsOfACompositeKeyCannotRunIntoEachOther) {
  EXPECT_EQ(shape(order({Text{"a/b"}, Text{""}}), "s")->subject, "a%2Fb/");
  EXPECT_EQ(shape(order({Text{""}, Text{"a b"}}), "s")->subject, "/a%20b");
}

TEST(Shape, RowsThatDifferDoNotShareAPartitionKey) {
  const std::vector<std::vector<Value>> keys{{std::int64_t{1}},
                                             {Text{"1"}},
                                             {Blob{"1"}},
                                             {1.5},
                                             {Text{"1.5"}},
                                             {Text{""}},
                                             {Blob{""}},
                                             {Value{}},
                                             {Text{"-"}},
                                             {Text{"'1"}},
                                             {Text{":1"}},
                                             {Text{"%27"}},
                                             {1.0},
                                             {Text{"1.0"}},
                                             {Blob{"'1"}},
                                             {Text{"a"}, Text{"b"}},
                                             {Text{"a/b"}},
                                             {Text{"a"}, Blob{"b"}},
                                             {Text{"'a/'b"}}};
  std::set<std::string> seen;
  for (const auto& key : keys) seen.insert(shape(order(key), "s")->partition_key);
  EXPECT_EQ(seen.size(), keys.size());
  EXPECT_TRUE(seen.contains("orders/1"));
  EXPECT_TRUE(seen.contains("orders/'1"));
  EXPECT_TRUE(seen.contains("orders/:1"));
  // The signs are not for people.
  EXPECT_EQ(shape(order({Text{"1"}}), "s")->subject, "1");
  EXPECT_EQ(shape(order({Text{"it's"}}), "s")->subject, "it%27s");
}

TEST(Shape, AGapOfTheWholeDatabaseHasNoTable) {
  Change change;
  change.op = Op::gap;
  change.id = "u:10";
  change.database = "shop";
  change.gap = Gap{.reason = "r", .from = "a", .to = "b"};
  const auto event = shape(change, "s");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, "shop.gap");
  EXPECT_EQ(event->subject, "");
  EXPECT_EQ(event->partition_key, "shop");
}

TEST(Shape, TheSameChangeGivesTheSameEvent) {
  EXPECT_EQ(*shape(order({Blob{"\x01"}}), "s"), *shape(order({Blob{"\x01"}}), "s"));
}

}  // namespace
}  // namespace headwater
