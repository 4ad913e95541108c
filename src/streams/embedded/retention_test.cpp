#include "src/streams/embedded/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "src/streams/embedded/file.h"
#include "src/streams/embedded/test_stream.h"

namespace headwater::embedded {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;

class RetentionTest : public StreamTest {
 protected:
  RetentionTest() { prepare(); }

  [[nodiscard]] sqlite::Database open() const {
    return std::move(*open_for_append(path(), Milliseconds(1000)));
  }

  /// Runs until nothing is left to do; how often it said that more was.
  int run(Housekeeper& keeper, sqlite::Database& database) {
    for (int pieces = 0;; ++pieces) {
      auto more = keeper.run(database);
      EXPECT_TRUE(more) << more.error().message;
      if (!more || !*more) return pieces;
    }
  }

  void acknowledge(const std::string& consumer, std::uint64_t sequence) {
    ASSERT_TRUE((*stream()->reader())->acknowledge(consumer, sequence));
  }
};

TEST_F(RetentionTest, WithoutLimitsNothingGoes) {
  fill(100);
  auto database = open();
  Housekeeper keeper({}, clock_);
  EXPECT_EQ(run(keeper, database), 0);
  EXPECT_EQ(range().first, 1U);
}

TEST_F(RetentionTest, AnEventGoesWhenItIsOlderThanTheAge) {
  auto database = open();
  Housekeeper keeper({.age = Milliseconds(1600)}, clock_);
  const WallTime start = clock_.wall();
  const auto look_at = [&](int milliseconds) {
    clock_.set(start + Milliseconds(milliseconds));
    clock_.pass(Milliseconds(100));
    run(keeper, database);
  };
  fill(3);
  look_at(0);
  fill(7);
  look_at(500);
  look_at(1599);
  EXPECT_EQ(range().first, 1U);
  look_at(1600);
  EXPECT_EQ(range().first, 4U);
  look_at(2100);
  EXPECT_EQ(range().first, 11U);
}

TEST_F(RetentionTest, FewMarksSayHowOldEventsAre) {
  acknowledge("slow", 0);
  auto database = open();
  Housekeeper keeper({.age = Milliseconds(1600)}, clock_);
  const WallTime start = clock_.wall();
  for (int look = 0; look < 300; ++look) {
    fill(1);
    clock_.set(start + Milliseconds(10 * look));
    clock_.pass(Milliseconds(100));
    run(keeper, database);
  }
  EXPECT_LE(*plain().integer("SELECT count(*) FROM marks"), 18);
  acknowledge("slow", 300);
  clock_.pass(Milliseconds(100));
  run(keeper, database);
  // Those that are older than 1,600 of 2,990 ms, but for the last tenth of a second of them.
  EXPECT_LE(range().first, 140U);
  EXPECT_GE(range().first, 130U);
}

TEST_F(RetentionTest, SizeIsBroughtJustUnderTheLimit) {
  fill(40'000);
  auto database = open();
  const std::uint64_t before = usage(database)->used_bytes();
  const std::uint64_t limit = 5 * mebibyte;
  ASSERT_GT(before, 2 * limit);
  Housekeeper keeper({.size = limit}, clock_);
  run(keeper, database);
  const std::uint64_t after = usage(database)->used_bytes();
  EXPECT_LE(after, limit);
  EXPECT_GT(after, limit - mebibyte / 4);
  EXPECT_EQ(range().last, 40'000U);
  EXPECT_EQ(ids().front(), "a:" + std::to_string(range().first));
}

TEST_F(RetentionTest, LargeEventsDoNotTakeTheFileFarBelowTheLimit) {
  auto events = testing::sample_batch("a", 1, 200);
  for (Event& event : events) event.data = std::string(100'000, 'x');
  ASSERT_TRUE(
      (*stream()->writer("a"))->append((Tail{}), events, testing::count_position(200), "s"));
  auto database = open();
  Housekeeper keeper({.size = 10 * mebibyte}, clock_);
  run(keeper, database);
  const std::uint64_t after = usage(database)->used_bytes();
  EXPECT_LE(after, 10 * mebibyte);
  EXPECT_GT(after, 8 * mebibyte);
}

TEST_F(RetentionTest, WorkComesInPieces) {
  fill(10'000);
  auto database = open();
  Housekeeper keeper({.age = Milliseconds(0)}, clock_);
  ASSERT_TRUE(*keeper.run(database));
  EXPECT_EQ(range().first, 4097U);
  EXPECT_EQ(run(keeper, database), 1);
  EXPECT_EQ(range().first, 10'001U);
}

TEST_F(RetentionTest, APieceEndsWithItsTime) {
  fill(1000);
  auto database = open();
  clock_.slow(Milliseconds(4));
  Housekeeper keeper({.age = Milliseconds(0)}, clock_);
  ASSERT_TRUE(*keeper.run(database));
  EXPECT_EQ(range().first, 33U) << "two steps of 16";
}

TEST_F(RetentionTest, ItLooksAgainOnlyAfterAWhile) {
  auto database = open();
  Housekeeper keeper({.age = Milliseconds(0)}, clock_);
  EXPECT_FALSE(*keeper.run(database));
  fill(10);
  EXPECT_FALSE(*keeper.run(database));
  EXPECT_EQ(range().first, 1U);
  clock_.pass(Milliseconds(100));
  run(keeper, database);
  EXPECT_EQ(range().first, 11U);
}

TEST_F(RetentionTest, ConsumersCanBeIgnored) {
  fill(10);
  acknowledge("slow", 3);
  auto database = open();
  Housekeeper keeping({.age = Milliseconds(0)}, clock_);
  run(keeping, database);
  EXPECT_EQ(range().first, 4U);
  Housekeeper ignoring({.age = Milliseconds(0), .ignore_consumers = true}, clock_);
  run(ignoring, database);
  EXPECT_EQ(range().first, 11U);
  EXPECT_EQ(range().last, 10U);
}

TEST_F(RetentionTest, CheckNamesTheConsumerThatHoldsItBack) {
  fill(10);
  acknowledge("fast", 9);
  acknowledge("slow", 3);
  const auto limited = stream({.age = Milliseconds(0)});
  while (*(*limited->writer("a"))->maintain()) {
  }
  const Report report = limited->check("a");
  const auto problem = std::find_if(report.begin(), report.end(), [](const Finding& finding) {
    return finding.kind == Finding::Kind::problem;
  });
  ASSERT_NE(problem, report.end());
  EXPECT_THAT(problem->what, HasSubstr("slow, 7 events behind"));
  EXPECT_THAT(problem->next, HasSubstr("DELETE FROM consumers WHERE name='slow'"));
}

TEST_F(RetentionTest, NumbersGoOnAfterEverythingIsGone) {
  fill(10);
  {
    auto database = open();
    Housekeeper keeper({.age = Milliseconds(0)}, clock_);
    run(keeper, database);
  }
  ASSERT_TRUE(stream()->remove("a"));
  EXPECT_EQ(range().first, 11U);
  fill(1);
  EXPECT_EQ(range().first, 11U);
  EXPECT_EQ(range().last, 11U);
}

TEST_F(RetentionTest, AFileWithFarTooMuchRoomShrinks) {
  fill(150'000);
  auto database = open();
  const std::uint64_t before = usage(database)->bytes();
  ASSERT_GT(before, 32 * mebibyte);
  Housekeeper keeper({.age = Milliseconds(0)}, clock_);
  run(keeper, database);
  const auto after = usage(database);
  EXPECT_LE(after->bytes(), 17 * mebibyte);
  ASSERT_TRUE(database.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  EXPECT_EQ(std::filesystem::file_size(path()), after->bytes());
  EXPECT_EQ(*database.text("PRAGMA integrity_check"), "ok");
}

TEST_F(RetentionTest, AFileThatCannotShrinkIsLeftAtThat) {
  ASSERT_TRUE(plain().execute("PRAGMA journal_mode=DELETE; PRAGMA auto_vacuum=NONE; VACUUM"));
  ASSERT_EQ(*plain().integer("PRAGMA auto_vacuum"), 0);
  fill(100'000);
  auto database = open();
  const std::uint64_t before = usage(database)->bytes();
  Housekeeper keeper({.age = Milliseconds(0)}, clock_);
  run(keeper, database);
  EXPECT_EQ(range().first, 100'001U);
  EXPECT_EQ(usage(database)->bytes(), before);
}

}  // namespace
}  // namespace headwater::embedded
