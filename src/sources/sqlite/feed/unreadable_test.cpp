// Tables whose own program has collations and functions that no other program, and so no relay,
// has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <strings.h>

#include <map>
#include <string>

#include "src/sources/sqlite/capture/capture.h"
#include "src/sources/sqlite/feed/feed_rig.h"
#include "src/sources/sqlite/feed/key_text.h"

namespace headwater::sqlite {
namespace {

using testing::HasSubstr;

int compare_unicase(void* /*data*/, int a_size, const void* a, int b_size, const void* b) {
  const auto text = [](const void* bytes, int size) {
    return std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  };
  return ::strcasecmp(text(a, a_size).c_str(), text(b, b_size).c_str());
}

void length_of(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  sqlite3_result_int(context, sqlite3_value_bytes(values[0]));
}

class Unreadable : public testing::Test {
 protected:
  Unreadable() : program(rig.connect()) {
    sqlite3_create_collation(program.handle(), "unicase", SQLITE_UTF8, nullptr, compare_unicase);
    sqlite3_create_function(program.handle(), "app_length", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                            nullptr, length_of, nullptr, nullptr);
  }

  /// Its own connection.
  void run(const std::string& sql) { must(program.execute(sql)); }

  /// A relay that gets only so many changes out before it dies, again and again.
  void relay(std::size_t changes_each) {
    for (bool done = false; !done;) {
      auto source = rig.source("r");
      must(source->open(at_));
      const auto batch = must(source->read({changes_each, 1U << 20U}, Milliseconds(0), {}));
      for (const auto& change : batch.changes) apply(change);
      at_ = batch.position;
      done = batch.changes.empty() && batch.current;
    }
  }
  void apply(const Change& change) {
    EXPECT_TRUE(ids_.insert(change.id).second) << "twice: " << change.id;
    last_op = change.op;
    if (change.op == Op::gap) return;
    if (change.op == Op::remove) {
      rows.erase(key_text(values_of(change.key)));
    } else {
      rows[key_text(values_of(change.key))] = key_text(values_of(change.after));
    }
  }
  std::map<std::string, std::string> table(const std::string& columns) {
    std::map<std::string, std::string> found;
    auto read = must(program.prepare("SELECT " + columns));
    while (must(read.step())) {
      std::vector<Value> values;
      for (int i = 0; i < read.columns(); ++i) values.push_back(value_of(read, i));
      found[key_text(std::span(values).first(1))] = key_text(values);
    }
    return found;
  }

  FeedRig rig;
  Database program;
  std::map<std::string, std::string> rows;
  Op last_op = Op::read;

