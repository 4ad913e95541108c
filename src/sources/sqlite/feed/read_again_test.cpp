// Rows read again on request, while writers go on and relays crash.
#include "src/sources/sqlite/capture/read_again.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>

#include "src/sources/sqlite/feed/feed_rig.h"
#include "src/sources/sqlite/feed/key_text.h"
#include "src/sources/sqlite/feed/named_position.h"
#include "testing/rig/retried.h"

namespace headwater::sqlite {
namespace {

using testing::ElementsAre;

class ReadAgainTest : public testing::TestWithParam<const char*> {
 protected:
  /// As `headwater snapshot` does for a relay whose stream is at `tail`.
  Result<void> request(const Position& tail, const std::vector<std::string>& tables,
                       const std::string& filter = "") {
    auto database = rig.connect();
    auto first = first_open_task(database, rig.options("r").scope, tail);
    if (!first) return failed(first);
    return read_again(database,
                      {.relay = "r", .tables = tables, .filter = filter, .first_open = *first});
  }
  std::string refused(const Position& tail, const std::vector<std::string>& tables,
                      const std::string& filter = "") {
    auto asked = request(tail, tables, filter);
    return asked ? "not refused" : asked.error().name;
  }

  FeedRig rig{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Modes, ReadAgainTest, testing::Values("wal", "delete"),
                         [](const auto& mode) { return std::string(mode.param); });

TEST_P(ReadAgainTest, AnOpenFeedReadsTheRowsBetweenTheChanges) {
  rig.run("INSERT INTO item VALUES(1, 'a'), (2, 'b'), (3, 'c')");
  rig.run("INSERT INTO word VALUES('x', 1, NULL)");
  rig.add_relay("r", true);
  auto source = rig.source("r");
  must(source->open({}));
  Position at;
  ASSERT_EQ(read_all(*source, {100, 1U << 20U}, &at).size(), 4U);
  rig.run("UPDATE item SET v = 'A' WHERE k = 1");
  must(request(at, {"ITEM", "item"}));
  rig.run("UPDATE item SET v = 'B' WHERE k = 2; DELETE FROM item WHERE k = 3");
  rig.run("INSERT INTO item VALUES(4, 'd')");
  EXPECT_THAT(briefs(read_all(*source, {100, 1U << 20U}, &at)),
              ElementsAre("update item i1 i1,tA", "read item i2 i2,tb", "update item i2 i2,tB",
                          "read item i3 i3,tc", "remove item i3", "insert item i4 i4,td",
                          "read item i1 i1,tA"));
}

TEST_P(ReadAgainTest, EachReadingHasIdsOfItsOwnAndKeepsThem) {
  rig.run("INSERT INTO item VALUES(1, 'a'), (2, 'b')");
  rig.add_relay("r", true);
  std::set<std::string> ids;
  const auto read = [&](const Position& from, Position* to) {
    auto source = rig.source("r");
    must(source->open(from));
    auto changes = read_all(*source, {1, 1U << 20U}, to);
    EXPECT_EQ(changes.size(), 2U);
    std::vector<std::string> found;
    found.reserve(changes.size());
    for (const auto& change : changes) found.push_back(change.id);
    return found;
  };
  // Nothing changes between the readings, so all are at one point.
  Position at;
  for (const auto& id : read({}, &at)) ids.insert(id);
  for (int time = 0; time < 2; ++time) {
    must(request(at, {"item"}));
    const Position before = at;
    const auto first = read(before, &at);
    EXPECT_EQ(read(before, &at), first);
    for (const auto& id : first) EXPECT_TRUE(ids.insert(id).second) << "twice: " << id;
  }
  EXPECT_EQ(ids.size(), 6U);
}

TEST_P(ReadAgainTest, OnlyOneAtATime) {
  rig.run("INSERT INTO item VALUES(1, 'a')");
  rig.add_relay("r", true);
  EXPECT_EQ(refused({}, {"item"}), "source.snapshot_running");  // the first one has not begun
  auto source = rig.source("r");
  must(source->open({}));
  Position at;
  (void)read_all(*source, {100, 1U << 20U}, &at);
  must(request(at, {"item", "word"}));
  EXPECT_EQ(refused(at, {"item"}), "source.snapshot_running");
  EXPECT_EQ(rig.number("SELECT count(*) FROM _headwater_snapshots WHERE reason = 'requested'"), 2);
  (void)read_all(*source, {100, 1U << 20U}, &at);
  must(request(at, {"item"}));
}

TEST_P(ReadAgainTest, TheTableIsOneOfTheRelays) {
  rig.add_relay("other", false);
  rig.add_relay("r", false, {{"item"}});
  auto unknown = request({}, {"item", "itme"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().name, "source.no_such_table");
  EXPECT_THAT(unknown.error().message, testing::HasSubstr("did you mean 'item'?"));
  EXPECT_EQ(refused({}, {"word"}), "source.not_in_scope");
  EXPECT_EQ(rig.number("SELECT count(*) FROM _headwater_snapshots"), 0);
  must(request({}, {"item"}));  // a relay that never ran does it when it does
}

/// A row that changes before its turn is in its change, whether the filter selected it or not.
TEST_P(ReadAgainTest, AFilterSelectsRows) {
  rig.add_relay("r", false);
  rig.run("INSERT INTO item VALUES(1, 'a'), (2, 'b'), (3, 'a'), (4, 'a'), (5, 'b'), (6, 'a')");
  auto source = rig.source("r");
  must(source->open({}));
  Position at;
  ASSERT_EQ(read_all(*source, {100, 1U << 20U}, &at).size(), 6U);
  must(request(at, {"item"}, "v = 'a' -- not all"));
  rig.run("UPDATE item SET v = 'A' WHERE k = 3; DELETE FROM item WHERE k = 4");
  rig.run("UPDATE item SET v = 'a' WHERE k = 5");
  const Position before = at;
  const std::vector<std::string> expected{"update item i3 i3,tA", "remove item i4",
                                          "update item i5 i5,ta", "read item i1 i1,ta",
                                          "read item i6 i6,ta"};
  EXPECT_EQ(briefs(read_all(*source, {1, 1U << 20U}, &at)), expected);
  // A relay that dies anywhere does the same.
  must(source->open(before));
  const auto all = read_all(*source, {1, 1U << 20U});
  for (std::size_t kept = 1; kept <= all.size(); ++kept) {
    auto again = rig.source("r");
    must(again->open(all[kept - 1].position));
    const auto rest = read_all(*again, {1, 1U << 20U});
    ASSERT_EQ(kept + rest.size(), all.size()) << kept;
    for (std::size_t i = 0; i < rest.size(); ++i) EXPECT_EQ(rest[i].id, all[kept + i].id) << kept;
  }
}

/// A relay that was sent back to its beginning reads all rows there, and needs no more.
TEST_P(ReadAgainTest, AFilterDoesNotReplaceTheFirstSnapshot) {
  rig.run("INSERT INTO item VALUES(1, 'a'), (2, 'b'), (3, 'a')");
  rig.add_relay("r", true);
  auto source = rig.source("r");
  must(source->open({}));
  Position at;
  ASSERT_EQ(read_all(*source, {100, 1U << 20U}, &at).size(), 3U);
  rig.run("UPDATE item SET v = 'c' WHERE k = 2");
  ASSERT_EQ(read_all(*source, {100, 1U << 20U}, &at).size(), 1U);
  must(request(at, {"item"}, "v = 'a'"));
  ASSERT_EQ(read_all(*source, {100, 1U << 20U}, &at).size(), 2U);
  auto again = rig.source("r");
  must(again->open({}));
  EXPECT_THAT(briefs(read_all(*again)), ElementsAre("read item i2 i2,tb", "update item i2 i2,tc",
                                                    "read item i1 i1,ta", "read item i3 i3,ta"));
}

TEST_P(ReadAgainTest, AFilterIsOneExpressionOverOneRow) {
  rig.add_relay("r", false);
  for (const char* filter :
       {"v =", "nothing = 1", "v = ?", "count(*) > 1", "1) OR (1", "1; DELETE FROM item", "1 /*",
        "1 THEN 1 END, CASE WHEN 1", "1) UNION SELECT (2"}) {
    EXPECT_EQ(refused({}, {"item"}, filter), "source.bad_filter") << filter;
  }
  EXPECT_EQ(rig.number("SELECT count(*) FROM _headwater_snapshots"), 0);
  must(request({}, {"item"}, "k IN (SELECT n FROM word) OR item.v IS NULL"));
}

/// Nobody can know that when it is asked for.
TEST_P(ReadAgainTest, AFilterMayFailAtARow) {
  rig.run("INSERT INTO item VALUES(1, '{}'), (2, 'no JSON')");
  rig.add_relay("r", false);
  must(request({}, {"item"}, "v ->> 'a' IS NULL"));
  auto source = rig.source("r");
  must(source->open({}));
  auto batch = source->read({100, 1U << 20U}, Milliseconds(0), {});
  ASSERT_TRUE(batch);
  EXPECT_EQ(briefs(batch->changes), std::vector<std::string>{"read item i1 i1,t%7B%7D"});
  batch = source->read({100, 1U << 20U}, Milliseconds(0), {});
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().name, "source.bad_filter");
  EXPECT_THAT(batch.error().next, testing::HasSubstr("position -c FILE set latest"));
}

/// The rows as the events so far give them. A row read again must be as it is there already.
class KnownRows {
 public:
  void apply(const Change& change) {
    const std::string key = change.table + " " + key_text(values_of(change.key));
    ASSERT_TRUE(ids_.insert(change.id).second) << "twice: " << change.id;
    const auto image =
        change.after ? std::optional(key_text(values_of(change.after))) : std::nullopt;
    const auto known = rows_.find(key);
    if (change.op == Op::read) {
      ASSERT_NE(known, rows_.end()) << "read, but not there: " << change.id;
      ASSERT_EQ(known->second, image) << "read in another state: " << change.id;
      ++read_again_;
      return;
    }
    if (change.before) {
      ASSERT_NE(known, rows_.end()) << key;
      ASSERT_EQ(known->second, key_text(values_of(change.before))) << key;
    } else {
      ASSERT_EQ(known, rows_.end()) << key;
    }
    if (image) {
      rows_[key] = *image;
    } else {
      rows_.erase(key);
    }
  }
  [[nodiscard]] std::int64_t read_again() const { return read_again_; }
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }

