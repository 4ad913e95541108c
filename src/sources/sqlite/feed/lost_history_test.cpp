// Changes that are gone: what a relay reports, and when it may act.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/sources/sqlite/feed/feed_rig.h"
#include "src/sources/sqlite/feed/log_position.h"
#include "src/sources/sqlite/feed/log_row.h"

namespace headwater::sqlite {
namespace {

using testing::IsEmpty;

/// A loss, found by a relay that may not be the leader.
class LostHistory : public testing::TestWithParam<const char*> {
 protected:
  FeedRig rig{GetParam()};
  void SetUp() override {
    rig.add_relay("r", false);
    for (int i = 0; i < 20; ++i) rig.run("INSERT INTO item VALUES(NULL, 1)");
    rig.run("DELETE FROM _headwater_log WHERE seq < 10");
  }
  /// Just after this change.
  Position end_of(std::int64_t seq) {
    LogPosition position;
    position.uuid = rig.source("r")->identity().substr(std::string("sqlite:").size());
    position.seq = seq;
    return to_position(position);
  }
  std::unique_ptr<LogSource> source_with(OnLost policy) {
    auto options = rig.options("r");
    options.on_lost = policy;
    return rig.source(options);
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, LostHistory, testing::Values("wal", "delete"),
                         [](const auto& mode) { return std::string(mode.param); });

TEST_P(LostHistory, LeavesOneGapAndASnapshotIfToldTo) {
  auto source = source_with(OnLost::snapshot);
  must(source->open({}));
  const auto told = must(source->read({10, 1000}, Milliseconds(0), {}));
  EXPECT_THAT(told.changes, IsEmpty());
  must(source->release(durable(told.position)));
  const auto first = read_all(*source);
  ASSERT_EQ(first.size(), 21U);
  EXPECT_EQ(first[0].op, Op::gap);
  EXPECT_TRUE(first[0].gap->restated);
  EXPECT_EQ(first[1].op, Op::read);
  // It died before the stream got more: the same again, from the stream's position.
  auto again = source_with(OnLost::snapshot);
  must(again->open(told.position));
  const auto second = read_all(*again);
  EXPECT_EQ(briefs(second), briefs(first));
  for (std::size_t i = 0; i < second.size(); ++i) EXPECT_EQ(second[i].id, first[i].id);
}

TEST_P(LostHistory, IsSkippedAsFarAsItIsLost) {
  auto source = source_with(OnLost::skip);
  must(source->open({}));
  const auto changes = read_all(*source);
  ASSERT_EQ(changes.size(), 12U);
  EXPECT_EQ(changes[0].op, Op::gap);
  EXPECT_FALSE(changes[0].gap->restated);
  EXPECT_EQ(brief(changes[1]), "insert item i10 i10,i1");
  must(source->open(changes[0].position));
  EXPECT_EQ(read_all(*source).size(), 11U);
}

/// A user deleted rows that the trimmer would keep.
TEST_P(LostHistory, MayBeInTheMiddleOfTheLog) {
  rig.run("DELETE FROM _headwater_log WHERE seq BETWEEN 13 AND 15");
  auto stopping = source_with(OnLost::stop);
  must(stopping->open(end_of(10)));
  auto batch = must(stopping->read({100, 1U << 20U}, Milliseconds(0), {}));
  EXPECT_EQ(batch.changes.size(), 2U);
  const auto read = stopping->read({100, 1U << 20U}, Milliseconds(0), {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().name, "source.history_lost");
  const auto opened = stopping->open(batch.position);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().name, "source.history_lost");
  EXPECT_EQ(opened.error().remedy, Remedy::stop);

  auto skipping = source_with(OnLost::skip);
  must(skipping->open(batch.position));
  const auto rest = read_all(*skipping);
  ASSERT_EQ(rest.size(), 6U);
  EXPECT_EQ(rest[0].op, Op::gap);
  EXPECT_EQ(brief(rest[1]), "insert item i16 i16,i1");
}

/// Opening, reading, and earlier releases: none of it shows that this relay leads.
TEST_P(LostHistory, ChangesNothingBeforeTheStreamHasIt) {
  const auto everything = [&] {
    std::string text;
    for (const char* table : {"log", "snapshots", "relays", "meta"}) {
      auto database = rig.connect();
      auto rows = must(database.prepare("SELECT * FROM _headwater_" + std::string(table)));
      while (must(rows.step())) {
        for (int i = 0; i < rows.columns(); ++i) text.append(rows.bytes(i)).append("|");
      }
    }
    return text;
  };
  const auto healed = rig.source("r");  // whatever there is to heal
  must(healed->open(end_of(20)));
  (void)read_all(*healed);
  const auto before = everything();
  for (const auto policy : {OnLost::snapshot, OnLost::skip}) {
    auto source = source_with(policy);
    must(source->open({}));
    for (int i = 0; i < 3; ++i) {
      (void)must(source->read({10, 1000}, Milliseconds(1), {}));
    }
    must(source->release(durable({})));
    (void)must(source->read({10, 1000}, Milliseconds(1), {}));
    EXPECT_EQ(everything(), before);
  }
}

/// The relay that recorded the loss may have died: a standby must find that there is work to do.
TEST_P(LostHistory, IsSomethingToTakeOverFor) {
  auto source = source_with(OnLost::snapshot);
  must(source->open({}));
  const auto told = must(source->read({10, 1000}, Milliseconds(0), {}));
  auto standby = source_with(OnLost::snapshot);
  must(standby->open(told.position));
  const auto peeked = must(standby->read({1, 1000}, std::chrono::hours(1), {}));
  EXPECT_EQ(peeked.position, told.position);
  EXPECT_GT(peeked.backlog.value_or(0), 0U);
}

/// The stream fell back to an older place, and a relay that no longer leads knows it as it was.
TEST_P(LostHistory, OpeningAnOlderPlaceChangesNothing) {
  rig.add_relay("slow", false);  // keeps the log
  rig.run("UPDATE _headwater_relays SET confirmed = 9 WHERE name = 'slow'");
  auto source = rig.source("r");
  must(source->open(end_of(10)));
  const auto all = read_all(*source);
  must(source->release(durable(all.back().position)));
  const char* confirmed = "SELECT confirmed FROM _headwater_relays WHERE name = 'r'";
  while (rig.number(confirmed) < 20) (void)must(source->read({10, 1000}, Milliseconds(1), {}));
  must(source->open(all.back().position));
  auto again = rig.source("r");
  must(again->open(all[2].position));
  (void)must(again->read({1, 1000}, Milliseconds(0), {}));
  EXPECT_EQ(rig.number(confirmed), 20);
  must(again->release(durable(all[2].position)));
  EXPECT_EQ(rig.number(confirmed), 13);
}

}  // namespace
}  // namespace headwater::sqlite
