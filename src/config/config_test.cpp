#include "src/config/config.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "src/config/testing.h"

namespace headwater::config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// The error of a file with this content, without the folder's name; empty if all is well.
std::string error_of(const std::string& yaml) {
  const TemporaryFolder folder;
  const std::string file = folder.write("shop.yaml", yaml);
  auto loaded = load(file, environment_of({}));
  std::string message;
  if (!loaded) {
    message = loaded.error().message;
  } else {
    for (RelayConfig& relay : loaded->relays) {
      if (message.empty()) message = complaint(relay.whole);
    }
  }
  if (const std::size_t at = message.find(folder.path()); at != std::string::npos) {
    message.erase(at, folder.path().size() + 1);
  }
  return message;
}

TEST(Config, OneRelay) {
  const TemporaryFolder folder;
  const std::string file = folder.write("shop.yaml",
                                        "relay: orders\n"
                                        "source:\n"
                                        "  sqlite: { path: shop.db, tables: all }\n"
                                        "stream:\n"
                                        "  embedded: { path: events.db }\n");
  auto loaded = load(file);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->metrics, "");
  ASSERT_EQ(loaded->relays.size(), 1U);
  RelayConfig& relay = loaded->relays.front();
  EXPECT_EQ(relay.name, "orders");
  EXPECT_EQ(relay.on_conflict, OnConflict::standby);
  EXPECT_EQ(relay.takeover_after, Milliseconds(5000));
  EXPECT_EQ(relay.append_pause, std::nullopt);
  EXPECT_EQ(relay.source.only_key({"sqlite"}), "sqlite");
  EXPECT_EQ(relay.source.child("sqlite").path("path"), folder.path() + "/shop.db");
  EXPECT_EQ(relay.source.child("sqlite").list_or_all("tables"), std::nullopt);
  EXPECT_EQ(relay.stream.only_key({"stdout", "embedded"}), "embedded");
  EXPECT_EQ(relay.stream.child("embedded").path("path"), folder.path() + "/events.db");
  EXPECT_EQ(complaint(relay.whole), "");
}

TEST(Config, SeveralRelays) {
  const TemporaryFolder folder;
  const std::string file = folder.write("shop.yaml",
                                        "relays:\n"
                                        "  - relay: orders\n"
                                        "    on_conflict: exit\n"
                                        "    takeover_after: 500ms\n"
                                        "    append_pause: 15ms\n"
                                        "  - relay: stock\n");
  auto loaded = load(file);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto& relays = loaded->relays;
  ASSERT_EQ(relays.size(), 2U);
  EXPECT_EQ(relays[0].name, "orders");
  EXPECT_EQ(relays[0].on_conflict, OnConflict::exit);
  EXPECT_EQ(relays[0].takeover_after, Milliseconds(500));
  EXPECT_EQ(relays[0].append_pause, Milliseconds(15));
  EXPECT_EQ(relays[1].name, "stock");
  EXPECT_EQ(relays[1].on_conflict, OnConflict::standby);
}

TEST(Config, TheProcessEnvironmentIsTheDefault) {
  const TemporaryFolder folder;
  ASSERT_EQ(::setenv("HEADWATER_TEST_NAME", "orders", 1), 0);
  auto loaded = load(folder.write("shop.yaml", "relay: ${HEADWATER_TEST_NAME}\n"));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->relays.front().name, "orders");
}

TEST(Config, AnUnreadableFile) {
  const auto missing = load("/nowhere/shop.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "cannot read /nowhere/shop.yaml: No such file or directory");
  EXPECT_EQ(missing.error().name, "config.unreadable");
  EXPECT_EQ(missing.error().origin, Origin::usage);
  EXPECT_EQ(missing.error().next, "give -c a file that can be read: ls -l /nowhere/shop.yaml");
  const TemporaryFolder folder;
  const auto directory = load(folder.path());
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().message, "cannot read " + folder.path() + ": Is a directory");
}

