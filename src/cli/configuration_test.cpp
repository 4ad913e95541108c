#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "src/adapters/registry.h"
#include "src/cli/configured.h"
#include "src/cli/test_rig.h"
#include "src/json/json.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using testing::HasSubstr;
using testing::Not;

std::string listed(const std::vector<std::string>& names, const std::string& between) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : between) + name;
  return all;
}

bool built_in(const adapters::Names& names, const std::string& name) {
  return std::ranges::find(names.built_in, name) != names.built_in.end();
}

constexpr const char* without_mongodb = "needs a build with mongodb";

const std::string good_stream = "stream:\n  embedded: { path: events.db }\n";

TEST(Configuration, WhatIsWrongIsNamed) {
  struct Wrong {
    std::string yaml;
    std::string errors;
  };
  const std::vector<Wrong> all{
      {"relay: a\nsource:\n  sqlite:\n    tabels: [orders]\n    path: shop.db\n" + good_stream,
       "error: shop.yaml:4: unknown key 'tabels' in source.sqlite; did you mean 'tables'?\n"
       "  next: correct shop.yaml, line 4"},
      {"relay: a\nsource:\n  sqlite: { tables: all }\n" + good_stream,
       "error: shop.yaml:3: missing key 'path' in source.sqlite\n"},
      {"relay: a\nsource:\n  sqlight: { tables: all }\n" + good_stream,
       "unknown key 'sqlight' in source; valid keys: " +
           listed(adapters::source_names().built_in, ", ")},
      {"relay: a\nsource:\n  sqlite: { path: shop.db, tables: all, snapshot: intial }\n" +
           good_stream,
       "did you mean 'initial'?"},
      {"relay: a\nsource:\n  sqlite: { path: shop.db, tables: all }\n",
       "error: shop.yaml:1: missing key 'stream'; it must contain one of: embedded, "},
      {"relay: a\nsorce:\n  sqlite: { path: shop.db, tables: all }\n" + good_stream,
       "error: shop.yaml:2: unknown key 'sorce'; did you mean 'source'?\n"},
      {"relay: a\nsource:\n  sqlite: { path: shop.db, tables: all }\n"
       "stream:\n  embedded: { path: events.db, retention: { sise: 1GiB } }\n",
       "unknown key 'sise' in stream.embedded.retention; did you mean 'size'?"},
      {"relay: a\nsource:\n  sqlite: { path: '${HEADWATER_UNSET}', tables: all }\n" + good_stream,
       "error: shop.yaml:3: 'path' in source.sqlite: environment variable HEADWATER_UNSET is not "
       "set\n"},
      {"relay: [\n", "not valid YAML"},
      {"", "error: shop.yaml: the file is empty; it needs a relay\n"},
  };
  const Site site;
  for (const Wrong& wrong : all) {
    site.configure(wrong.yaml);
    const auto outcome = site.run({"check"});
    EXPECT_EQ(outcome.exit, usage) << wrong.errors;
    EXPECT_THAT(outcome.errors, HasSubstr(wrong.errors));
    EXPECT_EQ(outcome.output, "");
  }
}

TEST(Configuration, AStreamMayNotBeTheDatabaseItself) {
  const Site site;
  std::filesystem::create_symlink("shop.db", site / "link.db");
  std::filesystem::create_hard_link(site / "shop.db", site / "hard.db");
  for (const std::string stream :
       {"shop.db", "./x/../shop.db", "link.db", "hard.db", "shop.db-wal"}) {
    site.configure(
        "relay: a\nsource:\n  sqlite: { path: shop.db, tables: all }\nstream:\n  "
        "embedded: { path: " +
        stream + " }\n");
    const auto outcome = site.run({"init"});
    EXPECT_EQ(outcome.exit, usage) << stream;
    EXPECT_THAT(outcome.errors, HasSubstr("is the database that relay 'a' follows")) << stream;
    EXPECT_THAT(outcome.errors, HasSubstr("next: "));
  }
}