 private:
  std::set<std::string> ids_;
  std::map<std::string, std::string> rows_;
  std::int64_t read_again_ = 0;
};

/// Steps of a writer, a relay that crashes, and a person, in an order that a seed decides.
class Interleaving {
 public:
  Interleaving(FeedRig& rig, unsigned seed) : rig_(rig), random_(seed) {}

  void write() {
    const std::string k = std::to_string(random_() % 60);
    const std::string v = std::to_string(random_());
    const std::string table = random_() % 2 == 0 ? "item" : "word";
    const std::string key = table == "item" ? "k" : "n";
    switch (random_() % 3) {
      case 0:
        rig_.run(table == "item" ? "INSERT OR IGNORE INTO item VALUES(" + k + ", " + v + ")"
                                 : "INSERT OR IGNORE INTO word VALUES('w', " + k + ", " + v + ")");
        return;
      case 1:
        rig_.run("UPDATE " + table + " SET v = " + v + " WHERE " + key + " = " + k);
        return;
      default:
        rig_.run("DELETE FROM " + table + " WHERE " + key + " = " + k);
    }
  }

  void crash() {
    source_ = rig_.source("r");
    must(rig::retried([&] { return source_->open(at_); }));
  }

  /// A part of a batch may be all that the stream has when the relay crashes.
  void read() {
    if (source_ == nullptr) crash();
    auto batch = must(rig::retried([&] {
      return source_->read({1 + random_() % 9, 1U << 20U}, Milliseconds(0), {});
    }));
    const std::size_t there = batch.changes.size();
    const std::size_t kept = random_() % 4 == 0 ? random_() % (there + 1) : there;
    for (std::size_t i = 0; i < kept; ++i) fold.apply(batch.changes[i]);
    if (kept > 0) at_ = batch.changes[kept - 1].position;
    if (kept == there) at_ = batch.position;
    must(source_->release(durable(at_)));
    if (kept < there) crash();
    done_ = kept == there && batch.changes.empty() && batch.backlog == 0;
  }
  void read_to_the_end() {
    do {
      read();
    } while (!done_);
  }

