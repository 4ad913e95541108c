// The rows that were there before, read while writers go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

#include "src/sources/sqlite/feed/feed_rig.h"
#include "src/sources/sqlite/feed/key_text.h"
#include "src/sources/sqlite/feed/log_source.h"
#include "testing/rig/retried.h"

namespace headwater::sqlite {
namespace {

using testing::ElementsAre;

class LogSnapshotTest : public testing::TestWithParam<const char*> {
 protected:
  FeedRig rig{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Modes, LogSnapshotTest, testing::Values("wal", "delete"),
                         [](const auto& mode) { return std::string(mode.param); });

TEST_P(LogSnapshotTest, SnapshotComesBeforeTheChangesOfItsRows) {
  rig.run("INSERT INTO item VALUES(1, 'a'), (2, 'b'), (3, 'c')");
  rig.add_relay("r", true);
  rig.run(
      "UPDATE item SET v = 'B' WHERE k = 2; INSERT INTO item VALUES(9, 'new');"
      "DELETE FROM item WHERE k = 3; INSERT INTO item VALUES(3, 'again')");
  auto source = rig.source("r");
  must(source->open({}));
  EXPECT_THAT(briefs(read_all(*source)),
              ElementsAre("read item i2 i2,tb", "update item i2 i2,tB", "insert item i9 i9,tnew",
                          "read item i3 i3,tc", "remove item i3", "insert item i3 i3,tagain",
                          "read item i1 i1,ta"));
}

/// Applies changes to a map and checks that each makes sense.
class Fold {
 public:
  void apply(const Change& change) {
    const std::string key = change.table + " " + key_text(values_of(change.key));
    ASSERT_TRUE(ids_.insert(change.id).second) << "twice: " << change.id;
    switch (change.op) {
      case Op::read:
        ASSERT_TRUE(read_.insert(key).second) << "read twice: " << key;
        ASSERT_FALSE(touched_.contains(key)) << "read after a change: " << key;
        rows_[key] = key_text(values_of(change.after));
        return;
      case Op::insert:
        ASSERT_FALSE(rows_.contains(key)) << "inserted, but there: " << key;
        rows_[key] = key_text(values_of(change.after));
        break;
      case Op::update:
        ASSERT_TRUE(rows_.contains(key)) << "updated, but not there: " << key;
        ASSERT_EQ(rows_[key], key_text(values_of(change.before))) << key;
        rows_[key] = key_text(values_of(change.after));
        break;
      case Op::remove:
        ASSERT_TRUE(rows_.contains(key)) << "removed, but not there: " << key;
        ASSERT_EQ(rows_[key], key_text(values_of(change.before))) << key;
        rows_.erase(key);
        break;
      default:
        FAIL();
    }
    touched_.insert(key);
  }
  [[nodiscard]] const std::map<std::string, std::string>& rows() const { return rows_; }
  [[nodiscard]] std::size_t reads() const { return read_.size(); }

 private:
  std::set<std::string> ids_, read_, touched_;
  std::map<std::string, std::string> rows_;
};

void random_change(Database& writer, std::mt19937& random) {
  const auto k = std::to_string(random() % 300);
  const std::string word =
      std::string(1, static_cast<char>((random() % 2 == 0 ? 'a' : 'A') + random() % 20)) + k;
  const auto v = std::to_string(random());
  switch (random() % 6) {
    case 0:
      must(writer.execute("INSERT OR IGNORE INTO item VALUES(" + k + ", " + v + ")"));
      break;
    case 1:
      must(writer.execute("UPDATE item SET v = " + v + " WHERE k = " + k));
      break;
    case 2:
      must(writer.execute("DELETE FROM item WHERE k = " + k));
      break;
    case 3:
      must(writer.execute("INSERT OR IGNORE INTO word VALUES('" + word + "', 1, " + v + ")"));
      break;
    case 4:
      must(writer.execute("UPDATE word SET v = " + v + " WHERE w >= '" + word + "' AND w < '" +
                          word + "zz'"));
      break;
    default:
      must(writer.execute("DELETE FROM word WHERE w = '" + word + "'"));
  }
}

TEST_P(LogSnapshotTest, TellsHowFarTheSnapshotIs) {
  rig.run("INSERT INTO item VALUES(1, 'a'), (2, 'b'), (3, 'c')");
  rig.run("INSERT INTO word VALUES('x', 1, NULL)");
  rig.add_relay("r", true);
  auto source = rig.source("r");
  must(source->open({}));
  // The tables come in no order that is promised.
  std::map<std::string, std::uint64_t> done;
  ChangeBatch batch = must(source->read({1, 1U << 20U}, Milliseconds(0), {}));
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(batch.changes.size(), 1U);
    if (batch.snapshot) {
      EXPECT_EQ(batch.snapshot->total, 0U);
      EXPECT_FALSE(batch.backlog);
      done[batch.snapshot->table] = batch.snapshot->done;
    }
    batch = must(source->read({1, 1U << 20U}, Milliseconds(0), {}));
  }
  EXPECT_EQ(done.size(), 2U);
  EXPECT_FALSE(batch.snapshot);
  EXPECT_TRUE(batch.current);
}

TEST_P(LogSnapshotTest, SnapshotJoinsWhileWritersGoOnAndResumesAnywhere) {
  std::mt19937 random(7);
  {
    auto writer = rig.connect();
    must(writer.execute("BEGIN"));
    for (int i = 0; i < 3000; ++i) random_change(writer, random);
    must(writer.execute("COMMIT"));
  }
  const auto existing =
      rig.number("SELECT (SELECT count(*) FROM item) + (SELECT count(*) FROM word)");
  rig.add_relay("r", true);
  std::jthread busy([&](const std::stop_token& stop) {
    auto writer = rig.connect();
    std::mt19937 others(8);
    for (int i = 0; i < 4000 && !stop.stop_requested(); ++i) random_change(writer, others);
  });

  Fold fold;
  Position at;
  bool current = false;
  for (int round = 0; !current; ++round) {
    auto source = rig.source("r");
    must(rig::retried([&] { return source->open(at); }));
    for (int i = 0; i < 3 && !current; ++i) {
      Position read_to = at;
      auto batch =
          must(rig::read_on(*source, read_to, {1 + random() % 90, 1U << 20U}, Milliseconds(0)));
      // A crash undoes what the stream did not have yet: any part of the batch.
      const std::size_t kept =
          round % 2 == 0 ? batch.changes.size() : random() % (batch.changes.size() + 1);
      for (std::size_t k = 0; k < kept; ++k) fold.apply(batch.changes[k]);
      ASSERT_FALSE(HasFatalFailure());
      if (kept > 0) at = batch.changes[kept - 1].position;
      if (kept == batch.changes.size()) at = batch.position;
      if (kept < batch.changes.size()) break;
      current = batch.current && batch.backlog.has_value();
      if (current) busy.request_stop();
    }
  }
  busy.join();
  EXPECT_EQ(fold.reads(), static_cast<std::size_t>(existing));
  auto source = rig.source("r");
  must(source->open(at));
  for (const auto& change : read_all(*source)) fold.apply(change);
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(fold.rows().size(),
            static_cast<std::size_t>(
                rig.number("SELECT (SELECT count(*) FROM item) + (SELECT count(*) FROM word)")));
}

}  // namespace
}  // namespace headwater::sqlite