TEST(Configuration, AStreamForOneRelayIsNotGivenToTwo) {
  const Site site;
  const std::string source = "source: { sqlite: { path: shop.db, tables: all } }, stream: ";
  for (const auto* const stream : {"{ stdout: { position: p } }", "{ nats: { url: 'n:1' } }"}) {
    if (stream[2] == 'n' && !built_in(adapters::stream_names(), "nats")) continue;
    site.configure("relays: [ { relay: a, " + source + stream + " }, { relay: b, " + source +
                   (stream[2] == 's' ? "{ stdout: { position: ./p } }" : stream) + " } ]");
    const auto outcome = site.run({"init"});
    EXPECT_EQ(outcome.exit, usage) << outcome.output;
    EXPECT_THAT(outcome.errors, HasSubstr("relays 'a' and 'b' use the same stream ("));
  }
}

TEST(Configuration, NoChangeComesTwiceIntoAStreamUnlessItIsWanted) {
  if (!built_in(adapters::source_names(), "mongodb")) GTEST_SKIP() << without_mongodb;
  const auto ends = [](const std::string& one, const std::string& other) {
    const Site site;
    const auto relay = [](const std::string& name, const std::string& source) {
      return "  - relay: " + name +
             "\n    source: { mongodb: { uri: "
             "'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1', " +
             source + " } }\n    stream: { embedded: { path: events.db } }\n";
    };
    site.configure("relays:\n" + relay("a", one) + relay("b", other));
    return site.run({"check"}).errors;
  };
  const auto twice = HasSubstr("relays 'a' and 'b' would publish the same changes");
  EXPECT_THAT(ends("watch: shop.orders", "watch: shop.orders"), twice);
  EXPECT_THAT(ends("watch: shop.orders", "watch: shop"), twice);
  EXPECT_THAT(ends("watch: '*', identity: x", "watch: shop, identity: x"), twice);
  EXPECT_THAT(ends("watch: shop.orders", "watch: shop.lines"), Not(twice));
  EXPECT_THAT(ends("watch: shop, identity: x", "watch: shop, identity: y"), Not(twice));
  EXPECT_THAT(ends("watch: shop, pipeline: [{ $match: { a: 1 } }]", "watch: shop"), Not(twice));
}

TEST(Configuration, AFileThatIsNotThere) {
  const auto outcome = headwater({"init", "-c", "/nowhere/shop.yaml"});
  EXPECT_EQ(outcome.exit, usage);
  EXPECT_EQ(outcome.errors,
            "error: cannot read /nowhere/shop.yaml: No such file or directory\n"
            "  next: give -c a file that can be read: ls -l /nowhere/shop.yaml\n");
}

TEST(Configuration, ErrorsAreJsonWhereTheLogIs) {
  const auto outcome = headwater({"init", "-c", "/nowhere/shop.yaml", "--log", "json"});
  EXPECT_EQ(outcome.exit, usage);
  const auto line = Json::parse(outcome.errors);
  ASSERT_TRUE(line && line->is_object()) << outcome.errors;
  EXPECT_EQ((*line)["level"], "error");
  EXPECT_EQ((*line)["event"], "config.unreadable");
  EXPECT_EQ((*line)["message"], "cannot read /nowhere/shop.yaml: No such file or directory");
  EXPECT_TRUE(line->contains("time"));
}

TEST(Configuration, ARelayIsChosenByName) {
  const Site site;
  const std::string source = "    source: { sqlite: { path: shop.db, tables: all } }\n";
  site.configure("relays:\n  - relay: a\n" + source +
                 "    stream: { embedded: { path: a.db } }\n  - relay: b\n" + source +
                 "    stream: { embedded: { path: b.db } }\n");
  const auto unknown = site.run({"check", "--relay", "c"});
  EXPECT_EQ(unknown.exit, usage);
  EXPECT_THAT(unknown.errors, HasSubstr("shop.yaml has no relay 'c'"));
  const std::vector<std::vector<std::string>> of_one{
      {"tail"}, {"position", "set", "latest"}, {"position", "reset"}};
  for (const std::vector<std::string>& words : of_one) {
    const auto unsaid = site.run(words);
    EXPECT_EQ(unsaid.exit, usage) << words[0];
    EXPECT_EQ(unsaid.errors,
              "error: shop.yaml has several relays (a, b); choose one\n  next: add --relay a\n");
  }
}

