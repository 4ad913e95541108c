#include "src/shape/shape.h"

#include <gtest/gtest.h>

#include <cstddef>
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
  change.key = TableRow{.columns = columns(std::move(names)), .values = std::move(key)};
  return change;
}

Result<Event> shape_by(Shaper& shaper, Change change) {
  std::vector<Event> events;
  if (auto done = shaper.apply(std::move(change), events); !done) return failed(done);
  EXPECT_EQ(events.size(), 1U);
  return std::move(events.front());
}

Result<Event> shape(Change change, const std::string& source) {
  Shaper shaper(source);
  return shape_by(shaper, std::move(change));
}

TEST(Shape, NamesTypeSubjectAndPartition) {
  const auto event = shape(order({std::int64_t{42}}), "sqlite:u");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->id, "u:9");
  EXPECT_EQ(event->source, "sqlite:u");
  EXPECT_EQ(event->type.text(), "shop.orders.delete");
  EXPECT_EQ(event->subject, "42");
  EXPECT_EQ(event->partition_key, "orders/42");
  EXPECT_EQ(event->time, WallTime(Milliseconds(5)));
  EXPECT_EQ(event->data, R"({"op":"delete","key":{"k0":42},"before":null,"after":null})");
}

TEST(Shape, PartsOfACompositeKeyAreSeparated) {
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
                                             {Text{"'a/'b"}},
                                             {true},
                                             {false},
                                             {Text{"true"}},
                                             {std::uint64_t{1} << 63U},
                                             {Decimal{"1"}},
                                             {Decimal{"1.5"}},
                                             {Time{"1"}},
                                             {JsonText{"1"}},
                                             {Text{"=1"}},
                                             {Text{"@1"}},
                                             {Text{"&1"}}};
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

TEST(Shape, TablesOfTwoSchemasAreDifferent) {
  Change change = order({std::int64_t{1}});
  change.schema = "public";
  const auto event = shape(change, "s");
  EXPECT_EQ(event->type.text(), "shop.public.orders.delete");
  EXPECT_EQ(event->partition_key, "public:orders/1");
  change.schema = "a.b";
  change.table = "c";
  const auto other = shape(change, "s");
  change.schema = "a";
  change.table = "b.c";
  EXPECT_NE(shape(change, "s")->partition_key, other->partition_key);
  EXPECT_NE(shape(change, "s")->type, other->type);
}

TEST(Shape, AMessageHasNoTable) {
  Change change;
  change.op = Op::message;
  change.id = "u:11";
  change.database = "shop";
  change.detail = R"({"prefix":"p","content":"c"})";
  const auto event = shape(change, "s");
  EXPECT_EQ(event->type.text(), "shop.message");
  EXPECT_EQ(event->data, R"({"op":"message","key":null,"before":null,"after":null,)"
                         R"("detail":{"prefix":"p","content":"c"}})");
}

TEST(Shape, AGapOfTheWholeDatabaseHasNoTable) {
  Change change;
  change.op = Op::gap;
  change.id = "u:10";
  change.database = "shop";
  change.gap = Gap{.reason = "r", .from = "a", .to = "b"};
  const auto event = shape(change, "s");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type.text(), "shop.gap");
  EXPECT_EQ(event->subject, "");
  EXPECT_EQ(event->partition_key, "shop");
}

TEST(Shape, ATableMayHaveAnEmptyName) {
  Change change = order({std::int64_t{1}});
  change.table = "";
  const auto event = shape(change, "s");
  EXPECT_EQ(event->type.text(), "shop..delete");
  EXPECT_FALSE(EventType::parse(event->type.text()).whole_database());
  EXPECT_EQ(event->partition_key, "/1");
}

