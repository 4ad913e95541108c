// The file itself: which files are recognized as a stream, and what other programs find in one.
#include "src/streams/embedded/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "src/streams/embedded/sample.h"
#include "src/streams/embedded/test_stream.h"

namespace headwater::embedded {
namespace {

using ::testing::HasSubstr;

class FileTest : public StreamTest {
 protected:
  /// prepare(), writer(), reader() and check() all refuse with this error.
  void expect_refused(const std::string& name) const {
    auto prepared = stream()->prepare("a");
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().name, name);
    auto writer = stream()->writer("a");
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().name, name);
    EXPECT_EQ(writer.error().remedy, Remedy::stop);
    EXPECT_EQ(writer.error().origin, Origin::stream);
    EXPECT_THAT(writer.error().message, HasSubstr(path()));
    EXPECT_FALSE(writer.error().next.empty());
    auto reader = stream()->reader();
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().name, name);
    EXPECT_EQ(stream()->check("a").front().kind, Finding::Kind::problem);
  }
};

TEST_F(FileTest, BeforePrepareNothingIsMadeAndThePersonIsToldWhatToType) {
  auto writer = stream()->writer("a");
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().name, "stream.not_prepared");
  EXPECT_THAT(writer.error().next, HasSubstr("headwater init"));
  ASSERT_FALSE(stream()->reader());
  EXPECT_EQ(stream()->check("a").front().kind, Finding::Kind::problem);
  EXPECT_TRUE(stream()->remove("a"));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(FileTest, AnEmptyFileIsNotPreparedYetAndCanBe) {
  std::ofstream(path()).close();
  auto writer = stream()->writer("a");
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().name, "stream.not_prepared");
  prepare();
  EXPECT_TRUE(stream()->writer("a"));
}

TEST_F(FileTest, AFolderThatIsMissingIsNamed) {
  const auto lost = make_stream({.path = folder_ / "none/events.db"}, clock_);
  auto prepared = lost->prepare("a");
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().name, "stream.cannot_open");
}

TEST_F(FileTest, ANewerVersionIsRefusedNamingBoth) {
  prepare();
  fill(1);
  ASSERT_TRUE(plain().execute("PRAGMA user_version=2"));
  expect_refused("stream.newer_version");
  auto writer = stream()->writer("a");
  EXPECT_THAT(writer.error().message, HasSubstr("version 2"));
  EXPECT_THAT(writer.error().message, HasSubstr("up to 1"));
}

TEST_F(FileTest, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  ASSERT_TRUE(plain().execute("CREATE TABLE orders(id); INSERT INTO orders VALUES (1)"));
  expect_refused("stream.other_application");
  EXPECT_EQ(*plain().integer("SELECT count(*) FROM sqlite_schema"), 1);
  EXPECT_EQ(*plain().text("PRAGMA journal_mode"), "delete");
}

TEST_F(FileTest, AnotherApplicationIsRefused) {
  ASSERT_TRUE(plain().execute("PRAGMA application_id=7"));
  expect_refused("stream.other_application");
}

TEST_F(FileTest, AFileThatIsNoDatabaseIsRefused) {
  std::ofstream(path()) << std::string(10'000, 'x');
  expect_refused("stream.not_a_database");
}

TEST_F(FileTest, AppendsAreDurableOnCommit) {
  prepare();
  auto database = open_for_append(path(), Milliseconds(0));
  ASSERT_TRUE(database);
  EXPECT_EQ(*database->text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(*database->integer("PRAGMA synchronous"), 2);
}

TEST_F(FileTest, TheStoredSampleReadsBackExactly) {
  std::filesystem::copy_file(std::string(HEADWATER_SAMPLES) + "/v1.db", path());
  auto writer = stream()->writer("orders");
  ASSERT_TRUE(writer) << writer.error().message;
  const auto expected = sample_events();
  EXPECT_EQ(
      (*writer)->tail()->tail(),
      (Tail{.sequence = 4, .position = Position{sample_position}, .source = expected[0].source}));
  auto other = stream()->writer("other \"relay\"");
  EXPECT_EQ((*other)->tail()->tail(),
            (Tail{.sequence = 0, .position = Position{"elsewhere"}, .source = "sqlite:other"}));
  auto reader = stream()->reader();
  ASSERT_TRUE(reader);
  EXPECT_EQ(*(*reader)->acknowledged("billing"), 3U);
  auto database = plain();
  EXPECT_NE(*life_of(database), 0);
  EXPECT_EQ(*database.integer("SELECT max(sequence) FROM marks"), 4);
  auto found = (*reader)->read(1, {.count = 10, .bytes = 1U << 20U}, {}, {});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), expected.size() - 1);
  for (std::size_t n = 0; n < found->size(); ++n) {
    EXPECT_EQ((*found)[n].sequence, n + 2);
    EXPECT_TRUE((*found)[n].event == expected[n + 1]) << n;
  }
  // And accepts more.
  auto appended = (*writer)->append((*writer)->tail()->tail(), {expected.data(), 1}, Position{"5"},
                                    expected[0].source);
  ASSERT_TRUE(appended);
  EXPECT_EQ(appended->tail().sequence, 5U);
}

TEST_F(FileTest, PlainSqliteReadsTheEventsAsCloudEvents) {
  prepare();
  auto writer = stream()->writer("orders");
  auto events = sample_events();
  events.resize(3);
  for (Event& event : events) event.time += std::chrono::milliseconds(7);
  events[1].subject = "name=\"Ada\\\"\n\té水";
  ASSERT_TRUE((*writer)->append({}, events, Position{"3"}, events[0].source));
  auto database = plain();
  for (std::size_t n = 0; n < events.size(); ++n) {
    auto json = database.text("SELECT json FROM event WHERE sequence = " + std::to_string(n + 1));
    ASSERT_TRUE(json) << json.error().message;
    EXPECT_EQ(*json, to_json({.sequence = n + 1, .event = events[n]}));
  }
  EXPECT_EQ(*database.text("SELECT id FROM event WHERE sequence = 2"), events[1].id);
  EXPECT_EQ(*database.integer("SELECT count(*) FROM event WHERE json_valid(json)"), 3);
}

TEST_F(FileTest, TheSharedPartOfIdsIsStoredOnce) {
  prepare();
  auto writer = stream()->writer("orders");
  const auto events = sample_events();
  ASSERT_TRUE((*writer)->append({}, events, Position{"4"}, events[0].source));
  auto database = plain();
  EXPECT_EQ(*database.text("SELECT id FROM events WHERE sequence = 2"), ":2");
  EXPECT_EQ(*database.text("SELECT id FROM events WHERE sequence = 3"), events[2].id);
  EXPECT_EQ(*database.integer("SELECT count(*) FROM kinds"), 4);
}

TEST_F(FileTest, CheckSaysWhatIsThere) {
  prepare();
  fill(12);
  std::string all;
  for (const Finding& finding : stream()->check("a")) {
    EXPECT_NE(finding.kind, Finding::Kind::problem) << finding.what;
    all += finding.what + "\n";
  }
  for (const char* part : {"version 1", "size: ", "1 to 12 (12)", "its last event is 12",
                           "retention: none", "permissions: ", "free disk: ", "durability: "}) {
    EXPECT_THAT(all, HasSubstr(part));
  }
}

}  // namespace
}  // namespace headwater::embedded
