// What somebody does to tables while they are read: rows may come twice, and none is lost.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/sources/postgresql/feed/key_order.h"
#include "src/sources/postgresql/feed_rig.h"

namespace headwater::postgresql {
namespace {

constexpr int rows = 48;

/// Tables of three pieces or so. Their last column is `v`.
class SnapshotHarm : public Feed {
 protected:
  SnapshotHarm() { options_.policies.snapshot = true; }

  /// `values`: of the columns before `v`, of the number g.
  void make_table(const std::string& name, const std::string& columns, const std::string& values) {
    sql("CREATE TABLE " + name + "(" + columns + ", v text)");
    sql("ALTER TABLE " + name + " ALTER v SET STORAGE EXTERNAL");
    sql("INSERT INTO " + name + " SELECT " + values +
        ", 'row ' || g || ' ' || repeat('x', 120000) " + "FROM generate_series(1, " +
        std::to_string(rows) + ") g");
    options_.tables = {"public.*"};
  }
  void make_keyless(const std::string& name) {
    make_table(name, "a int", "g");
    sql("ALTER TABLE " + name + " REPLICA IDENTITY FULL");
  }
  /// Some rows of the first table.
  void read_some() {
    while (seen_.empty() || seen_.begin()->second.size() < 5) {
      auto batch = source_->read({1, 1U << 20U}, Milliseconds(1'000), {});
      ASSERT_TRUE(batch) << batch.error().name << " " << batch.error().message;
      at_ = batch->position;
      for (const Change& change : batch->changes) see(change);
    }
  }
  void see(const Change& change) {
    const auto values = values_of(change.after);
    if (values.empty()) return;
    if (const auto* text = std::get_if<Text>(&values.back())) {
      seen_[change.table].insert(text->bytes.substr(0, 8));
    }
  }
  void restart() {
    source_ = *adapter()->connect("a");
    ASSERT_TRUE(source_->open(at_));
  }
  void expect_rows_of(const std::string& table) {
    std::set<std::string> there;
    const Answer answer = sql("SELECT left(v, 8) FROM " + table);
    for (int i = 0; i < answer.rows(); ++i) there.insert(answer.text(i, 0));
    EXPECT_EQ(seen_[table], there) << table;
  }
  /// Of this one alone: the others' may have had other names.
  void expect_all(const std::vector<std::string>& tables) {
    for (const Change& change : changes()) see(change);
    for (const std::string& table : tables) expect_rows_of(table);
  }

  std::map<std::string, std::set<std::string>> seen_;
};

TEST_F(SnapshotHarm, AFileThatIsWrittenAnewIsReadAnew) {
  make_keyless("t");
  sql("DELETE FROM t WHERE a <= 16");
  start();
  read_some();
  sql("VACUUM FULL t");
  expect_all({"t"});
}

TEST_F(SnapshotHarm, RowsWithoutAKeyComeInTheOrderOfTheFileWhateverThePlannerLikes) {
  if (!has_filters()) GTEST_SKIP() << "PostgreSQL 14 has no row filters";
  make_table("t", "a int", "100 - g");
  sql("ALTER TABLE t REPLICA IDENTITY FULL");
  sql("CREATE INDEX ON t(a)");
  sql("ALTER DATABASE " + name_ + " SET enable_seqscan = off");
  sql("ALTER DATABASE " + name_ + " SET enable_tidscan = off");
  sql("CREATE PUBLICATION theirs FOR TABLE t WHERE (a < 1000)");
  options_.tables.reset();
  options_.publication = "theirs";
  start();
  std::set<std::string> ids;
  for (const Change& change : changes()) {
    see(change);
    EXPECT_TRUE(ids.insert(change.id).second) << change.id;
  }
  expect_rows_of("t");
}

TEST_F(SnapshotHarm, ATableThatIsRenamedIsReadUnderItsNewName) {
  make_table("m", "id int PRIMARY KEY", "g");
  make_table("z", "id int PRIMARY KEY", "g");
  start();
  read_some();
  sql("ALTER TABLE m RENAME TO b");
  sql("ALTER TABLE z RENAME TO a");
  expect_all({"a", "b"});
}

TEST_F(SnapshotHarm, ARenamedDatabaseGoesOnWhereItWas) {
  make_table("m", "id int PRIMARY KEY", "g");
  make_table("z", "id int PRIMARY KEY", "g");
  start();
  read_some();
  source_.reset();
  shell_.reset();
  const std::string renamed = "a" + name_;
  testing::PgShell(server().address()).ask("ALTER DATABASE " + name_ + " RENAME TO " + renamed);
  name_ = renamed;
  options_.uri = server().address(name_);
  shell_ = std::make_unique<testing::PgShell>(options_.uri);
  restart();
  expect_all({"m", "z"});
}

TEST_F(SnapshotHarm, AnIndexMayHaveAnotherOrderThanItsColumn) {
  sql("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
  // For the column, all of these are equal.
  make_table("t", "k text COLLATE ci NOT NULL",
             "(SELECT string_agg(CASE WHEN g >> b & 1 = 1 THEN 'K' ELSE 'k' END, '') "
             "FROM generate_series(0, 5) b)");
  sql("CREATE UNIQUE INDEX by_k ON t(k COLLATE \"C\")");
  sql("ALTER TABLE t REPLICA IDENTITY USING INDEX by_k");
  start();
  expect_all({"t"});
}

TEST_F(SnapshotHarm, TheKeyMayChange) {
  const std::vector<std::vector<std::string>> ways{
      {"ALTER TABLE t DROP CONSTRAINT t_pkey", "ALTER TABLE t ADD PRIMARY KEY (r)"},
      {"ALTER TABLE t ALTER id TYPE text"},
      {"ALTER TABLE t RENAME id TO idd"},
      {"ALTER TABLE t DROP CONSTRAINT t_pkey", "ALTER TABLE t REPLICA IDENTITY FULL"}};
  for (const auto& way : ways) {
    sql("DROP TABLE IF EXISTS t");
    make_table("t", "id int PRIMARY KEY, r int NOT NULL", "g, 100 - g");
    start();
    read_some();
    for (const std::string& statement : way) sql(statement);
    restart();
    expect_all({"t"});
    source_.reset();
    ASSERT_TRUE(adapter()->remove("a"));
    seen_.clear();
  }
}

TEST_F(SnapshotHarm, AValueOfTheKeyMayHaveAnotherName) {
  sql("CREATE TYPE mood AS ENUM ('sad', 'glad')");
  make_table("t", "m mood, id int, PRIMARY KEY (m, id)", "'sad', g");
  start();
  read_some();
  sql("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'");
  restart();
  expect_all({"t"});
}

/// The same keys, in the orders of two tables.
TEST_F(SnapshotHarm, WhatIsKnownOfOneTableIsNotKnownOfAnother) {
  make_table("a", "id text COLLATE \"en-x-icu\" PRIMARY KEY", "'k' || g");
  make_table("b", "id text COLLATE \"C\" PRIMARY KEY", "'k' || g");
  start();
  auto reader = std::make_shared<Server>(options_);
  ASSERT_TRUE(reader->link({}));
  KeyOrder order(nullptr);
  const auto ahead = [&](const std::string& name) {
    const auto table = describe(*reader, {name_, "public", name}, {});
    EXPECT_TRUE(table && *table);
    sources::LogChange change{.of_a_row = true};
    change.change.key = TableRow{.columns = (*table)->shape.key_columns, .values = {Text{"L"}}};
    return *order.ahead(*reader, **table, change, "k20", {});
  };
  EXPECT_EQ(ahead("a"), sources::Ahead::yes);
  EXPECT_EQ(ahead("b"), sources::Ahead::no);
}

TEST_F(SnapshotHarm, RowsThatAPolicyHidesAreNotLeftOutWithoutAWord) {
  make_table("t", "id int PRIMARY KEY", "g");
  sql("ALTER TABLE t ENABLE ROW LEVEL SECURITY");
  sql("CREATE POLICY half ON t USING (id % 2 = 0)");
  const std::string role = name_ + "_reader";
  sql("CREATE ROLE " + role + " LOGIN REPLICATION");
  sql("GRANT SELECT ON t TO " + role);
  start();
  options_.uri += " user=" + role;
  source_ = *adapter()->connect("a");
  ASSERT_TRUE(source_->open(at_));
  const auto batch = source_->read({1, 1U << 20U}, Milliseconds(1'000), {});
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().name, "source.unauthorized");
  source_.reset();
  sql("DROP OWNED BY " + role);
  sql("DROP ROLE " + role);
}

}  // namespace
}  // namespace headwater::postgresql
