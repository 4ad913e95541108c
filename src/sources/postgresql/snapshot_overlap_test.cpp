// Rows and changes of a snapshot that goes on while others write: each row comes once.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "src/sources/postgresql/hidden_commits_rig.h"

namespace headwater::postgresql {
namespace {

/// What a consumer has that applies every event, and complains of those that say nothing new.
class Copy {
 public:
  void apply(const Change& change) {
    if (change.table != "t") return;
    if (change.op == Op::truncate) rows_.clear();
    if (!change.key) return;
    std::string key;
    for (const Value& value : values_of(*change.key)) key += words(value) + "|";
    const auto known = rows_.find(key);
    const bool comes = change.op == Op::read || change.op == Op::insert;
    if (comes == (known != rows_.end())) {
      ADD_FAILURE() << change.id << (comes ? " comes again: " : " is not there: ") << key;
    }
    if (change.op == Op::remove) {
      rows_.erase(key);
      return;
    }
    const auto values = values_of(change.after);
    std::string row = words(values.back());
    if (known != rows_.end() && known->second == row) ADD_FAILURE() << change.id << " says nothing";
    rows_[key] = std::move(row);
  }
  /// The first letters of the last column.
  [[nodiscard]] std::multiset<std::string> rows() const {
    std::multiset<std::string> rows;
    for (const auto& [key, row] : rows_) rows.insert(row);
    return rows;
  }

 private:
  static std::string words(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (const auto* text = std::get_if<Text>(&value)) return text->bytes.substr(0, 16);
    if (const auto* blob = std::get_if<Blob>(&value)) return blob->bytes;
    if (const auto* time = std::get_if<Time>(&value)) return time->text;
    if (const auto* decimal = std::get_if<Decimal>(&value)) return decimal->text;
    if (const auto* real = std::get_if<double>(&value)) return std::to_string(*real);
    return "?";
  }
  std::map<std::string, std::string> rows_;
};

/// A table of four pieces of 16 rows, whose last column is `v`.
class Snapshots : public CommitsThatWait {
 protected:
  Snapshots() { options_.policies.snapshot = true; }