 private:
  Position at_;
  std::set<std::string> ids_;
};

TEST_F(Unreadable, AKeyWithAnUnknownCollationIsReadInTheOrderOfItsBytes) {
  run("CREATE TABLE tag(t TEXT COLLATE unicase PRIMARY KEY, n INTEGER);"
      "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 1200) "
      "INSERT INTO tag SELECT char(65 + i % 2 * 32) || i, i FROM n");
  rig.add_relay("r", true, {{"tag"}});
  run("UPDATE tag SET n = -n WHERE n % 7 = 0; DELETE FROM tag WHERE n % 11 = 0;"
      "UPDATE tag SET t = 'z' || t WHERE n % 13 = 0");
  relay(700);
  run("UPDATE tag SET n = n + 1");
  relay(5000);
  EXPECT_EQ(rows, table("t, n FROM tag"));
}

TEST_F(Unreadable, AColumnThatCannotBeComputedIsLeftOut) {
  run("CREATE TABLE page(k INTEGER PRIMARY KEY, l AS (app_length(url)), url, m AS (url || 'm'),"
      " s AS (app_length(url)) STORED); INSERT INTO page(url) VALUES('a'), ('bc')");
  auto database = rig.connect();
  const auto report = must(prepare(database, {.relay = "r", .tables = {{"page"}}}));
  EXPECT_THAT(report[2].what, HasSubstr("without its column l"));
  EXPECT_THAT(report[2].what, HasSubstr("app_length"));
  run("UPDATE page SET url = 'def' WHERE k = 1");
  relay(100);
  EXPECT_EQ(rows, table("k, url, m, s FROM page"));
}

TEST_F(Unreadable, ATableInTheOrderOfAnUnknownCollationIsNamed) {
  run("CREATE TABLE tag(t TEXT COLLATE unicase PRIMARY KEY) WITHOUT ROWID;"
      "INSERT INTO tag VALUES('a')");
  auto database = rig.connect();
  const auto listed = prepare(database, {.relay = "r", .tables = {{"tag"}}});
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().name, "source.cannot_capture");
  EXPECT_THAT(listed.error().message, HasSubstr("collation unicase"));
}

/// Captured when it could be read; a reader must not take it for empty now.
TEST_F(Unreadable, ATableThatBecomesUnreadableLeavesAGap) {
  run("CREATE TABLE tag(t TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO tag VALUES('a')");
  rig.add_relay("r", true, {{"tag"}});
  relay(100);
  EXPECT_EQ(rows.size(), 1U);
  run("CREATE TABLE tag2(t TEXT COLLATE unicase PRIMARY KEY) WITHOUT ROWID;"
      "INSERT INTO tag2 SELECT * FROM tag; DROP TABLE tag; ALTER TABLE tag2 RENAME TO tag");
  relay(100);
  EXPECT_EQ(last_op, Op::gap);
  EXPECT_EQ(rows.size(), 1U);
}

/// Every try must fail, and the error names the table.
TEST_F(Unreadable, ARowThatCannotBeReadStopsTheRelay) {
  run("CREATE TABLE doc(k INTEGER PRIMARY KEY, d); INSERT INTO doc VALUES(1, '{}'), (2, '{');"
      "ALTER TABLE doc ADD COLUMN j AS (d -> '$.x')");
  rig.add_relay("r", true, {{"doc"}});
  for (int i = 0; i < 2; ++i) {
    auto source = rig.source("r");
    must(source->open({}));
    auto batch = source->read({100, 1U << 20U}, Milliseconds(0), {});
    if (batch) batch = source->read({100, 1U << 20U}, Milliseconds(0), {});
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error().name, "source.unreadable_table");
    EXPECT_THAT(batch.error().message, HasSubstr("doc"));
  }
}

/// The rows before it go out first. Its place is not dealt with by that.
TEST(UnreadableRow, OneThatIsTooLargeStopsTheRelayWhereverItStands) {
  for (const bool after_others : {true, false}) {
    SCOPED_TRACE(after_others);
    FeedRig rig;
    rig.run(std::string("INSERT INTO item VALUES(2, zeroblob(100000)), (3, 'small')") +
            (after_others ? ", (1, 'small')" : ""));
    rig.add_relay("r", true);
    auto options = rig.options("r");
    options.scope.max_change = 50'000;
    auto source = rig.source(options);
    Position at;
    must(source->open(at));
    if (after_others) {
      const auto before = must(source->read({100, 1U << 20U}, Milliseconds(0), {}));
      ASSERT_EQ(before.changes.size(), 1U);
      at = before.position;
    }
    for (int tries = 0; tries < 2; ++tries) {
      const auto stopped = source->read({100, 1U << 20U}, Milliseconds(0), {});
      ASSERT_FALSE(stopped);
      EXPECT_EQ(stopped.error().name, "source.change_too_large");
      EXPECT_EQ(stopped.error().remedy, Remedy::stop);
      must(source->open(at));
    }
    options.scope.on_large = OnLarge::gap;
    auto going_on = rig.source(options);
    must(going_on->open(at));
    const auto rest = read_all(*going_on);
    ASSERT_EQ(rest.size(), 2U);
    EXPECT_EQ(rest[0].op, Op::gap);
    EXPECT_EQ(values_of(rest[0].key)[0], Value(std::int64_t{2}));
    EXPECT_EQ(rest[1].op, Op::read);
  }
}

}  // namespace
}  // namespace headwater::sqlite