// A source that follows several things; none of them exists.
class SeveralParts : public testing::Test {
 protected:
  void SetUp() override {
    if (!built_in(adapters::source_names(), "mongodb")) GTEST_SKIP() << without_mongodb;
  }

  void configure(const std::string& relay, const std::string& stream) const {
    site.configure("relay: " + relay +
                   "\nsource:\n  mongodb:\n"
                   "    uri: mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1\n"
                   "    watch: [shop.orders, stock, '*']\n" +
                   stream);
  }

  /// Which relays `check` looks at.
  [[nodiscard]] std::vector<std::string> checked(std::vector<std::string> words) const {
    words.insert(words.begin(), {"check", "--json"});
    const auto outcome = site.run(words);
    std::vector<std::string> names;
    const auto report = Json::parse(outcome.output).value_or(Json());
    for (const Json& each : report.elements()) {
      if (const auto name = each["relay"].text()) names.emplace_back(*name);
    }
    EXPECT_FALSE(names.empty()) << outcome.errors;
    return names;
  }

  Site site;
};

TEST_F(SeveralParts, EachIsARelayChosenByItsOwnNameOrAllByTheCommonOne) {
  configure("shop", good_stream);
  const std::vector<std::string> all{"shop.shop.orders", "shop.stock", "shop.all"};
  EXPECT_EQ(checked({}), all);
  EXPECT_EQ(checked({"--relay", "shop"}), all);
  EXPECT_EQ(checked({"--relay", "shop.all"}), std::vector<std::string>{"shop.all"});
  const auto unknown = site.run({"check", "--relay", "shop.al"});
  EXPECT_EQ(unknown.exit, usage);
  EXPECT_THAT(unknown.errors, HasSubstr("did you mean 'shop.all'?"));
  const auto unsaid = site.run({"position", "reset", "--relay", "shop"});
  EXPECT_EQ(unsaid.exit, usage);
  EXPECT_THAT(unsaid.errors,
              HasSubstr("several relays (shop.shop.orders, shop.stock, shop.all); choose one"));
}

TEST_F(SeveralParts, OneOutputCannotTakeThem) {
  configure("shop", "stream: { stdout: { position: shop.position } }\n");
  const auto outcome = site.run({"check"});
  EXPECT_EQ(outcome.exit, usage);
  EXPECT_THAT(outcome.errors, HasSubstr("relay 'shop' follows 3 things with a relay for each, "
                                        "but its stream (standard output) accepts only one relay"));
}

TEST_F(SeveralParts, NamesThatGetTooLongAreRefused) {
  configure(std::string(60, 'x'), good_stream);
  const auto outcome = site.run({"check"});
  EXPECT_EQ(outcome.exit, usage);
  EXPECT_THAT(outcome.errors, HasSubstr("next: shorten the name of relay"));
}

TEST_F(SeveralParts, NoOtherRelayMayHaveTheNameOfOne) {
  const std::string source =
      "    source: { mongodb: { uri: 'mongodb://127.0.0.1:1', watch: [a, b] } }\n";
  const std::string stream = "    stream: { embedded: { path: events.db } }\n";
  site.configure("relays:\n  - relay: shop\n" + source + stream + "  - relay: shop.b\n" +
                 "    source: { sqlite: { path: shop.db, tables: all } }\n" + stream);
  const auto outcome = site.run({"check"});
  EXPECT_EQ(outcome.exit, usage);
  EXPECT_THAT(outcome.errors, HasSubstr("error: two relays would be named 'shop.b'\n"));
}

// ---- docs/configuration.md: every key that is read is explained, and the other way round.

std::set<std::string> documented() {
  std::ifstream file(HEADWATER_DOCS "/configuration.md");
  const std::regex row("^\\| `([a-z_.]+)` \\|.*");
  std::set<std::string> keys;
  std::smatch found;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, found, row)) keys.insert(found[1]);
  }
  return keys;
}