  void make_table(const std::string& columns, const std::string& key, const std::string& values) {
    sql("DROP TABLE t");
    sql("CREATE TYPE mood AS ENUM ('sad', 'glad', 'bored')");
    sql("CREATE TABLE t(" + columns + ", v text, PRIMARY KEY (" + key + "))");
    sql("ALTER TABLE t ALTER v SET STORAGE EXTERNAL");
    sql("INSERT INTO t SELECT " + values + ", 'old ' || g || ' ' || repeat('x', 120000) " +
        "FROM generate_series(1, 64) g");
  }
  /// One at a time, so that the position is after each.
  void read(int events) {
    for (int i = 0; i < events;) {
      auto batch = source_->read({1, 1U << 20U}, Milliseconds(1'000), {});
      ASSERT_TRUE(batch) << batch.error().name << " " << batch.error().message;
      at_ = batch->position;
      for (const Change& change : batch->changes) copy_.apply(change);
      i += static_cast<int>(batch->changes.size());
      ASSERT_FALSE(batch->current && batch->changes.empty()) << "no more than " << i;
    }
  }
  void read_until(const std::string& row) {
    while (!copy_.rows().contains(row) && !HasFailure()) read(1);
  }
  void restart() {
    source_ = *adapter()->connect("a");
    ASSERT_TRUE(source_->open(at_));
  }
  void expect_copy() {
    for (const Change& change : changes()) copy_.apply(change);
    std::multiset<std::string> rows;
    const Answer answer = sql("SELECT left(v, 16) FROM t");
    for (int i = 0; i < answer.rows(); ++i) rows.insert(answer.text(i, 0));
    EXPECT_EQ(copy_.rows(), rows);
  }

  Copy copy_;
};

class SnapshotOverlap : public Snapshots {
 protected:
  SnapshotOverlap() { make_table("id int", "id", "g"); }

  /// `hidden` is in the log before `visible`, and others see it after.
  void commit_in_another_order(const std::string& hidden, const std::vector<std::string>& visible) {
    hold_commits();
    ASSERT_TRUE(hangs(hidden));
    sql("SET synchronous_commit = local");
    for (const std::string& each : visible) sql(each);
  }
  /// A piece that has not been read ahead by then shows one and not the other.
  void read_to_the_overlap() {
    start();
    read(1);
    commit_in_another_order(
        "UPDATE t SET v = 'hidden' WHERE id IN (20, 36, 60)",
        {"UPDATE t SET v = 'seen' WHERE id IN (2, 21, 37, 61)",
         "DELETE FROM t WHERE id IN (22, 38)", "INSERT INTO t VALUES (0, 'new')"});
    read_until("seen");
    release();
  }
};

TEST_F(SnapshotOverlap, OfCommitsThatBecomeVisibleInAnotherOrder) {
  read_to_the_overlap();
  read_until("old 64 xxxxxxxxx");
  expect_copy();
}

TEST_F(SnapshotOverlap, AndARestart) {
  read_to_the_overlap();
  restart();
  expect_copy();
}

TEST_F(SnapshotOverlap, WithATruncate) {
  sql("CREATE TABLE u(id int PRIMARY KEY)");
  options_.tables = {"t", "u"};
  start();
  read(18);
  commit_in_another_order(
      "INSERT INTO u VALUES (1)",
      {"BEGIN", "TRUNCATE t", "INSERT INTO t VALUES (30, 'a'), (60, 'b')", "COMMIT"});
  read_until("b");
  release();
  expect_copy();
}

/// Who has taken a snapshot before, sees no row of a table that was written anew.
TEST_F(Snapshots, WaitsForATableThatIsWrittenAnew) {
  make_table("id int", "id", "g");
  options_.tables = {"t"};
  start();
  sql("BEGIN");
  sql("ALTER TABLE t ALTER id TYPE bigint");
  const std::jthread writer([this] {
    EXPECT_TRUE(rig::wait_until([this] { return some("wait_event_type = 'Lock'"); }));
    sql("COMMIT");
  });
  read(64);
  EXPECT_EQ(copy_.rows().size(), 64U);
}

TEST_F(Snapshots, SayHowFarTheyAre) {
  make_table("id int", "id", "g");
  sql("CREATE TABLE u(id int PRIMARY KEY)");
  sql("INSERT INTO u SELECT generate_series(1, 6)");
  sql("ANALYZE");
  options_.tables = {"t", "u"};
  start();
  const auto after = [this](std::size_t rows) {
    std::optional<SnapshotProgress> progress;
    while (rows > 0) {
      auto batch = source_->read({1, 1U << 20U}, Milliseconds(1'000), {});
      rows -= batch->changes.size();
      progress = batch->snapshot;
    }
    return progress.value_or(SnapshotProgress());
  };
  const auto first = after(1);
  EXPECT_EQ(first.done, 1U);
  EXPECT_EQ(first.total, 70U);
  EXPECT_EQ(first.tables_done, 0U);
  EXPECT_EQ(first.tables_total, 2U);
  const auto last = after(66);
  EXPECT_EQ(last.table, "u");
  EXPECT_EQ(last.done, 67U);
  EXPECT_EQ(last.tables_done, 1U);
}

struct KeyCase {
  const char* name;
  const char* columns;
  const char* key;
  const char* values;
};

class SnapshotKeys : public Snapshots, public ::testing::WithParamInterface<KeyCase> {};

/// A change to a row that is still to come is in the row, and no other change is.
TEST_P(SnapshotKeys, OfAnyOrderTellEachRowOnce) {
  make_table(GetParam().columns, GetParam().key, GetParam().values);
  options_.tables = {"t"};
  start();
  read(20);
  transaction({"UPDATE t SET v = 'new' || right(v, -3) WHERE v < 'old 3'",
               "DELETE FROM t WHERE v LIKE 'old 4%'"});
  read(3);
  restart();
  sql("UPDATE t SET v = 'newer' || right(v, -3)");
  expect_copy();
}

constexpr KeyCase key_cases[] = {
    {"TextInTheOrderOfALanguage", "a text COLLATE \"en-x-icu\"", "a",
     "CASE WHEN g % 2 = 0 THEN upper(chr(97 + g / 2)) ELSE chr(97 + g / 2) END || (g % 3)"},
    {"Uuid", "a uuid", "a", "md5(g::text)::uuid"},
    {"Several", "a text, b numeric, c int", "c, a, b",
     "(ARRAY['', 'a/b', '%', chr(39)])[1 + g % 4], g / 7.0, g % 5"},
    {"EmptyText", "a text", "a", "CASE WHEN g = 7 THEN '' ELSE chr(100 - g) END"},
    {"Widths", "a char(9), b bit(9), c bytea", "a, b, c",
     "chr(99 - g % 3) || 'abc', (g * 7 % 5)::bit(9), decode(md5(g::text), 'hex')"},
    {"Times", "a mood, b real, c timestamptz", "a, b, c",
     "(ARRAY['sad', 'bored', 'glad'])[1 + g % 3]::mood, (g * 37 % 5) / 7.0 - 0.3, "
     "'2026-01-01'::timestamptz + (g * 37 % 101) * interval '1h'"},
};

INSTANTIATE_TEST_SUITE_P(Types, SnapshotKeys, ::testing::ValuesIn(key_cases),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace headwater::postgresql