  [[nodiscard]] const Position& at() const { return at_; }
  [[nodiscard]] std::uint64_t pick(unsigned most) { return random_() % most; }

  KnownRows fold;

 private:
  FeedRig& rig_;
  std::mt19937 random_;
  std::unique_ptr<LogSource> source_;
  Position at_;
  bool done_ = false;
};

TEST_P(ReadAgainTest, JoinsWhileAWriterGoesOnAndTheRelayCrashes) {
  rig.add_relay("r", false);
  Interleaving steps(rig, 11);
  std::int64_t due = 0;  // rows of all requests
  int requests = 0;
  for (int i = 0; i < 3000 && !HasFatalFailure(); ++i) {
    const std::uint64_t step = steps.pick(40);
    if (step < 20) {
      steps.write();
    } else if (step < 37) {
      steps.read();
    } else if (step < 38) {
      steps.crash();
    } else {
      const bool both = step == 38;
      const auto rows =
          rig.number(both ? "SELECT (SELECT count(*) FROM item) + (SELECT count(*) FROM word)"
                          : "SELECT count(*) FROM item");
      auto asked = request(steps.at(), both ? std::vector<std::string>{"item", "word"}
                                            : std::vector<std::string>{"item"});
      if (!asked) {
        ASSERT_EQ(asked.error().name, "source.snapshot_running") << asked.error().message;
        continue;
      }
      due += rows;
      ++requests;
    }
  }
  ASSERT_FALSE(HasFatalFailure());
  steps.read_to_the_end();
  EXPECT_GT(requests, 10);
  EXPECT_EQ(steps.fold.read_again(), due);
  EXPECT_EQ(static_cast<std::int64_t>(steps.fold.rows()),
            rig.number("SELECT (SELECT count(*) FROM item) + (SELECT count(*) FROM word)"));
}

}  // namespace
}  // namespace headwater::sqlite
