// What the feed returns when a user changes its tables.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "src/sources/sqlite/feed/feed_rig.h"
#include "src/sources/sqlite/feed/key_text.h"

namespace headwater::sqlite {
namespace {

/// A consumer that knows nothing but the events.
class Consumer {
 public:
  void apply(const Change& change) {
    EXPECT_TRUE(ids_.insert(change.id).second) << "twice: " << change.id;
    if (change.op == Op::drop || (change.op == Op::gap && change.gap->restated)) {
      std::erase_if(rows_, [&](const auto& row) {
        return change.table.empty() || row.first.first == change.table;
      });
      return;
    }
    if (change.op == Op::gap) return;
    const auto key = std::pair(change.table, key_text(values_of(change.key)));
    if (change.after) {
      rows_[key] = key_text(values_of(change.after));
    } else {
      rows_.erase(key);
    }
  }
  [[nodiscard]] const auto& rows() const { return rows_; }

 private:
  std::set<std::string> ids_;
  std::map<std::pair<std::string, std::string>, std::string> rows_;
};

class SchemaChangeTest : public ::testing::TestWithParam<const char*> {
 protected:
  SchemaChangeTest() {
    rig.run(
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
        "INSERT INTO item SELECT i, i FROM n");
    rig.run("INSERT INTO word SELECT 'w' || k, k, k FROM item");
    rig.add_relay("r", true);
  }

  /// Reads `batches` batches, each from a new process that may get only part of it out; all there
  /// is if it is negative.
  void relay(int batches) {
    for (int i = 0; i != batches; ++i) {
      auto source = rig.source("r");
      must(source->open(at_));
      const auto batch = must(source->read({1 + random_() % 150, 1U << 20U}, Milliseconds(0), {}));
      const std::size_t kept =
          random_() % 3 == 0 ? random_() % (batch.changes.size() + 1) : batch.changes.size();
      for (std::size_t k = 0; k < kept; ++k) consumer.apply(batch.changes[k]);
      if (kept > 0) at_ = batch.changes[kept - 1].position;
      if (kept == batch.changes.size()) at_ = batch.position;
      if (batches < 0 && batch.changes.empty() && batch.current) return;
    }
  }

  void expect_equal(const std::string& table, const std::string& key, const std::string& row) {
    auto database = rig.connect();
    auto rows = must(database.prepare("SELECT " + key + ", " + row + " FROM " + table));
    std::size_t count = 0;
    const int keys = must(database.prepare("SELECT " + key + " FROM " + table)).columns();
    while (must(rows.step())) {
      std::vector<Value> values;
      values.reserve(static_cast<std::size_t>(rows.columns()));
      for (int i = 0; i < rows.columns(); ++i) values.push_back(value_of(rows, i));
      const auto split = values.begin() + keys;
      const auto name = std::pair(table, key_text(std::vector(values.begin(), split)));
      const auto found = consumer.rows().find(name);
      ASSERT_NE(found, consumer.rows().end()) << name.second;
      EXPECT_EQ(found->second, key_text(std::vector(split, values.end())));
      ++count;
    }
    std::size_t known = 0;
    for (const auto& each : consumer.rows()) known += each.first.first == table ? 1U : 0U;
    EXPECT_EQ(known, count);
  }

  FeedRig rig{GetParam()};
  Consumer consumer;

 private:
  Position at_;
  std::mt19937 random_{11};
};

INSTANTIATE_TEST_SUITE_P(Modes, SchemaChangeTest, ::testing::Values("wal", "delete"),
                         [](const auto& mode) { return std::string(mode.param); });

TEST_P(SchemaChangeTest, AColumnAddedInTheMiddleOfASnapshot) {
  relay(4);
  rig.run("UPDATE item SET v = -1 WHERE k % 3 = 0");
  rig.run("ALTER TABLE item ADD COLUMN colour DEFAULT 'red'");
  rig.run("UPDATE item SET colour = 'blue' WHERE k % 7 = 0; DELETE FROM item WHERE k % 11 = 0");
  relay(5);
  rig.run("UPDATE item SET v = v + 1, colour = 'green' WHERE k % 5 = 0");
  rig.run("INSERT INTO item VALUES(5000, 1, 'white')");
  relay(-1);
  expect_equal("item", "k", "k, v, colour");
  expect_equal("word", "w, n", "w, n, v");
}

TEST_P(SchemaChangeTest, AColumnAddedAtThePointOfTheSnapshotItself) {
  relay(4);
  rig.run("ALTER TABLE item ADD COLUMN colour DEFAULT 'red'");
  relay(-1);
  expect_equal("item", "k", "k, v, colour");
}

TEST_P(SchemaChangeTest, SeveralChangesOfTheSchemaInARow) {
  for (int round = 0; round < 6; ++round) {
    relay(2);
    const std::string column = "c" + std::to_string(round);
    rig.run("ALTER TABLE item ADD COLUMN " + column);
    rig.run("UPDATE item SET " + column + " = k WHERE k % 13 = " + std::to_string(round));
    rig.run("ALTER TABLE word RENAME COLUMN " + (round == 0 ? "v" : "v" + std::to_string(round)) +
            " TO v" + std::to_string(round + 1));
    rig.run("DELETE FROM word WHERE n % 17 = " + std::to_string(round));
  }
  relay(-1);
  expect_equal("item", "k", "*");
  expect_equal("word", "w, n", "w, n, v6");
}

TEST_P(SchemaChangeTest, ATableDroppedMadeAnewAndANewOne) {
  relay(3);
  rig.run("UPDATE item SET v = 0 WHERE k < 100; DROP TABLE item");
  relay(3);
  rig.run("CREATE TABLE item(k INTEGER PRIMARY KEY, v); INSERT INTO item VALUES(1, 'new')");
  rig.run("CREATE TABLE more(a, b, PRIMARY KEY(b, a)); INSERT INTO more VALUES(1, 2), (3, 4)");
  relay(2);
  rig.run("UPDATE more SET a = 9 WHERE b = 4; INSERT INTO item VALUES(2, 'newer')");
  relay(-1);
  expect_equal("item", "k", "k, v");
  expect_equal("more", "b, a", "a, b");
  expect_equal("word", "w, n", "w, n, v");
}

}  // namespace
}  // namespace headwater::sqlite