TEST(Config, EmptyFiles) {
  const std::string expected = "shop.yaml: the file is empty; it needs a relay";
  EXPECT_EQ(error_of(""), expected);
  EXPECT_EQ(error_of("\n\n"), expected);
  EXPECT_EQ(error_of("# nothing but a comment\n"), expected);
  EXPECT_EQ(error_of("---\n"), expected);
}

TEST(Config, NotYaml) {
  EXPECT_THAT(error_of("relay: orders\nsource: {\n"), StartsWith("shop.yaml:3: not valid YAML: "));
  EXPECT_THAT(error_of("a: b\n\tc: d\n"), StartsWith("shop.yaml:2: not valid YAML: "));
  EXPECT_THAT(error_of(std::string(100'000, '[')), HasSubstr("not valid YAML: "));
  EXPECT_EQ(error_of("just words\n"),
            "shop.yaml:1: the file must hold keys and values, such as 'relay: orders'");
  EXPECT_EQ(error_of("- relay: orders\n"),
            "shop.yaml:1: the file must hold keys and values, such as 'relay: orders'");
  EXPECT_EQ(error_of("relay: a\n---\nrelay: b\n"),
            "shop.yaml:3: a second YAML document begins here; put several relays into a list under "
            "'relays'");
  EXPECT_EQ(error_of("[a, b]: c\n"), "shop.yaml:1: a key must be a plain word");
}

TEST(Config, RepeatedKeys) {
  EXPECT_EQ(error_of("relay: a\nrelay: b\n"),
            "shop.yaml:2: key 'relay' is there twice; remove one of them");
  EXPECT_EQ(error_of("relay: a\nsource:\n  sqlite:\n    path: x\n    path: y\n"),
            "shop.yaml:5: key 'path' is there twice; remove one of them");
  EXPECT_EQ(error_of("relays:\n  - relay: a\n    stream:\n    stream:\n"),
            "shop.yaml:4: key 'stream' is there twice; remove one of them");
}

TEST(Config, AliasesCannotExplode) {
  EXPECT_THAT(error_of("relay: a\nsource: &ring\n  sqlite: *ring\n"),
              HasSubstr("nested too deeply"));
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) bomb += "," + before;
    bomb += "]\n";
  }
  EXPECT_THAT(error_of(bomb), HasSubstr("nested too deeply"));
}

TEST(Config, RelayNames) {
  EXPECT_EQ(error_of("source:\n"), "shop.yaml:1: missing key 'relay'");
  EXPECT_EQ(error_of("relay:\n"), "shop.yaml:1: 'relay' has no value");
  const std::string expected = "must be at most 64 letters, digits, '-', '_' or '.'";
  EXPECT_EQ(error_of("relay: two words\n"), "shop.yaml:1: 'relay' " + expected);
  EXPECT_EQ(error_of("relay: " + std::string(65, 'x')), "shop.yaml:1: 'relay' " + expected);
  EXPECT_EQ(error_of("relay: Orders-2.eu_west\n"), "");
  EXPECT_EQ(error_of("relays:\n  - relay: a\n  - relay: b\n  - relay: a\n"),
            "shop.yaml:4: relay 'a' has the name of the one in line 2");
}

TEST(Config, KeysOfARelay) {
  EXPECT_EQ(error_of("relay: a\nsorce: {}\n"),
            "shop.yaml:2: unknown key 'sorce'; did you mean 'source'?");
  EXPECT_EQ(error_of("relay: a\ncolour: red\n"),
            "shop.yaml:2: unknown key 'colour'; valid keys: relay, on_conflict, takeover_after, "
            "append_pause, source, stream, dead_letters, materialize, metrics, serve");
  EXPECT_EQ(error_of("relay: a\nappend_pause: 2s\n"),
            "shop.yaml:2: 'append_pause' must be at most 1s");
  EXPECT_EQ(error_of("relay: a\non_conflict: quit\n"),
            "shop.yaml:2: 'on_conflict' cannot be 'quit'; valid values: standby, exit");
  EXPECT_EQ(error_of("relay: a\ntakeover_after: soon\n"),
            "shop.yaml:2: 'takeover_after' is 'soon', not a duration such as 500ms, 5s, 10m, 1h "
            "or 7d");
  EXPECT_EQ(error_of("relay: a\nsource: shop.db\n"),
            "shop.yaml:2: 'source' must be a mapping (keys and values)");
}

TEST(Config, TheListOfRelays) {
  EXPECT_EQ(error_of("relais:\n  - relay: a\n"),
            "shop.yaml:1: unknown key 'relais'; did you mean 'relays'?");
  EXPECT_EQ(error_of("relays: []\n"),
            "shop.yaml:1: 'relays' must be a list with at least one relay");
  EXPECT_EQ(error_of("relays: orders\n"),
            "shop.yaml:1: 'relays' must be a list with at least one relay");
  EXPECT_EQ(error_of("relays:\n"), "shop.yaml:1: 'relays' must be a list with at least one relay");
  EXPECT_EQ(error_of("relays:\n  - orders\n"),
            "shop.yaml:2: every entry of 'relays' must be a mapping that begins with 'relay: "
            "NAME'");
  EXPECT_EQ(error_of("relay: a\nrelays: [{relay: b}]\n"),
            "shop.yaml:1: key 'relay' is next to 'relays'; move it into the entries of "
            "the list");
  EXPECT_EQ(error_of("relays:\n  - relay: a\n  - relay: b\n    strem: {}\n"),
            "shop.yaml:4: unknown key 'strem'; did you mean 'stream'?");
}

TEST(Config, MetricsBelongToTheWholeFile) {
  const TemporaryFolder folder;
  const auto metrics = [&](const std::string& yaml) {
    auto loaded = load(folder.write("shop.yaml", yaml), environment_of({{"PORT", "9090"}}));
    return loaded ? loaded->metrics : loaded.error().message;
  };
  EXPECT_EQ(metrics("relay: a\nmetrics: 127.0.0.1:${PORT}\n"), "127.0.0.1:9090");
  EXPECT_EQ(metrics("metrics: localhost:0\nrelays:\n  - relay: a\n  - relay: b\n"), "localhost:0");
  EXPECT_EQ(metrics("relays:\n  - relay: a\n"), "");
  const std::string expected =
      "shop.yaml:1: 'metrics' must be an address to listen on, such as 127.0.0.1:9090";
  for (const char* wrong : {"9090", "':9090'", "here", "127.0.0.1:65536", "'127.0.0.1:'", "'a,b:1'",
                            "127.0.0.1:9090s", "'[::1]:9090'", "''"}) {
    const std::string line = std::string("metrics: ") + wrong + "\n";
    EXPECT_EQ(error_of(line + "relay: a\n"), expected) << wrong;
    EXPECT_EQ(error_of(line + "relays:\n  - relay: a\n"), expected) << wrong;
  }
  EXPECT_EQ(error_of("metrics: [a]\nrelays:\n  - relay: a\n"),
            "shop.yaml:1: 'metrics' must be a single value, not a list");
  EXPECT_EQ(error_of("relays:\n  - relay: a\nmetrics: here\n"),
            "shop.yaml:3: 'metrics' must be an address to listen on, such as 127.0.0.1:9090");
  EXPECT_EQ(error_of("relays:\n  - relay: a\n    metrics: 127.0.0.1:9090\n"),
            "shop.yaml:3: unknown key 'metrics'; valid keys: relay, on_conflict, takeover_after, "
            "append_pause, source, stream, dead_letters, materialize");
  EXPECT_EQ(error_of("metrix: 127.0.0.1:9090\nrelay: a\n"),
            "shop.yaml:1: unknown key 'metrix'; did you mean 'metrics'?");
}

}  // namespace
}  // namespace headwater::config
