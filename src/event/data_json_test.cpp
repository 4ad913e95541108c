#include "src/event/data_json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace headwater {
namespace {

Columns columns(std::vector<std::string> names) {
  return std::make_shared<const std::vector<std::string>>(std::move(names));
}

bool same(const Value& one, const Value& other) {
  const auto* a = std::get_if<double>(&one);
  const auto* b = std::get_if<double>(&other);
  if (a == nullptr || b == nullptr) return one == other;
  return (std::isnan(*a) && std::isnan(*b)) ||
         std::bit_cast<std::uint64_t>(*a) == std::bit_cast<std::uint64_t>(*b);
}

/// Seeded; mixes corner cases with random bits.
class Values {
 public:
  explicit Values(std::uint64_t seed) : random_(seed) {}

  Value next() {
    switch (random_() % 11) {
      case 0:
        return std::monostate{};
      case 1:
        return integer();
      case 2:
        return std::bit_cast<double>(random_());
      case 3:
        return Text{bytes()};
      case 4:
        return random_() % 2 == 0;
      case 5:
        return random_() | std::uint64_t{1} << 63U;
      case 6:
        return Decimal{std::to_string(random_()) + "." + std::to_string(random_() % 1'000)};
      case 7:
        return Time{"2026-11-" + std::to_string(random_() % 30) + " 08:15:30.123456+00"};
      case 8:
        return JsonText{"{\"a\" :\n[" + std::to_string(random_()) + ", \"x\"]}"};
      case 9:
        return Unchanged{};
      default:
        return Blob{bytes()};
    }
  }

 private:
  std::int64_t integer() {
    constexpr std::int64_t edge = std::int64_t{1} << 53;
    const std::vector<std::int64_t> corners{0, -1, edge - 1, edge, -edge, INT64_MIN, INT64_MAX};
    return random_() % 2 == 0 ? corners[random_() % corners.size()]
                              : static_cast<std::int64_t>(random_() >> (random_() % 64));
  }
  std::string bytes() {
    std::string result;
    const bool ascii = random_() % 2 == 0;
    for (std::uint64_t left = random_() % 40; left > 0; --left) {
      result += static_cast<char>(ascii ? random_() % 128 : random_() % 256);
    }
    return result;
  }

  std::mt19937_64 random_;
};

TEST(DataJson, EveryValueIsReadBitForBit) {
  Values values(20261123);
  const Columns names = columns({"a", "b", "c", "d"});
  for (int round = 0; round < 20'000; ++round) {
    TableRow row{.columns = names, .values = {}};
    for (int i = 0; i < 4; ++i) row.values.push_back(values.next());
    Change change;
    change.op = Op::insert;
    change.key = TableRow{.columns = columns({"a"}), .values = {row.values[0]}};
    change.after = row;
    const auto data = parse_data(data_json(change));
    ASSERT_TRUE(data) << data.error().message << data_json(change);
    ASSERT_TRUE(data->after);
    ASSERT_FALSE(data->before);
    for (std::size_t i = 0; i < 4; ++i) {
      ASSERT_TRUE(same(data->after->values[i], row.values[i])) << data_json(change);
    }
  }
}

TEST(DataJson, EqualNumbersAreEqualValues) {
  const auto value = [](const char* written) {
    const auto data =
        parse_data(std::string(R"({"op":"read","key":null,"after":{"a":)") + written + "}}");
    return data->after->values.front();
  };
  EXPECT_EQ(value(R"({"$int":"9223372036854775807"})"), Value(INT64_MAX));
  EXPECT_EQ(value(R"({"$int":"9223372036854775808"})"), Value(std::uint64_t{1} << 63U));
  EXPECT_EQ(value("42"), Value(std::int64_t{42}));
}

TEST(DataJson, HasOperationKeyAndRow) {
  Change change;
  change.op = Op::update;
  change.key = TableRow{.columns = columns({"id"}), .values = {std::int64_t{1}}};
  change.before = TableRow{.columns = columns({"id", "n"}), .values = {std::int64_t{1}, Text{"x"}}};
  change.after =
      TableRow{.columns = columns({"id", "n"}), .values = {std::int64_t{1}, std::monostate{}}};
  change.transaction = Transaction{.id = "t1", .ordinal = 2, .last = true};
  EXPECT_EQ(data_json(change),
            R"({"op":"update","key":{"id":1},"before":{"id":1,"n":"x"},"after":{"id":1,"n":null},)"
            R"("transaction":{"id":"t1","ordinal":2,"last":true}})");
}

TEST(DataJson, AGapHasTheMissingRange) {
  Change change;
  change.op = Op::gap;
  change.gap = Gap{.reason = "r", .from = "1", .to = "9", .restated = true};
  EXPECT_EQ(data_json(change), R"({"op":"gap","key":null,"before":null,"after":null,)"
                               R"("gap":{"reason":"r","from":"1","to":"9","restated":true}})");
  const auto data = parse_data(data_json(change));
  ASSERT_TRUE(data && data->gap);
  EXPECT_TRUE(data->gap->restated);
  EXPECT_EQ(data->gap->to, "9");
}

std::string why_not(const char* text) {
  const auto data = parse_data(text);
  EXPECT_FALSE(data) << text;
  if (data) return "it can";
  EXPECT_EQ(data.error().name, "event.unreadable");
  const std::string_view start = "the data of an event cannot be read: ";
  EXPECT_TRUE(data.error().message.starts_with(start));
  return data.error().message.substr(start.size());
}

TEST(DataJson, MalformedDataIsAnError) {
  EXPECT_NE(why_not(""), "");
  EXPECT_EQ(why_not("[]"), "not a JSON object");
  EXPECT_EQ(why_not("{}"), "op is missing");
  EXPECT_EQ(why_not(R"({"op":"sing"})"), "op is not an operation");
  EXPECT_EQ(why_not(R"({"op":1})"), "op is not a text");
  EXPECT_EQ(why_not(R"({"op":"read","key":1})"), "key is neither an object nor null");
  EXPECT_EQ(why_not(R"({"op":"read","transaction":null})"), "transaction is not an object");
  EXPECT_EQ(why_not(R"({"op":"read","transaction":{"id":"t","ordinal":-1,"last":true}})"),
            "transaction.ordinal is not a whole number from 0 to 18446744073709551615");
  EXPECT_EQ(why_not(R"({"op":"read","transaction":{"id":"t","ordinal":1,"last":1}})"),
            "transaction.last is neither true nor false");
  EXPECT_EQ(why_not(R"({"op":"gap","gap":{"reason":"r","from":"1","to":9,"restated":true}})"),
            "gap.to is not a text");
}

TEST(DataJson, AMalformedValueIsAnError) {
  for (const char* value :
       {"[1]", "9223372036854775808", "{}", R"({"$int":1})", R"({"$int":"1x"})",
        R"({"$int":"18446744073709551616"})", R"({"$decimal":1.5})", R"({"$unchanged":false})",
        R"({"$unchanged":"true"})", R"({"$int":""})", R"({"$real":"1"})", R"({"$blob":"?"})",
        R"({"$text":null})", R"({"$other":"x"})", R"({"$int":"1","$text":""})"}) {
    const std::string text = std::string(R"({"op":"read","after":{"a":)") + value + "}}";
    EXPECT_EQ(why_not(text.c_str()), "after.a is not a value of a column");
  }
}

}  // namespace
}  // namespace headwater
