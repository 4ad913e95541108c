// What a course finds when something is wrong with its stream.
#include "testing/soak/course.h"

#include <gtest/gtest.h>

#include <string>

#include "testing/nats/nats_stream.h"
#include "testing/rig/sqlite_files.h"

namespace headwater::soak {
namespace {

constexpr std::uint64_t transactions = 60;

/// Writes some transactions and publishes them. Returns what the writer counted.
rig::Tally fill(Course& course) {
  rig::Pipeline& pipeline = course.pipeline();
  EXPECT_EQ(pipeline.init(), "");
  rig::Writers writers(pipeline.source(), 1, {.transactions = transactions});
  const rig::Written written = writers.join();
  EXPECT_EQ(written.error, "");
  EXPECT_EQ(pipeline.catch_up(), "");
  return written.changes;
}

void expect_right(const Findings& found) {
  EXPECT_TRUE(found.count.right());
  EXPECT_GT(found.count.events, 0U);
  for (const std::string& wrong : found.wrong) ADD_FAILURE() << wrong;
}

void change_stream(Course& course, const std::string& sql) {
  rig::execute(course.pipeline().folder() / "disk/events.db", sql);
}

TEST(SqliteToEmbedded, NothingIsWrong) {
  const auto course = sqlite_to_embedded();
  const rig::Tally tally = fill(*course);
  expect_right(course->check(tally));
}

TEST(SqliteToEmbedded, AnEventIsLost) {
  const auto course = sqlite_to_embedded();
  const rig::Tally tally = fill(*course);
  change_stream(*course, "DELETE FROM events WHERE sequence = 5");
  const Findings found = course->check(tally);
  EXPECT_EQ(found.count.lost, 1U);
  EXPECT_FALSE(found.wrong.empty());
}

TEST(SqliteToEmbedded, AnEventIsRepeated) {
  const auto course = sqlite_to_embedded();
  const rig::Tally tally = fill(*course);
  change_stream(*course,
                "INSERT INTO events SELECT (SELECT max(sequence) + 1 FROM events), kind, time, id,"
                " subject, partition_key, data FROM events WHERE sequence = 5");
  const Findings found = course->check(tally);
  EXPECT_EQ(found.count.repeated, 1U);
  EXPECT_FALSE(found.wrong.empty());
}

/// With the ids of what was committed, so that only the shop's ledger shows it.
TEST(SqliteToEmbedded, AnEventHasAnotherContent) {
  const auto course = sqlite_to_embedded();
  const rig::Tally tally = fill(*course);
  change_stream(
      *course,
      "UPDATE events SET data = json_set(data, '$.after.total', -7) WHERE sequence ="
      " (SELECT max(sequence) FROM events WHERE json_extract(data, '$.after.total') > 0)");
  const Findings found = course->check(tally);
  EXPECT_TRUE(found.count.right());
  ASSERT_EQ(found.wrong.size(), 1U);
  EXPECT_NE(found.wrong[0].find("ledger"), std::string::npos) << found.wrong[0];
}

TEST(MongodbToNats, AnEventIsLost) {
  const auto course = mongodb_to_nats();
  const rig::Tally tally = fill(*course);
  expect_right(course->check(tally));
  const auto& server = dynamic_cast<rig::NatsStream&>(course->pipeline().stream()).server();
  server.delete_message("EVENTS", server.messages("EVENTS", "events.>").at(5).sequence);
  EXPECT_EQ(course->check(tally).count.lost, 1U);
}

}  // namespace
}  // namespace headwater::soak
