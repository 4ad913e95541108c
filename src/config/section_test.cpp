#include "src/config/section.h"

#include <gmock/gmock.h>

#include <limits>

#include "src/config/testing.h"

namespace headwater::config {
namespace {

using std::chrono::hours;
using testing::ElementsAre;

TEST(Section, ReturnsValues) {
  Section section = section_of(
      "name: orders\ncount: 12\nflag: true\nmode: fast\nage: 7d\nroom: 10GiB\n"
      "tables: [orders, 'order items']\ninner: { key: value }\n");
  EXPECT_EQ(section.text("name"), "orders");
  EXPECT_EQ(section.integer_or("count", 1, 0, 100), 12);
  EXPECT_TRUE(section.flag_or("flag", false));
  EXPECT_EQ(section.choice_or("mode", {"slow", "fast"}, 0), 1U);
  EXPECT_EQ(section.duration("age"), Milliseconds(hours(7 * 24)));
  EXPECT_EQ(section.size("room"), std::uint64_t{10} << 30U);
  EXPECT_THAT(section.list_or_all("tables").value(), ElementsAre("orders", "order items"));
  EXPECT_EQ(section.child("inner").text("key"), "value");
  EXPECT_EQ(complaint(section), "");
}

TEST(Section, ReturnsFallbacksForAbsentKeys) {
  Section section = section_of("{}");
  EXPECT_EQ(section.text_or("name", "none"), "none");
  EXPECT_EQ(section.integer_or("count", 7, 0, 100), 7);
  EXPECT_TRUE(section.flag_or("flag", true));
  EXPECT_EQ(section.choice_or("mode", {"slow", "fast"}, 1), 1U);
  EXPECT_EQ(section.duration("age"), std::nullopt);
  EXPECT_EQ(section.size("room"), std::nullopt);
  EXPECT_EQ(section.child("inner").text_or("key", "none"), "none");
  EXPECT_FALSE(section.has("name"));
  EXPECT_EQ(complaint(section), "");
}

TEST(Section, NumbersAndQuotedWordsAreTextsToo) {
  Section section = section_of("number: 0123\nquoted: 'true'\n");
  EXPECT_EQ(section.text("number"), "0123");
  EXPECT_EQ(section.text("quoted"), "true");
}

TEST(Section, RelativePathsStartFromTheFilesFolder) {
  const std::string yaml = "near: shop.db\nfar: /data/shop.db\n";
  Section inside = *parse(yaml, "etc/shop.yaml");
  EXPECT_EQ(inside.path("near"), "etc/shop.db");
  EXPECT_EQ(inside.path("far"), "/data/shop.db");
  EXPECT_EQ(inside.path_or_none("near"), "etc/shop.db");
  EXPECT_EQ(inside.path_or_none("nowhere"), "");
  Section beside = *parse(yaml, "shop.yaml");
  EXPECT_EQ(beside.path("near"), "shop.db");
}

TEST(Section, TheWordAllIsNotTheTableAll) {
  Section section = section_of("every: all\none: [all]\n");
  EXPECT_EQ(section.list_or_all("every"), std::nullopt);
  EXPECT_THAT(section.list_or_all("one").value(), ElementsAre("all"));
}

TEST(Section, AnUnknownKeyIsReportedWithTheNearestOne) {
  Section section =
      section_of("relay: orders\nsource:\n  sqlite:\n    tabels: [orders]\n    path: shop.db\n");
  section.text("relay");
  Section sqlite = section.child("source").child("sqlite");
  sqlite.path("path");
  sqlite.list_or_all("tables");
  const std::string expected =
      "shop.yaml:4: unknown key 'tabels' in source.sqlite; did you mean 'tables'?";
  EXPECT_EQ(complaint(sqlite), expected);
  EXPECT_EQ(complaint(section), expected) << "errors of children are the parent's too";
}

TEST(Section, AnUnknownKeyWithoutANearestOneListsAllKeys) {
  Section section = section_of("path: shop.db\nfoo: 1\n");
  section.path("path");
  section.text_or("snapshot", "");
  EXPECT_EQ(complaint(section), "shop.yaml:2: unknown key 'foo'; valid keys: path, snapshot");
}

TEST(Section, ErrorsSayWhatToDo) {
  Section section = section_of("foo: 1\n");
  const auto finished = section.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().name, "config.unknown_key");
  EXPECT_EQ(finished.error().origin, Origin::usage);
  EXPECT_EQ(finished.error().remedy, Remedy::stop);
  EXPECT_EQ(finished.error().next,
            "correct shop.yaml, line 1; docs/configuration.md explains every key");
}

struct Bad {
  std::string yaml;
  std::string message;
};

std::string read_everything(const std::string& yaml) {
  Section section = section_of(yaml);
  section.text("name");
  section.integer_or("count", 1, 0, 100);
  section.flag_or("flag", false);
  section.choice_or("mode", {"never", "initial"}, 0);
  section.duration("age");
  section.size("room");
  section.list_or_all("tables");
  section.child("inner").text_or("key", "");
  return complaint(section);
}

TEST(Section, EveryWrongValueIsReported) {
  const std::string good = "name: x\ntables: all\n";
  ASSERT_EQ(read_everything(good), "");
  const std::vector<Bad> all{
      {"tables: all\n", "shop.yaml:1: missing key 'name'"},
      {"name:\ntables: all\n", "shop.yaml:1: 'name' has no value"},
      {"name: ''\ntables: all\n", "shop.yaml:1: 'name' is empty"},
      {"name: [x]\ntables: all\n", "shop.yaml:1: 'name' must be a single value, not a list"},
      {"name: {x: y}\ntables: all\n", "shop.yaml:1: 'name' must be a single value, not a mapping"},
      {good + "count: many\n", "shop.yaml:3: 'count' is 'many', not a whole number from 0 to 100"},
      {good + "count: 101\n", "shop.yaml:3: 'count' is '101', not a whole number from 0 to 100"},
      {good + "count: 1.5\n", "shop.yaml:3: 'count' is '1.5', not a whole number from 0 to 100"},
      {good + "flag: yes\n", "shop.yaml:3: 'flag' is 'yes', neither true nor false"},
      {good + "mode: intial\n", "shop.yaml:3: 'mode' cannot be 'intial'; did you mean 'initial'?"},
      {good + "mode: x\n", "shop.yaml:3: 'mode' cannot be 'x'; valid values: never, initial"},
      {good + "age: 7\n",
       "shop.yaml:3: 'age' is '7', not a duration such as 500ms, 5s, 10m, 1h or 7d"},
      {good + "age: -7d\n",
       "shop.yaml:3: 'age' is '-7d', not a duration such as 500ms, 5s, 10m, 1h or 7d"},
      {good + "age: 99999999999999d\n",
       "shop.yaml:3: 'age' is '99999999999999d', not a duration such as 500ms, 5s, 10m, 1h or 7d"},
      {good + "room: 10 GiB\n",
       "shop.yaml:3: 'room' is '10 GiB', not a size in bytes such as 1024, 64KiB, 100MiB or "
       "10GiB"},
      {good + "inner: x\n", "shop.yaml:3: 'inner' must be a mapping (keys and values)"},
      {"name: x\n", "shop.yaml:1: missing key 'tables'"},
      {"name: x\ntables: []\n",
       "shop.yaml:2: 'tables' must be a list, such as [orders, customers], or the word all"},
      {"name: x\ntables: orders\n",
       "shop.yaml:2: 'tables' must be a list, such as [orders, customers], or the word all"},
      {"name: x\ntables: {a: b}\n",
       "shop.yaml:2: 'tables' must be a list, such as [orders, customers], or the word all"},
      {"name: x\ntables:\n  - a\n  -\n", "shop.yaml:2: 'tables' contains an empty entry"},
      {"name: x\ntables: [[a]]\n", "shop.yaml:2: 'tables' must be a single value, not a list"},
  };
  for (const Bad& bad : all) EXPECT_EQ(read_everything(bad.yaml), bad.message) << bad.yaml;
}

TEST(Section, DurationsAndSizesHaveUnits) {
  Section section = section_of(
      "a: 500ms\nb: 5s\nc: 10m\nd: 1h\ne: 0s\nf: 1024\ng: 64KiB\nh: 1KB\ni: 2MB\nj: 3B\n"
      "k: 9223372036854775807\nl: 1TiB\n");
  EXPECT_EQ(section.duration("a"), Milliseconds(500));
  EXPECT_EQ(section.duration("b"), Milliseconds(5000));
  EXPECT_EQ(section.duration("c"), Milliseconds(600'000));
  EXPECT_EQ(section.duration("d"), Milliseconds(3'600'000));
  EXPECT_EQ(section.duration("e"), Milliseconds(0));
  EXPECT_EQ(section.size("f"), 1024U);
  EXPECT_EQ(section.size("g"), 65536U);
  EXPECT_EQ(section.size("h"), 1000U);
  EXPECT_EQ(section.size("i"), 2'000'000U);
  EXPECT_EQ(section.size("j"), 3U);
  EXPECT_EQ(section.size("k"), std::uint64_t{std::numeric_limits<std::int64_t>::max()});
  EXPECT_EQ(section.size("l"), std::uint64_t{1} << 40U);
  EXPECT_EQ(complaint(section), "");
}

TEST(Section, ZeroBytesAreRefused) {
  const std::string error = "shop.yaml:1: 'path' contains a zero byte";
  Section section = section_of("path: \"shop.db\\0x\"\n");
  EXPECT_EQ(section.path("path"), "");
  EXPECT_EQ(complaint(section), error);
  Section listed = section_of("path: [ a, \"b\\0\" ]\n");
  static_cast<void>(listed.one_or_list("path"));
  EXPECT_EQ(complaint(listed), error);
}

TEST(Section, OneOfSeveralKinds) {
  const std::vector<std::string> known{"sqlite", "mongodb"};
  const auto only = [&known](const std::string& yaml) {
    Section section = section_of(yaml);
    const std::string key = section.child("source").only_key(known);
    const std::string error = complaint(section);
    return error.empty() ? key : error;
  };
  EXPECT_EQ(only("source: { sqlite: { } }"), "sqlite");
  EXPECT_EQ(only("{}"),
            "shop.yaml:1: missing key 'source'; it must contain one of: sqlite, mongodb");
  EXPECT_EQ(only("source:\n"),
            "shop.yaml:1: nothing in 'source'; it must contain one of: sqlite, mongodb");
  EXPECT_EQ(only("source: { sqlit: { } }"),
            "shop.yaml:1: unknown key 'sqlit' in source; did you mean 'sqlite'?");
  EXPECT_EQ(only("source: { oracle: { } }"),
            "shop.yaml:1: unknown key 'oracle' in source; valid keys: sqlite, mongodb");
  EXPECT_EQ(only("source:\n  sqlite: { }\n  mongodb: { }\n"),
            "shop.yaml:3: 'source' must contain one of its kinds, not both 'sqlite' and 'mongodb'");
}

TEST(Section, ReadersCanReportErrors) {
  Section section = section_of("inner:\n  size: 1\n");
  Section inner = section.child("inner");
  inner.size("size");
  inner.complain("size", "must be at least 1MiB");
  EXPECT_EQ(complaint(section), "shop.yaml:2: 'size' in inner must be at least 1MiB");
}

TEST(Section, OneTextOrAListOfThem) {
  EXPECT_THAT(section_of("watch: shop.orders").one_or_list("watch"), ElementsAre("shop.orders"));
  EXPECT_THAT(section_of("watch: [a, '*']").one_or_list("watch"), ElementsAre("a", "*"));
  for (const char* wrong : {"watch: []", "watch: ''", "watch: [a, '']", "watch: { a: b }", "{}"}) {
    Section section = section_of(wrong);
    section.one_or_list("watch");
    EXPECT_NE(complaint(section), "") << wrong;
  }
}

TEST(Section, AListOfAnyValuesAsJson) {
  const std::string yaml =
      "stages:\n"
      "  - $match: { fullDocument.region: EU, n: 5, x: 1.5, big: 9007199254740993, yes: true,\n"
      "              none: null, text: '5', id: { $oid: 62e2ef0d1c9a9a3d1c1c1c1c } }\n"
      "  - $unset: [a, \"b c\", -3, .5, 1e3, 0x1f, ~, False]\n";
  EXPECT_THAT(
      section_of(yaml).json_list("stages"),
      ElementsAre(
          R"({"$match":{"fullDocument.region":"EU","n":5,"x":1.5,"big":9007199254740993,"yes":true,)"
          R"("none":null,"text":"5","id":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"}}})",
          R"({"$unset":["a","b c",-3,0.5,1000.0,31,null,false]})"));
  EXPECT_TRUE(section_of("{}").json_list("stages").empty());
  Section section = section_of("stages: 5");
  section.json_list("stages");
  EXPECT_NE(complaint(section), "");
}

