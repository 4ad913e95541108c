#include "src/sources/sqlite/feed/log_position.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>
#include <vector>

#include "src/sources/sqlite/feed/ids.h"
#include "src/sources/sqlite/feed/key_text.h"
#include "src/sources/sqlite/feed/log_row.h"

namespace headwater::sqlite {
namespace {

constexpr const char* uuid = "0b7f3f5e-5c0e-4a35-8d5e-1f1b7a0c9d11";

struct Sample {
  const char* token;
  LogPosition position;
};

// As version 1 writes them. Never to be changed: streams hold such positions.
std::vector<Sample> stored_samples() {
  return {
      {"sqlite:1:0b7f3f5e-5c0e-4a35-8d5e-1f1b7a0c9d11:0:-:0:done",
       {.uuid = uuid, .seq = 0, .hash = {}, .task = {}, .read_ahead = false}},
      {"sqlite:1:0b7f3f5e-5c0e-4a35-8d5e-1f1b7a0c9d11:4711:9ae4c6f01b2d3e4f:2:done",
       {.uuid = uuid,
        .seq = 4711,
        .hash = 0x9ae4c6f01b2d3e4f,
        .task = {.task = 2, .cursor = {}},
        .read_ahead = false}},
      {"sqlite:1:0b7f3f5e-5c0e-4a35-8d5e-1f1b7a0c9d11:4711:00000000000000ff:3:after=tnorth%20,i-42,"
       "bff00,r3ff8000000000000,n:read",
       {.uuid = uuid,
        .seq = 4711,
        .hash = 255,
        .task = {.task = 3,
                 .cursor = {Text{"north "}, std::int64_t{-42}, Blob{std::string("\xff\0", 2)}, 1.5,
                            std::monostate{}}},
        .read_ahead = true}},
      {"sqlite:1:0b7f3f5e-5c0e-4a35-8d5e-1f1b7a0c9d11:4711:9ae4c6f01b2d3e4f:2:done:lost",
       {.uuid = uuid,
        .seq = 4711,
        .hash = 0x9ae4c6f01b2d3e4f,
        .task = {.task = 2, .cursor = {}},
        .read_ahead = false,
        .lost = true}},
      {"sqlite:1:0b7f3f5e-5c0e-4a35-8d5e-1f1b7a0c9d11:7:-:3:after=i1:read:lost",
       {.uuid = uuid,
        .seq = 7,
        .hash = {},
        .task = {.task = 3, .cursor = {std::int64_t{1}}},
        .read_ahead = true,
        .lost = true}},
  };
}

TEST(LogPosition, ReadsAndWritesStoredSamples) {
  for (const auto& sample : stored_samples()) {
    const auto parsed = parse_position({sample.token});
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(*parsed, sample.position);
    EXPECT_EQ(to_position(sample.position).token, sample.token);
  }
}

TEST(LogPosition, RefusesEveryTruncationAndWhatIsUnknown) {
  for (const auto& sample : stored_samples()) {
    const std::string token = sample.token;
    for (std::size_t size = 0; size < token.size(); ++size) {
      const auto parsed = parse_position({token.substr(0, size)});
      // A key cut short may be a key itself; but it is then another position.
      if (parsed) {
        EXPECT_NE(*parsed, sample.position) << token.substr(0, size);
      } else {
        EXPECT_EQ(parsed.error().name, "source.bad_position");
      }
    }
    EXPECT_FALSE(parse_position({token + ":more"}));
    EXPECT_FALSE(parse_position({"sqlite:2" + token.substr(8)}));
  }
}

TEST(LogPosition, FingerprintsAsStored) {
  const std::vector<Value> values{std::int64_t{7}, 1.5, Text{"abc"}, Blob{"abc"}, std::monostate{}};
  Fingerprint fingerprint;
  fingerprint.begin(1, 2, 3, 4);
  fingerprint.add(values);
  EXPECT_EQ(fingerprint.end(), 0xb08672d9130892dULL);
  fingerprint.begin(1, 2, 3, 5);
  fingerprint.add(values);
  EXPECT_NE(fingerprint.end(), 0xb08672d9130892dULL);
}

TEST(KeyText, IsDifferentForDifferentKeysAndReadsBack) {
  const std::vector<std::vector<Value>> keys{
      {Text{""}},
      {Text{","}},
      {Text{"a,tb"}},
      {Text{"a"}, Text{"b"}},
      {Text{"a%2Ctb"}},
      {Text{std::string("\0\xff:", 3)}},
      {Blob{""}},
      {Blob{"a"}},
      {std::monostate{}},
      {std::int64_t{0}},
      {0.0},
      {-0.0},
      {std::numeric_limits<std::int64_t>::min()},
      {std::numeric_limits<double>::infinity()},
      {Text{"0"}},
      {std::int64_t{1}, std::int64_t{2}},
      {std::int64_t{12}},
  };
  std::set<std::string> texts;
  for (const auto& key : keys) {
    const auto text = key_text(key);
    EXPECT_TRUE(texts.insert(text).second) << text;
    const auto parsed = parse_key_text(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(key_text(*parsed), text);
    EXPECT_EQ(*parsed, key);
  }
  for (const char* bad :
       {"", "x", "i", "i1x", "r00", "b0", "bAA", "t%2c", "t%41", "t ", "n1", "i1,"}) {
    EXPECT_FALSE(parse_key_text(bad)) << bad;
  }
}

TEST(Ids, AreAsStored) {
  EXPECT_EQ(change_id(uuid, 4711), std::string(uuid) + ":4711");
  const std::vector<Value> key{std::int64_t{1}, Text{"a b"}};
  const auto id = read_id(uuid, 9, 3, std::nullopt, "my table", key);
  EXPECT_EQ(id, std::string(uuid) + ":9:3:my%20table:i1,ta%20b");
  EXPECT_TRUE(parse_id(id, uuid)->read);
  EXPECT_EQ(parse_id(id, uuid)->seq, 9);
  const auto again = read_id(uuid, 9, 3, 12, "my table", key);
  EXPECT_EQ(again, std::string(uuid) + ":9:3+12:my%20table:i1,ta%20b");
  EXPECT_TRUE(parse_id(again, uuid)->read);
  EXPECT_EQ(parse_id(again, uuid)->seq, 9);
  EXPECT_FALSE(parse_id(change_id(uuid, 4711), uuid)->read);
  EXPECT_EQ(parse_id(change_id(uuid, 4711), uuid)->seq, 4711);
  const auto gap = gap_id(uuid, "r", {"sqlite:1:x"});
  EXPECT_EQ(gap, std::string(uuid) + ":gap:0df44786134e18d1");
  EXPECT_FALSE(parse_id(gap, uuid));
  EXPECT_NE(gap_id(uuid, "s", {"sqlite:1:x"}), gap);
  EXPECT_FALSE(parse_id("other:1", uuid));
  EXPECT_FALSE(parse_id(std::string(uuid) + ":", uuid));
  EXPECT_FALSE(parse_id(std::string(uuid) + ":12x", uuid));
}

}  // namespace
}  // namespace headwater::sqlite