TEST(Shape, LongKeysAreShortenedAndStayDistinct) {
  const auto a = shape(order({Text{"a" + std::string(50'000, 'z')}}), "s");
  const auto b = shape(order({Text{"b" + std::string(50'000, 'z')}}), "s");
  const auto c = shape(order({Blob{"a" + std::string(50'000, 'z')}}), "s");
  EXPECT_NE(a->partition_key, b->partition_key);
  EXPECT_NE(a->partition_key, c->partition_key);
  EXPECT_EQ(a->partition_key, "orders/" + a->subject);
  EXPECT_EQ(a->subject.size(), 33U);
  EXPECT_EQ(a->subject.front(), '#');
  EXPECT_GT(a->data.size(), 50'000U) << "the key in the data is exact";

  Change gap = order({Text{"a" + std::string(50'000, 'z')}});
  gap.op = Op::gap;
  gap.gap = Gap{.reason = "r", .from = "a", .to = "b"};
  const auto shaped = shape(gap, "s");
  EXPECT_EQ(shaped->partition_key, a->partition_key);
  EXPECT_LT(published_size(*shaped), 2'000U);
}

// ---- the largest event of a stream

Change update(std::size_t before, std::size_t after) {
  Change change = order({std::int64_t{42}});
  change.op = Op::update;
  const auto row = [](std::size_t bytes) {
    return TableRow{.columns = columns({"text"}), .values = {Text{std::string(bytes, 'x')}}};
  };
  change.before = row(before);
  change.after = row(after);
  return change;
}

constexpr std::size_t limit = 10'000;

Result<Event> shape_small(Change change, OnLarge on_large = OnLarge::gap) {
  Shaper shaper("s", on_large);
  shaper.limit(limit);
  return shape_by(shaper, std::move(change));
}

TEST(ShapeLarge, AnEventThatFitsIsComplete) {
  EXPECT_EQ(*shape_small(update(100, 100)), *shape(update(100, 100), "s"));
}

TEST(ShapeLarge, ALargeEventOmitsTheRowBefore) {
  const auto event = shape_small(update(20'000, 100), OnLarge::stop);
  ASSERT_TRUE(event) << "also where a larger one ends the relay";
  EXPECT_EQ(event->type.operation(), "update");
  EXPECT_NE(event->data.find(R"("before":null,"after":{"text":"xxx)"), std::string::npos);
  EXPECT_LE(published_size(*event), limit);

  Change remove = update(20'000, 0);
  remove.op = Op::remove;
  remove.after.reset();
  EXPECT_EQ(shape_small(remove)->type.operation(), "delete");
}

TEST(ShapeLarge, AnEventThatDoesNotFitIsAGapWithItsId) {
  const auto event = shape_small(update(100, 20'000));
  ASSERT_TRUE(event);
  const auto whole = shape(update(100, 20'000), "s");
  EXPECT_EQ(event->type.text(), "shop.orders.gap");
  EXPECT_EQ(event->id, whole->id);
  EXPECT_EQ(event->partition_key, whole->partition_key);
  EXPECT_NE(event->data.find("stream.event_too_large"), std::string::npos);
}

TEST(ShapeLarge, TheLimitCountsJson) {
  Change control = update(0, 2'000);
  std::get<TableRow>(*control.after).values[0] = Text{std::string(2'000, '\x01')};
  EXPECT_EQ(shape_small(control)->type.operation(), "gap");
}

TEST(ShapeLarge, TheErrorShortensTheRow) {
  Change change = order({Text{std::string(50'000, 'k')}});
  change.op = Op::insert;
  const auto event = shape_small(change, OnLarge::stop);
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().name, "stream.event_too_large");
  EXPECT_LT(event.error().message.size(), 500U);
  EXPECT_EQ(shape_small(change)->type.operation(), "gap");
}

TEST(ShapeLarge, AFailureLeavesTheChangeAsItWas) {
  Shaper shaper("s");
  shaper.limit(limit);
  Change change = update(100, 20'000);
  change.position = {"here"};
  std::vector<Event> events;
  ASSERT_FALSE(shaper.apply(std::move(change), events));
  EXPECT_TRUE(events.empty());
  shaper.limit(100'000);
  // NOLINTNEXTLINE(bugprone-use-after-move): the test checks that it is unchanged
  ASSERT_TRUE(shaper.apply(std::move(change), events));
  EXPECT_EQ(events.front(), *shape(update(100, 20'000), "s"));
  EXPECT_EQ(events.front().position.token, "here");
}

TEST(Shape, AlternatingTablesHaveTheirOwnTypes) {
  Shaper shaper("s");
  std::vector<std::string> types;
  for (const char* table : {"orders", "items", "orders", ""}) {
    for (const char* schema : {"", "public"}) {
      Change change = order({std::int64_t{1}});
      change.table = table;
      change.schema = schema;
      types.push_back(shape_by(shaper, change)->type.text());
    }
  }
  EXPECT_EQ(types, (std::vector<std::string>{"shop.orders.delete", "shop.public.orders.delete",
                                             "shop.items.delete", "shop.public.items.delete",
                                             "shop.orders.delete", "shop.public.orders.delete",
                                             "shop..delete", "shop.public..delete"}));
}

TEST(Shape, TheSameChangeGivesTheSameEvent) {
  EXPECT_EQ(*shape(order({Blob{"\x01"}}), "s"), *shape(order({Blob{"\x01"}}), "s"));
}

}  // namespace
}  // namespace headwater