TEST(Section, TextThatLooksLikeANumberIsTextInJson) {
  Section section =
      section_of("list: [!!str 5, +-5, 0x-1, 1.2.3, -, +5, '.inf', \"1e999\", infinity]");
  EXPECT_THAT(section.json_list("list"),
              ElementsAre(R"("5")", R"("+-5")", R"("0x-1")", R"("1.2.3")", R"("-")", "5",
                          R"(".inf")", R"("1e999")", R"("infinity")"));
  EXPECT_TRUE(section.finish());
}

TEST(Section, NumbersThatJsonCannotHoldAreRefused) {
  for (const char* number : {".inf", "-.inf", ".nan", "1e999", "9223372036854775808",
                             "-9223372036854775809", "0x10000000000000000"}) {
    Section section = section_of("list:\n  - { a: [" + std::string(number) + "] }");
    section.json_list("list");
    EXPECT_EQ(complaint(section), "shop.yaml:2: 'list' contains the number " + std::string(number) +
                                      ", which is too large or not finite; put text in "
                                      "quotes");
  }
}

TEST(Section, SubstitutedValuesAreTextInJson) {
  Section section = section_of("stages: [{ $match: { a: '${NAME}', b: '${NUMBER}' } }]",
                               {{"NAME", "x\"},{"}, {"NUMBER", "5"}});
  EXPECT_THAT(section.json_list("stages"), ElementsAre(R"({"$match":{"a":"x\"},{","b":"5"}})"));
  EXPECT_THAT(section_of("stages:\n  - ${NUMBER}\n", {{"NUMBER", "5"}}).json_list("stages"),
              ElementsAre(R"("5")"));
}

TEST(Section, ListsTheKeysThatWereRead) {
  Section section = section_of("{}");
  section.text_or("name", "");
  section.child("inner").size("room");
  EXPECT_THAT(section.asked(), ElementsAre("name", "inner", "inner.room"));
}

}  // namespace
}  // namespace headwater::config