std::set<std::string> accepted() {
  const SystemClock clock;
  const Site site;
  std::set<std::string> keys{"relays"};
  const auto sources = adapters::source_names().built_in;
  const auto streams = adapters::stream_names().built_in;
  for (const std::string& source : sources) {
    for (const std::string& stream : streams) {
      std::string yaml = "relay: a\n";
      yaml.append("source: { ").append(source).append(": { } }\n");
      yaml.append("stream: { ").append(stream).append(": { } }\n");
      site.configure(yaml);
      auto loaded = config::load(site / "shop.yaml");
      if (!loaded) continue;
      config::RelayConfig& relay = loaded->relays.front();
      // They fail because nothing exists; only their requests matter.
      relay.source.only_key(sources);
      relay.stream.only_key(streams);
      EXPECT_FALSE(adapters::make_sources(source, relay.source.child(source), clock));
      EXPECT_FALSE(adapters::make_stream(stream, relay.stream.child(stream), clock));
      for (std::string& key : relay.whole.asked()) keys.insert(std::move(key));
    }
  }
  return keys;
}

/// Adapters that are not in the build also have documented keys, and messages that name them.
bool everything_is_built_in() {
  return adapters::source_names().left_out.empty() && adapters::stream_names().left_out.empty();
}
constexpr const char* incomplete = "needs a build with every source and stream";

TEST(Configuration, EveryKeyIsDocumentedAndEveryDocumentedKeyIsRead) {
  if (!everything_is_built_in()) GTEST_SKIP() << incomplete;
  EXPECT_EQ(documented(), accepted());
}

// ---- Every key that a message tells the user to change exists.

/// Every text in the program, as the compiler puts its parts together.
std::vector<std::string> texts_of_the_program() {
  namespace fs = std::filesystem;
  const std::regex seam("\"\\s*\\n\\s*\"");
  const std::regex literal("\"((?:[^\"\\\\\n]|\\\\.)*)\"");
  std::vector<std::string> texts;
  for (const auto& entry : fs::recursive_directory_iterator(HEADWATER_DOCS "/../src")) {
    const std::string path = entry.path().string();
    const bool ours = entry.path().extension() == ".cpp" && path.find("_test") == std::string::npos;
    if (!ours) continue;
    std::ifstream file(path);
    const std::string whole(std::istreambuf_iterator<char>(file), {});
    const std::string joined = std::regex_replace(whole, seam, "");
    for (std::sregex_iterator at(joined.begin(), joined.end(), literal), end; at != end; ++at) {
      texts.push_back((*at)[1]);
    }
  }
  return texts;
}

std::set<std::string> found_in(const std::vector<std::string>& texts, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (const std::string& text : texts) {
    for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
      found.insert((*at)[1]);
    }
  }
  return found;
}

TEST(Configuration, AdviceNamesKeysThatThereAre) {
  if (!everything_is_built_in()) GTEST_SKIP() << incomplete;
  const auto texts = texts_of_the_program();
  const std::set<std::string> keys = accepted();
  std::set<std::string> names;
  for (const std::string& key : keys) names.insert(key.substr(key.rfind('.') + 1));
  const std::string known = listed(adapters::source_names().built_in, "|") + "|" +
                            listed(adapters::stream_names().built_in, "|");
  const auto whole =
      found_in(texts, "\\b((?:source|stream)\\.(?:" + known + ")\\.[a-z_]+(?:\\.[a-z_]+)*)");
  EXPECT_GT(whole.size(), 20U);
  for (const std::string& key : whole) {
    // librdkafka's own properties.
    const bool passed_on = key.starts_with("stream.kafka.properties.");
    EXPECT_TRUE(passed_on || keys.count(key) == 1) << key;
  }
  // Of the servers' own settings.
  names.insert({"max_payload", "max_msg_size", "max_file_store", "max_memory_store"});
  const auto bare = found_in(
      texts, "\\b(?:set|raise|lower|and|or|room:|max_msg_size:) `?([a-z]+_[a-z_]+)(?=[ :;,`])");
  EXPECT_GT(bare.size(), 3U);
  for (const std::string& name : bare) EXPECT_EQ(names.count(name), 1U) << name;
}

}  // namespace
}  // namespace headwater::cli
