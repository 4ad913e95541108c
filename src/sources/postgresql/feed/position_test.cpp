#include "src/sources/postgresql/feed/position.h"

#include <gtest/gtest.h>

#include "src/sources/postgresql/feed/visibility.h"

namespace headwater::postgresql {
namespace {

/// Stored samples: streams have them.
TEST(PgPosition, SamplesAreReadAndWritten) {
  for (
      const char* sample :
      {R"({"v":1,"source":"postgresql:7361234567890123456/16384","timeline":1,"lsn":"0/16B3748"})",
       R"({"v":1,"source":"postgresql:7/5","timeline":3,"lsn":"A/16B3718","record":"A/16B3620","ordinal":2,"txn":{"count":3,"id":"3:A/16B3718"}})",
       R"({"v":1,"source":"postgresql:7/5","timeline":1,"lsn":"0/0","snapshot":{"done":7,"db":"shop","schema":"public","table":"orders","after":"42"}})",
       R"({"v":1,"source":"postgresql:7/5","timeline":1,"lsn":"0/0","snapshot":{"done":7,"db":"shop","schema":"public","table":"orders","after":"42","overlap":{"until":23,"after":"40","sight":"10:12:10"},"rounds":1}})"}) {
    const auto position = decode({sample});
    ASSERT_TRUE(position) << position.error().message;
    EXPECT_EQ(encode(*position).token, sample);
  }
}

TEST(PgPosition, AnythingElseIsRefused) {
  for (const char* sample :
       {R"({"v":2,"source":"a","timeline":1,"lsn":"0/1"})", R"({"v":1,"source":"a","timeline":1})",
        R"({"v":1,"source":"a","timeline":1,"lsn":"16B3748"})",
        R"({"v":1,"source":"a","timeline":5000000000,"lsn":"0/1"})",
        R"({"v":1,"source":"a","timeline":1,"lsn":"0/1","record":"0/1"})"}) {
    const auto position = decode({sample});
    ASSERT_FALSE(position) << sample;
    EXPECT_EQ(position.error().name, "source.bad_position");
  }
}

TEST(Lsn, IsWrittenAsPostgresqlWritesIt) {
  EXPECT_EQ(text_of(0x16B3748), "0/16B3748");
  EXPECT_EQ(text_of(0xA000000F1ULL), "A/F1");
  EXPECT_EQ(lsn_from("A/F1"), Lsn{0xA000000F1ULL});
  EXPECT_EQ(lsn_from("A"), std::nullopt);
  EXPECT_EQ(lsn_from("A/"), std::nullopt);
  EXPECT_EQ(lsn_from("A/G"), std::nullopt);
}

/// The next record is placed after the header of its page.
TEST(Lsn, EndsBeforeAHeader) {
  constexpr std::uint64_t segment = 16U << 20U;
  EXPECT_EQ(end_before(8'192 + 24, segment), Lsn{8'192});
  EXPECT_EQ(end_before(segment + 40, segment), segment);
  EXPECT_EQ(end_before(8'192 + 48, segment), Lsn{8'192 + 48});
}

TEST(Timelines, AFailoverIsAFork) {
  const Timelines timelines(3, "1\t0/C000228\tno recovery target specified\n\n2\t0/D000000\twhy\n");
  EXPECT_EQ(timelines.owner(0xC000227), 1U);
  EXPECT_EQ(timelines.owner(0xC000228), 2U);
  EXPECT_EQ(timelines.owner_of_end(0xC000228), 1U);
  EXPECT_EQ(timelines.owner(0xD000000), 3U);
  EXPECT_TRUE(timelines.includes(1, 0xC000228));
  EXPECT_FALSE(timelines.includes(1, 0xC000229));
  EXPECT_TRUE(timelines.includes(3, 0xFFFFFFF));
  EXPECT_FALSE(timelines.includes(4, 1));
}

TEST(Visibility, ASnapshotShowsWhatHadEnded) {
  const auto snapshot = Snapshot::from("100:110:100,105");
  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(snapshot->shows(99));
  EXPECT_FALSE(snapshot->shows(100));
  EXPECT_TRUE(snapshot->shows(104));
  EXPECT_FALSE(snapshot->shows(105));
  EXPECT_FALSE(snapshot->shows(110));
  EXPECT_FALSE(Snapshot::from("100"));
  EXPECT_TRUE(Snapshot::from("100:100:"));
}

/// The log's numbers begin again after four billion.
TEST(Visibility, NumbersWrapAround) {
  const auto snapshot = Snapshot::from("4294967290:4294967300:4294967295");
  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(snapshot->shows(4'294'967'294U));
  EXPECT_FALSE(snapshot->shows(4'294'967'295U));
  EXPECT_TRUE(snapshot->shows(3));
  EXPECT_FALSE(snapshot->shows(4));
}

TEST(Visibility, WhatTheLogReturnedIsWaitedFor) {
  Returned returned;
  returned.add(1);
  EXPECT_EQ(returned.size(), 0U);
  returned.keep(true);
  returned.add(104);
  returned.add(105);
  EXPECT_FALSE(returned.all_in(*Snapshot::from("100:110:105")));
  EXPECT_EQ(returned.size(), 1U);
  EXPECT_TRUE(returned.all_in(*Snapshot::from("110:110:")));
}

}  // namespace
}  // namespace headwater::postgresql
