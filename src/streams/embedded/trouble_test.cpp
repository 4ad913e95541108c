// Failures around the file: full disks, missing permissions, files that vanish, readers that stay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "src/streams/embedded/test_stream.h"
#include "testing/rig/process.h"

namespace headwater::embedded {
namespace {

namespace fs = std::filesystem;
using testing::count_position;
using ::testing::HasSubstr;
using testing::sample_batch;
using testing::sample_source;

class TroubleTest : public StreamTest {
 protected:
  TroubleTest() { prepare(); }

  void remove_files() const {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path() + suffix);
  }
};

/// A relay whose last event is gone would reuse its number.
TEST_F(TroubleTest, EventsRemovedFromTheEndAreNamed) {
  fill(5);
  const auto writer = *stream()->writer("a");
  const auto tail = writer->tail();
  ASSERT_TRUE(tail) << tail.error().message;
  auto file = sqlite::Database::open(path(), sqlite::Open::read_write, Origin::usage);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE(file->execute("DELETE FROM events WHERE sequence > 2"));
  const auto appended =
      writer->append(tail->tail(), sample_batch("a", 6, 1), count_position(6), sample_source);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().name, "stream.events_lost");
  EXPECT_EQ(appended.error().remedy, Remedy::stop);
  const auto again = writer->tail();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().name, "stream.events_lost");
  EXPECT_EQ(ids().size(), 2U);
}

TEST_F(TroubleTest, AFullDiskIsWaitedOut) {
  const rig::TemporaryFolder mount;
  const auto outcome = rig::run({.words = {HEADWATER_STARVED, "disk", mount.path()}});
  if (outcome.exit.code == 77) GTEST_SKIP() << "may not mount a small disk";
  EXPECT_EQ(outcome.exit, rig::Exit{}) << outcome.errors;
}

TEST_F(TroubleTest, AFileThatMayNotGrowIsWaitedOut) {
  const rig::TemporaryFolder folder;
  const auto outcome = rig::run({.words = {HEADWATER_STARVED, "limit", folder.path()}});
  EXPECT_EQ(outcome.exit, rig::Exit{}) << outcome.errors;
}

TEST_F(TroubleTest, AReadOnlyFileIsRefused) {
  fill(3);
  fs::permissions(path(), fs::perms::owner_read);
  const auto outcome = rig::run({.words = {HEADWATER_EMBEDDED_CHILD, path(), "append", "a", "9"},
                                 .bound_by_permissions = true});
  EXPECT_EQ(outcome.exit.code, 1);
  EXPECT_THAT(outcome.errors, HasSubstr("stream.read_only"));
  EXPECT_THAT(outcome.errors, HasSubstr(path()));
  fs::permissions(path(), fs::perms::owner_all);
  EXPECT_EQ(ids().size(), 3U);
}

/// A copy came without SQLite's two other files, and they cannot be created.
TEST_F(TroubleTest, AReadOnlyFolderIsRefused) {
  fill(3);
  for (const char* suffix : {"-wal", "-shm"}) ASSERT_TRUE(fs::remove(path() + suffix));
  fs::permissions(folder_.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const auto outcome = rig::run({.words = {HEADWATER_EMBEDDED_CHILD, path(), "append", "a", "9"},
                                 .bound_by_permissions = true});
  fs::permissions(folder_.path(), fs::perms::owner_all);
  EXPECT_EQ(outcome.exit.code, 1);
  EXPECT_THAT(outcome.errors, HasSubstr(path()));
  EXPECT_EQ(ids().size(), 3U);
}

TEST_F(TroubleTest, AFileDeletedUnderTheWriterIsNotWrittenTo) {
  auto writer = stream()->writer("a");
  const Tail tail = append(**writer, 3);
  remove_files();
  auto appended =
      (*writer)->append(tail, sample_batch("a", 4, 1), count_position(4), sample_source);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().name, "stream.file_missing");
  EXPECT_EQ(appended.error().remedy, Remedy::stop);
  EXPECT_FALSE((*writer)->tail());
  EXPECT_FALSE(fs::exists(path())) << "created again without being asked";
}

TEST_F(TroubleTest, AFileReplacedUnderTheWriterIsTakenUpAnew) {
  fill(2);
  ASSERT_TRUE(plain().execute("VACUUM INTO " + sqlite::quote_text(path() + ".copy")));
  auto writer = stream()->writer("a");
  const Tail tail = append(**writer, 3);
  remove_files();
  fs::rename(path() + ".copy", path());
  auto appended =
      (*writer)->append(tail, sample_batch("a", 6, 1), count_position(6), sample_source);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().name, "stream.file_replaced");
  EXPECT_EQ(appended.error().remedy, Remedy::retry);
  auto found = (*writer)->tail();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->tail().sequence, 2U);
  EXPECT_EQ(append(**writer, 1).sequence, 3U);
  EXPECT_EQ(ids(), (std::vector<std::string>{"a:1", "a:2", "a:3"}));
}

