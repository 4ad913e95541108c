// Every key is documented and read, and every key that a message names exists.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/adapters/registry.h"
#include "src/base/clock.h"
#include "src/cli/built_in.h"
#include "src/cli/copy.h"
#include "src/cli/standby.h"
#include "src/cli/test_rig.h"
#include "src/config/config.h"

namespace headwater::cli {
namespace {

/// The keys that docs/configuration.md explains.
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

/// The keys that this build reads.
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
      yaml.append("serve: { tokens: [ { token: 0123456789abcdef } ] }\n");
      site.configure(yaml);
      auto loaded = config::load(site / "shop.yaml");
      if (!loaded) continue;
      config::RelayConfig& relay = loaded->relays.front();
      // The adapters fail because the section is empty, but first they read every key.
      relay.source.only_key(sources);
      relay.stream.only_key(streams);
      EXPECT_FALSE(adapters::make_sources(source, relay.source.child(source), clock));
      EXPECT_FALSE(adapters::make_stream(stream, relay.stream.child(stream), clock));
      for (std::string& key : relay.whole.asked()) keys.insert(std::move(key));
    }
  }
  for (const std::string kind : {"sync_document", "etcd"}) {
    site.configure(
        "relay: a\nsource: { sqlite: { path: a.db, tables: all } }\n"
        "stream: { stdout: { position_file: b } }\nstandby: { " +
        kind + ": { } }\n");
    auto loaded = config::load(site / "shop.yaml");
    if (!loaded) continue;
    config::RelayConfig& relay = loaded->relays.front();
    auto made = adapters::make_sources("sqlite", relay.source.child("sqlite"), clock);
    EXPECT_TRUE(made);
    if (made) read_standby(relay.whole, *made->front().adapter);
    for (std::string& key : relay.whole.asked()) keys.insert(std::move(key));
  }
  for (const std::string& target : adapters::target_names().built_in) {
    site.configure("relay: a\nsource: { x: { } }\nstream: { x: { } }\nmaterialize: { into: { " +
                   target + ": { } } }\n");
    auto loaded = config::load(site / "shop.yaml");
    if (!loaded) continue;
    EXPECT_FALSE(read_copy(loaded->relays.front().materialize, clock));
    for (std::string& key : loaded->relays.front().whole.asked()) keys.insert(std::move(key));
  }
  return keys;
}

/// Adapters that are left out also have documented keys, and messages that name them.
bool everything_is_built_in() {
  return adapters::source_names().left_out.empty() && adapters::stream_names().left_out.empty() &&
         adapters::target_names().left_out.empty();
}

TEST(ConfigurationKeys, AreReadIfAndOnlyIfDocumented) {
  if (!everything_is_built_in()) GTEST_SKIP() << incomplete;
  EXPECT_EQ(documented(), accepted());
}

/// Every string literal in the program, with adjacent ones joined as the compiler does.
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

TEST(ConfigurationKeys, InMessagesExist) {
  if (!everything_is_built_in()) GTEST_SKIP() << incomplete;
  const auto texts = texts_of_the_program();
  const std::set<std::string> keys = accepted();
  std::set<std::string> names;
  for (const std::string& key : keys) names.insert(key.substr(key.rfind('.') + 1));
  const std::string known = joined(adapters::source_names().built_in, "|") + "|" +
                            joined(adapters::stream_names().built_in, "|") + "|";
  const auto whole = found_in(
      texts, "\\b((?:source|stream|standby)\\.(?:" + known + "etcd)\\.[a-z_]+(?:\\.[a-z_]+)*)");
  EXPECT_GT(whole.size(), 20U);
  for (const std::string& key : whole) {
    // Properties of librdkafka, which the stream passes on.
    const bool passed_on = key.starts_with("stream.kafka.properties.");
    EXPECT_TRUE(passed_on || keys.count(key) == 1) << key;
  }
  // Settings of the servers.
  names.insert({"max_payload", "max_msg_size", "max_file_store", "max_memory_store"});
  const auto bare = found_in(
      texts, "\\b(?:set|raise|lower|and|or|room:|max_msg_size:) `?([a-z]+_[a-z_]+)(?=[ :;,`])");
  EXPECT_GT(bare.size(), 3U);
  for (const std::string& name : bare) EXPECT_EQ(names.count(name), 1U) << name;
}

}  // namespace
}  // namespace headwater::cli
