// Errors in a configuration, and the choice of a relay, as the program reports them.
#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "src/adapters/registry.h"
#include "src/cli/built_in.h"
#include "src/cli/test_rig.h"
#include "src/json/json.h"

namespace headwater::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string good_stream = "stream:\n  embedded: { path: events.db }\n";

TEST(Configuration, EveryErrorIsNamed) {
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
           joined(adapters::source_names().built_in, ", ")},
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

TEST(Configuration, AStreamMayNotBeTheDatabase) {
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

TEST(Configuration, TwoRelaysMayNotShareAStreamForOne) {
  const Site site;
  const std::string source = "source: { sqlite: { path: shop.db, tables: all } }, stream: ";
  for (const auto* const stream : {"{ stdout: { position: p } }", "{ nats: { url: 'n:1' } }"}) {
    if (stream[2] == 'n' && !is_built_in(adapters::stream_names(), "nats")) continue;
    site.configure("relays: [ { relay: a, " + source + stream + " }, { relay: b, " + source +
                   (stream[2] == 's' ? "{ stdout: { position: ./p } }" : stream) + " } ]");
    const auto outcome = site.run({"init"});
    EXPECT_EQ(outcome.exit, usage) << outcome.output;
    EXPECT_THAT(outcome.errors, HasSubstr("relays 'a' and 'b' use the same stream ("));
  }
}

TEST(Configuration, TwoRelaysMayNotPublishTheSameChange) {
  if (!is_built_in(adapters::source_names(), "mongodb")) GTEST_SKIP() << without_mongodb;
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

TEST(Configuration, AMissingFile) {
  const auto outcome = headwater({"init", "-c", "/nowhere/shop.yaml"});
  EXPECT_EQ(outcome.exit, usage);
  EXPECT_EQ(outcome.errors,
            "error: cannot read /nowhere/shop.yaml: No such file or directory\n"
            "  next: give -c a file that can be read: ls -l /nowhere/shop.yaml\n");
}

TEST(Configuration, ErrorsAreJsonIfTheLogIs) {
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
    const auto ambiguous = site.run(words);
    EXPECT_EQ(ambiguous.exit, usage) << words[0];
    EXPECT_EQ(ambiguous.errors,
              "error: shop.yaml has several relays (a, b); choose one\n  next: add --relay a\n");
  }
}

}  // namespace
}  // namespace headwater::cli