TEST_F(TroubleTest, AWalRemovedUnderTheWriterLosesNothing) {
  auto writer = stream()->writer("a");
  const Tail tail = append(**writer, 3);
  fs::remove(path() + "-wal");
  auto appended =
      (*writer)->append(tail, sample_batch("a", 4, 1), count_position(4), sample_source);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().name, "stream.file_replaced");
  EXPECT_EQ(appended.error().remedy, Remedy::retry);
  auto found = (*writer)->tail();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->tail(), tail);
  EXPECT_EQ(append(**writer, 1).sequence, 4U);
  EXPECT_EQ(ids(), (std::vector<std::string>{"a:1", "a:2", "a:3", "a:4"}));
}

TEST_F(TroubleTest, AReaderTakesUpAFileThatWasReplaced) {
  fill(2);
  ASSERT_TRUE(plain().execute("VACUUM INTO " + sqlite::quote_text(path() + ".copy")));
  fill(3);
  auto reader = stream()->reader();
  EXPECT_EQ((*reader)->range()->last, 5U);
  remove_files();
  fs::rename(path() + ".copy", path());
  auto range = (*reader)->range();
  ASSERT_TRUE(range) << range.error().message;
  EXPECT_EQ(range->last, 2U);
  // It has read further than that.
  auto found = (*reader)->read(6, {.count = 1, .bytes = 1}, {}, {});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().name, "stream.beyond_end");
}

TEST_F(TroubleTest, ALockedFileSaysWhatToLookFor) {
  auto writer = stream()->writer("a");
  const Tail tail = append(**writer, 3);
  auto other = plain();
  ASSERT_TRUE(other.execute("BEGIN IMMEDIATE"));
  auto appended =
      (*writer)->append(tail, sample_batch("a", 4, 1), count_position(4), sample_source);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().name, "stream.locked");
  EXPECT_EQ(appended.error().remedy, Remedy::retry);
  EXPECT_THAT(appended.error().next, HasSubstr("fuser"));
  // Others can still read the tail.
  EXPECT_EQ((*writer)->tail()->tail(), tail);
}

TEST_F(TroubleTest, AKindWhoseAppendFailedIsAddedAgain) {
  auto writer = stream()->writer("a");
  const Tail tail = append(**writer, 1);
  // The second event collides, after the first has brought a new kind.
  ASSERT_TRUE(
      plain().execute("CREATE TRIGGER refuse BEFORE INSERT ON events WHEN new.id = 'bad'"
                      " BEGIN SELECT RAISE(ABORT, 'refused'); END"));
  auto events = sample_batch("new", 1, 2);
  events[1].id = "bad";
  ASSERT_FALSE((*writer)->append(tail, events, count_position(3), sample_source));
  ASSERT_EQ((*writer)->tail()->tail(), tail);
  ASSERT_TRUE(plain().execute("DROP TRIGGER refuse"));
  ASSERT_TRUE((*writer)->append(tail, events, count_position(3), sample_source));
  auto found = (*stream()->reader())->read(2, {.count = 9, .bytes = 1U << 20U}, {}, {});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 2U);
  EXPECT_TRUE((*found)[0].event == events[0]);
  EXPECT_TRUE((*found)[1].event == events[1]);
}

TEST_F(TroubleTest, AReaderThatStaysDoesNotMakeTheWalGrowForEver) {
  auto writer = stream()->writer("a");
  append(**writer, 1);
  auto staying = plain();
  ASSERT_TRUE(staying.execute("BEGIN; SELECT count(*) FROM events"));
  for (int n = 0; n < 20; ++n) append(**writer, 8000);
  EXPECT_EQ(range().last, 160'001U);
  ASSERT_GT(fs::file_size(path() + "-wal"), 40U << 20U) << "the reader held nothing up";
  ASSERT_TRUE(staying.execute("COMMIT"));
  for (int n = 0; n < 6; ++n) append(**writer, 8000);
  EXPECT_LE(fs::file_size(path() + "-wal"), 17U << 20U);
}

TEST_F(TroubleTest, MemoryDoesNotGrowWithTheStream) {
#ifdef HEADWATER_SANITIZED
  GTEST_SKIP() << "a sanitizer's memory would be measured";
#endif
  const auto outcome =
      rig::run({.words = {HEADWATER_EMBEDDED_CHILD, path(), "append", "a", "300000", "3000"}});
  ASSERT_EQ(outcome.exit, rig::Exit{}) << outcome.errors;
  ASSERT_GT(fs::file_size(path()), 90U << 20U);
  const std::string mark = "VmHWM:";
  const auto at = outcome.output.find(mark);
  ASSERT_NE(at, std::string::npos);
  EXPECT_LT(std::stoi(outcome.output.substr(at + mark.size())), 32 * 1024) << "KiB";
}

}  // namespace
}  // namespace headwater::embedded
