#include "src/sources/sqlite/audit/log_audit.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "src/sources/sqlite/capture/read_again.h"
#include "src/sources/sqlite/feed/feed_rig.h"
#include "src/sources/sqlite/feed/key_text.h"

namespace headwater::sqlite {
namespace {

class LogAuditTest : public ::testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<LogAudit> audit() {
    return must(LogAudit::connect({.path = rig.path(), .scope = rig.options("r").scope}));
  }

  /// The events that the relay would have appended to its stream.
  std::vector<StoredEvent> published(const std::vector<Change>& changes) {
    std::vector<StoredEvent> events;
    for (const auto& change : changes) {
      StoredEvent stored;
      stored.sequence = events.size() + 1;
      stored.event.id = change.id;
      stored.event.type = EventType("shop", "item", change.op == Op::gap ? "gap" : "other");
      events.push_back(std::move(stored));
    }
    return events;
  }

  static IdFindings end(LogAudit& audit) {
    for (;;) {
      if (must(audit.pending({100, 1U << 20U})).empty()) break;
    }
    return must(audit.findings({}));
  }

  FeedRig rig{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Modes, LogAuditTest, ::testing::Values("wal", "delete"),
                         [](const auto& mode) { return std::string(mode.param); });

TEST_P(LogAuditTest, CountsExactly) {
  rig.add_relay("r", false);
  auto source = rig.source("r");
  must(source->open({}));
  for (int i = 0; i < 20; ++i) rig.run("INSERT INTO item VALUES(NULL, 1)");
  Position at;
  const auto changes = read_all(*source, {100, 1U << 20U}, &at);
  for (int i = 0; i < 3; ++i) rig.run("INSERT INTO item VALUES(NULL, 2)");

  auto events = published(changes);
  std::swap(events[4], events[5]);                  // 5 is after 6
  events.erase(events.begin() + 9);                 // 10 is lost
  events.insert(events.begin() + 15, events[2]);    // 3 comes again
  events.erase(events.begin() + 18, events.end());  // the last two are lost: 19 and 20

  auto audit = this->audit();
  must(audit->begin(at));
  rig.run("INSERT INTO item VALUES(NULL, 3)");  // after the point
  for (const auto& event : events) EXPECT_TRUE(must(audit->observe(event)));
  StoredEvent late = events[0];
  late.event.id = changes[0].id.substr(0, changes[0].id.find(':')) + ":24";
  EXPECT_FALSE(must(audit->observe(late)));

  const auto found = end(*audit);
  EXPECT_EQ(found.committed, 23U);
  EXPECT_EQ(found.published, 17U);
  EXPECT_EQ(found.lost, 3U);
  EXPECT_EQ(found.repeated, 1U);
  EXPECT_EQ(found.out_of_order, 1U);
  EXPECT_EQ(found.aged_out, 0U);
  EXPECT_EQ(found.pending, 3U);
  EXPECT_EQ(found.examples.size(), 4U);
}

TEST_P(LogAuditTest, WhatRetentionTookIsNotLost) {
  rig.add_relay("r", false);
  auto source = rig.source("r");
  must(source->open({}));
  for (int i = 0; i < 20; ++i) rig.run("INSERT INTO item VALUES(NULL, 1)");
  Position at;
  const auto events = published(read_all(*source, {100, 1U << 20U}, &at));
  auto audit = this->audit();
  must(audit->begin(at));
  audit->stream_has_aged(true);
  for (std::size_t i = 12; i < events.size(); ++i) (void)must(audit->observe(events[i]));
  const auto found = end(*audit);
  EXPECT_EQ(found.committed, 20U);
  EXPECT_EQ(found.aged_out, 12U);
  EXPECT_EQ(found.published, 8U);
  EXPECT_EQ(found.lost, 0U);
}

/// Its first event is not the stream's.
TEST_P(LogAuditTest, WhatIsLostBehindAnotherRelaysEventsIsLost) {
  rig.add_relay("r", false);
  auto source = rig.source("r");
  must(source->open({}));
  for (int i = 0; i < 20; ++i) rig.run("INSERT INTO item VALUES(NULL, 1)");
  Position at;
  auto events = published(read_all(*source, {100, 1U << 20U}, &at));
  auto audit = this->audit();
  must(audit->begin(at));
  audit->stream_has_aged(false);
  for (std::size_t i = 2; i < events.size(); ++i) {
    events[i].sequence += 100;
    (void)must(audit->observe(events[i]));
  }
  const auto found = end(*audit);
  EXPECT_EQ(found.lost, 2U);
  EXPECT_EQ(found.aged_out, 0U);
}

TEST_P(LogAuditTest, OnlyTablesInScopeCount) {
  rig.add_relay("all", false);
  rig.add_relay("r", false, {{"item"}});
  auto source = rig.source("r");
  must(source->open({}));
  for (int i = 0; i < 10; ++i) {
    rig.run("INSERT INTO item VALUES(NULL, 1)");
    rig.run("INSERT INTO word VALUES('x', " + std::to_string(i) + ", 1)");
  }
  Position at;
  auto events = published(read_all(*source, {100, 1U << 20U}, &at));
  ASSERT_EQ(events.size(), 10U);
  events.erase(events.begin() + 3);
  auto audit = this->audit();
  must(audit->begin(at));
  for (const auto& event : events) (void)must(audit->observe(event));
  const auto found = end(*audit);
  EXPECT_EQ(found.committed, 10U);
  EXPECT_EQ(found.lost, 1U);
}

TEST_P(LogAuditTest, ASnapshotsRowsAreCountedOnce) {
  rig.run("INSERT INTO item VALUES(1, 1), (2, 2)");
  rig.add_relay("r", true);
  auto source = rig.source("r");
  must(source->open({}));
  Position at;
  auto events = published(read_all(*source, {100, 1U << 20U}, &at));
  ASSERT_EQ(events.size(), 2U);
  events.push_back(events[0]);
  auto audit = this->audit();
  must(audit->begin(at));
  for (const auto& event : events) (void)must(audit->observe(event));
  const auto found = end(*audit);
  EXPECT_EQ(found.repeated, 1U);
  EXPECT_EQ(found.committed, 0U);
}

/// A reading on request has ids of its own, at whatever point it is; what the stream lacks of it is
/// not due yet.
TEST_P(LogAuditTest, RowsReadOnRequestAreCountedOnce) {
  rig.run("INSERT INTO item VALUES(1, 1), (2, 2)");
  rig.add_relay("r", true);
  auto source = rig.source("r");
  must(source->open({}));
  Position at;
  auto changes = read_all(*source, {100, 1U << 20U}, &at);
  auto writer = rig.connect();
  must(read_again(writer, {.relay = "r", .tables = {"item"}, .first_open = 2}));
  auto some = must(source->read({1, 1U << 20U}, Milliseconds(0), {}));
  ASSERT_EQ(some.changes.size(), 1U);
  changes.push_back(some.changes[0]);
  auto events = published(changes);
  ASSERT_EQ(events.size(), 3U);

  auto audit = this->audit();
  must(audit->begin(some.position));
  for (const auto& event : events) (void)must(audit->observe(event));
  const auto pending = must(audit->pending({100, 1U << 20U}));
  ASSERT_EQ(pending.size(), 1U);
  EXPECT_EQ(brief(pending[0]), "read item i2 i2,i2");
  EXPECT_EQ(end(*audit).repeated, 0U);

  events.push_back(events[2]);
  auto again = this->audit();
  must(again->begin(some.position));
  for (const auto& event : events) (void)must(again->observe(event));
  EXPECT_EQ(end(*again).repeated, 1U);
}

/// Rows and pending changes belong to one point, whatever the writers do at the same time.
TEST_P(LogAuditTest, RowsAreThoseOfThePointWhileWritersGoOn) {
  rig.run(
      "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
      "INSERT INTO item SELECT i, i FROM n");
  rig.run("INSERT INTO word SELECT 'W' || k, k, k FROM item WHERE k % 5 = 0");
  rig.add_relay("r", true);
  auto source = rig.source("r");
  must(source->open({}));
  const auto some = must(source->read({500, 1U << 20U}, Milliseconds(0), {}));
  std::map<std::string, std::string> fold;
  const auto apply = [&](const Change& change) {
    const std::string key = change.table + key_text(values_of(change.key));
    if (change.after) {
      fold[key] = key_text(values_of(change.after));
    } else {
      fold.erase(key);
    }
  };
  for (const auto& change : some.changes) apply(change);

  auto writer = rig.connect();
  const auto churn = [&](int round) {
    const std::string n = std::to_string(round);
    must(writer.execute("UPDATE item SET v = -v WHERE k % 37 = " + std::to_string(round % 37)));
    must(writer.execute("DELETE FROM item WHERE k = 3 * " + n));
    must(writer.execute("INSERT INTO item VALUES(100000 + " + n + ", 0)"));
    must(writer.execute("DELETE FROM word WHERE n = 5 * " + n));
  };
  for (int round = 1; round < 20; ++round) churn(round);
  auto audit = this->audit();
  must(audit->begin(some.position));
  const auto expected =
      rig.number("SELECT count(*) FROM item") + rig.number("SELECT count(*) FROM word");
  const auto sum = rig.number("SELECT sum(v) FROM item");
  int round = 20;
  for (;;) {
    const auto pending = must(audit->pending({100, 1U << 20U}));
    if (pending.empty()) break;
    for (const auto& change : pending) apply(change);
    churn(++round);
  }
  std::int64_t rows = 0;
  std::int64_t found_sum = 0;
  for (;;) {
    const auto some_rows = must(audit->rows({100, 1U << 20U}));
    if (some_rows.empty()) break;
    rows += static_cast<std::int64_t>(some_rows.size());
    for (const auto& row : some_rows) {
      const std::string key = row.table + key_text(values_of(row.key));
      ASSERT_TRUE(fold.contains(key)) << key;
      EXPECT_EQ(fold[key], key_text(values_of(row.after))) << key;
      fold.erase(key);
      if (row.table == "item") found_sum += std::get<std::int64_t>(values_of(row.after)[1]);
    }
    churn(++round);
  }
  EXPECT_TRUE(fold.empty());
  EXPECT_EQ(rows, expected);
  EXPECT_EQ(found_sum, sum);
}

}  // namespace
}  // namespace headwater::sqlite
