// Thousands of random statements, after each of which the folded log must equal the tables, and a
// twin database without a capture must have answered the same.
#include <cstdlib>
#include <random>

#include "src/sources/sqlite/capture/capture_rig.h"
#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

struct Kind {
  std::string name;
  std::vector<std::string> columns;  // that may be written
  std::vector<std::string> targets;  // of upserts
  bool rowid = true;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"plain", {"id", "a", "b", "c"}, {"(id)", "(b)", ""}},
      {"composite", {"r", "n", "u", "x"}, {"(r, n)", "(u)", ""}, false},
      {"keyless", {"a", "b", "c"}, {"(b)", ""}},
      {"generated", {"k", "u", "w"}, {"(k)", "(u)", "(g)", ""}},
      {"tree", {"id", "parent", "tag"}, {"(id)", "(tag)", ""}},
      {"leaf", {"id", "tree", "tag"}, {"(id)", "(tag)", ""}},
      {"strict", {"k", "j", "v"}, {"(k, j)", ""}},
      {"Ödd \"name'", {"rowid", "a \"b", "select"}, {"(\"select\")", ""}},
      {"watched", {"id", "v", "n"}, {"(id)", "(v)", ""}},
      {"text_key", {"k", "v", "z"}, {"(k)", "(v)", ""}},
      {"real_key", {"k", "v"}, {"(k)", ""}, false},
      {"auto", {"id", "a", "n"}, {"(id)", ""}},
      {"nested", {"id", "a", "n"}, {"(id)", "(a)", ""}},
  };
  return all;
}

constexpr const char* schema = R"sql(
CREATE TABLE plain(id INTEGER PRIMARY KEY, a, b TEXT COLLATE NOCASE UNIQUE, c REAL);
CREATE UNIQUE INDEX plain_low ON plain(lower(a) DESC, c) WHERE c > 1 AND a <> ')' -- why not
;
CREATE UNIQUE INDEX plain_sum ON plain(coalesce(c, 0) + length(b) COLLATE NOCASE) WHERE id > 3;
CREATE TABLE composite(r TEXT COLLATE NOCASE, n INTEGER, u UNIQUE, x, PRIMARY KEY(n, r)) WITHOUT ROWID;
CREATE TABLE keyless(a, b UNIQUE, c NUMERIC);
CREATE UNIQUE INDEX keyless_part ON keyless(a) WHERE c > 2;
CREATE TABLE generated(k TEXT PRIMARY KEY NOT NULL, u INT UNIQUE ON CONFLICT REPLACE, w,
  g AS (u * 2) UNIQUE, s TEXT AS (k || w) STORED);
CREATE TABLE tree(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree(id) ON DELETE CASCADE ON UPDATE CASCADE,
  tag UNIQUE);
CREATE TABLE leaf(id INTEGER PRIMARY KEY, tree INTEGER DEFAULT 1
  REFERENCES tree(id) ON DELETE SET NULL ON UPDATE SET DEFAULT, tag UNIQUE ON CONFLICT IGNORE);
CREATE TABLE strict(k INT, j TEXT, v ANY, PRIMARY KEY(k, j)) STRICT;
CREATE TABLE "Ödd ""name'"("rowid" TEXT, "a ""b", "select" UNIQUE);
CREATE TABLE watched(id INTEGER PRIMARY KEY, v UNIQUE, n);
CREATE TABLE text_key(k TEXT NOT NULL, v INT, z, PRIMARY KEY(k COLLATE NOCASE), UNIQUE(v, z) ON CONFLICT REPLACE);
CREATE TABLE real_key(k PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT, a, n);
CREATE UNIQUE INDEX auto_sum ON auto((abs(id)%7)DESC,a) WHERE auto.n IS NOT 7 AND rowid <> 3;
CREATE TABLE nested(id INTEGER PRIMARY KEY, a UNIQUE, n);
CREATE TRIGGER n1 BEFORE INSERT ON nested WHEN new.n = 6 BEGIN
  INSERT INTO nested VALUES (new.id + 20, new.a, 0); END;
CREATE TRIGGER n2 BEFORE UPDATE ON nested WHEN new.n = 5 BEGIN
  INSERT OR REPLACE INTO nested VALUES (old.id + 30, new.a, 0); END;
CREATE TRIGGER n3 AFTER DELETE ON nested WHEN old.n = 4 BEGIN
  INSERT OR REPLACE INTO nested VALUES (old.id + 40, old.a, 0); END;
CREATE TABLE side(x);
CREATE TRIGGER w1 AFTER UPDATE ON watched WHEN new.n IS NOT 'seen' BEGIN
  UPDATE watched SET n = 'seen' WHERE id = new.id; END;
CREATE TRIGGER w2 BEFORE INSERT ON watched WHEN new.n = 3 BEGIN
  UPDATE watched SET n = 'moved' WHERE v = new.v; INSERT INTO side VALUES (new.v); END;
CREATE TRIGGER w3 AFTER DELETE ON watched WHEN old.n = 2 BEGIN
  INSERT OR IGNORE INTO watched VALUES (old.id, old.v, 'back'); END;
)sql";

// Created after the capture, so that they fire before its own triggers.
constexpr const char* late_triggers = R"sql(
CREATE TRIGGER w4 AFTER INSERT ON watched WHEN new.n = 4 BEGIN
  UPDATE watched SET n = 'four' WHERE id = new.id; END;
CREATE TRIGGER w5 AFTER INSERT ON watched WHEN new.n = 5 BEGIN
  DELETE FROM watched WHERE id = new.id; END;
CREATE TRIGGER w6 AFTER UPDATE ON watched WHEN new.n = 'four' BEGIN
  DELETE FROM watched WHERE id = new.id; END;
CREATE TRIGGER w7 BEFORE INSERT ON watched WHEN new.n = 6 BEGIN
  INSERT OR REPLACE INTO watched VALUES (new.id, 'deep', 0); END;
CREATE TRIGGER w8 BEFORE UPDATE ON watched WHEN new.n = 1 BEGIN
  DELETE FROM watched WHERE v = old.n; END;
CREATE TRIGGER k1 AFTER UPDATE ON keyless WHEN new.c = 4 BEGIN
  UPDATE keyless SET c = 'late' WHERE rowid = new.rowid; END;
CREATE TRIGGER p1 AFTER DELETE ON plain WHEN old.c = 2 BEGIN
  UPDATE plain SET a = 'touched' WHERE id = old.id + 1; END;
)sql";

class Statements {
 public:
  explicit Statements(unsigned seed) : random_(seed) {}

  std::size_t pick(std::size_t count) { return random_() % count; }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[pick(all.size())];
  }

  std::string value() {
    static const std::vector<std::string> values = {
        "NULL", "0",   "1",   "2",     "3",   "4",    "5",     "6",   "7",  "'a'",
        "'A'",  "'b'", "'B'", "'1'",   "1.5", "2.0",  "x'61'", "'c'", "-1", "9007199254740993",
        "'3'",  "6.0", "'ß'", "x'00'", "''",  "1e300"};
    return one_of(values);
  }

  [[nodiscard]] const std::string& table() const { return name_; }

  std::string statement() {
    const Kind& kind = one_of(kinds());
    name_ = kind.name;
    table_ = quote_name(name_);
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
        return insert(kind);
      case 3:
        return upsert(kind);
      case 4:
        return insert_select(kind);
      case 5:
      case 6:
        return update(kind);
      case 7:
        return shift(kind);
      case 8:
        return remove(kind);
      case 9:
        return upsert(kind) + (pick(2) == 0 ? " RETURNING *" : "");
      case 10:
        return kind.rowid ? by_rowid(kind) : update(kind);
      default:
        return insert(kind);
    }
  }

 private:
  std::string conflict() {
    static const std::vector<std::string> words = {
        "",           "",         "OR REPLACE ", "OR REPLACE ", "OR REPLACE ",
        "OR IGNORE ", "OR FAIL ", "OR ABORT ",   "OR ROLLBACK "};
    return one_of(words);
  }
  std::string row(const Kind& kind) {
    std::string result = "(";
    for (std::size_t i = 0; i < kind.columns.size(); ++i) {
      result += (i == 0 ? "" : ", ") + value();
    }
    return result + ")";
  }
  std::string columns(const Kind& kind) {
    std::string result;
    for (const auto& name : kind.columns) result += (result.empty() ? "" : ", ") + quote_name(name);
    return "(" + result + ")";
  }
  std::string rows(const Kind& kind) {
    std::string result = row(kind);
    for (std::size_t more = pick(4) == 0 ? pick(5) : 0; more > 0; --more)
      result += ", " + row(kind);
    return result;
  }
  std::string insert(const Kind& kind) {
    return "INSERT " + conflict() + "INTO " + table_ + columns(kind) + " VALUES " + rows(kind);
  }
  std::string upsert(const Kind& kind) {
    std::string sql = "INSERT INTO " + table_ + columns(kind) + " VALUES " + rows(kind) +
                      " ON CONFLICT" + one_of(kind.targets);
    if (pick(3) == 0) return sql + " DO NOTHING";
    sql += " DO UPDATE SET " + assignment(kind);
    return pick(4) == 0 ? sql + ", " + assignment(kind) : sql;
  }
  std::string insert_select(const Kind& kind) {
    std::string list;
    for (const auto& name : kind.columns) {
      list += list.empty() ? "" : ", ";
      list += pick(3) == 0 ? value() : quote_name(name);
    }
    return "INSERT " + conflict() + "INTO " + table_ + columns(kind) + " SELECT " + list +
           " FROM " + table_ + where(kind);
  }
  std::string assignment(const Kind& kind) {
    const std::string target = quote_name(one_of(kind.columns));
    return target + " = " + (pick(4) == 0 ? quote_name(one_of(kind.columns)) : value());
  }
  std::string where(const Kind& kind) {
    if (pick(4) == 0) return "";
    const std::string column = quote_name(one_of(kind.columns));
    return " WHERE " + column + (pick(2) == 0 ? " = " : " > ") + value();
  }
  std::string update(const Kind& kind) {
    return "UPDATE " + conflict() + table_ + " SET " + assignment(kind) +
           (pick(2) == 0 ? ", " + assignment(kind) : "") + where(kind);
  }
  std::string shift(const Kind& kind) {
    const std::string column = quote_name(one_of(kind.columns));
    static const std::vector<std::string> by = {" + 1", " - 1", " * -1", " || 'x'"};
    return "UPDATE " + conflict() + table_ + " SET " + column + " = " + column + one_of(by) +
           where(kind);
  }
  std::string remove(const Kind& kind) { return "DELETE FROM " + table_ + where(kind); }
  std::string by_rowid(const Kind& kind) {
    const std::string number = std::to_string(pick(9));
    if (pick(2) == 0) {
      return "INSERT " + conflict() + "INTO " + table_ + "(_rowid_, " +
             quote_name(kind.columns.back()) + ") VALUES (" + number + ", " + value() + ")";
    }
    return "UPDATE " + conflict() + table_ + " SET _rowid_ = " + number + where(kind);
  }

  std::mt19937 random_;
  std::string name_;  // of the table the last statement was for
  std::string table_;
};

class RandomCapture : public CaptureRig {
 protected:
  void open_twin() {
    auto twin = Database::open((folder() / "twin.db").string(), Open::create, Origin::source);
    ASSERT_TRUE(twin);
    twin_.emplace(std::move(*twin));
    ASSERT_TRUE(twin_->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF"));
  }
  void both(const std::string& sql) {
    history_ += sql + ";\n";
    const std::string error = try_write(sql);
    const auto twin = twin_->execute(sql);
    ASSERT_EQ(error.empty(), twin.has_value()) << error << "\n" << history_;
    if (twin) {
      ASSERT_EQ(number("SELECT changes()"), *twin_->integer("SELECT changes()")) << history_;
      ASSERT_EQ(number("SELECT last_insert_rowid()"), *twin_->integer("SELECT last_insert_rowid()"))
          << history_;
    }
    // How far a failed statement came does not matter.
    write("DELETE FROM side WHERE false");
    ASSERT_TRUE(twin_->execute("DELETE FROM side WHERE false"));
    sqlite3_set_last_insert_rowid(writer().handle(), 0);
    sqlite3_set_last_insert_rowid(twin_->handle(), 0);
  }
  /// SQLite itself treats foreign keys and REPLACE a little differently as soon as a table has
  /// triggers. This test does not compare that, so the twin has some that do nothing.
  void arm_twin() {
    int count = 0;
    for (const auto& kind : kinds()) {
      for (const char* event :
           {"BEFORE INSERT", "AFTER INSERT", "BEFORE UPDATE", "AFTER UPDATE", "AFTER DELETE"}) {
        ASSERT_TRUE(twin_->execute("CREATE TRIGGER idle" + std::to_string(count++) + " " + event +
                                   " ON " + quote_name(kind.name) +
                                   " BEGIN SELECT RAISE(ABORT, 'never') WHERE false; END"));
      }
    }
  }
  /// All tables, or just the one with this name.
  void compare(const std::string& only = {}) {
    for (const auto& kind : kinds()) {
      if (!only.empty() && kind.name != only) continue;
      expect_fold_equals(kind.name, history_);
      const std::string hash = "SELECT coalesce(group_concat(line, ';'), '') FROM (SELECT " +
                               line(kind) + " AS line FROM " + quote_name(kind.name) +
                               " ORDER BY 1)";
      EXPECT_EQ(text(hash), *twin_->text(hash)) << history_;
    }
    expect_gapless();
    EXPECT_LE(number("SELECT count(*) FROM _headwater_stash"), 2000);
    if (only.empty() && !HasFailure()) history_.clear();
  }
  static std::string line(const Kind& kind) {
    std::string result = kind.rowid ? "quote(_rowid_)" : "''";
    for (const auto& name : kind.columns) result += " || ',' || quote(" + quote_name(name) + ")";
    return result;
  }

  std::optional<Database> twin_;
  std::string history_;
};

class RandomCaptureSeeds : public RandomCapture, public ::testing::WithParamInterface<unsigned> {};

TEST_P(RandomCaptureSeeds, FoldedLogIsTheTables) {
  open_twin();
  write(schema);
  ASSERT_TRUE(twin_->execute(schema));
  for (const auto& finding : prepare_tables()) {
    ASSERT_NE(finding.kind, Finding::Kind::problem) << finding.what;
  }
  arm_twin();
  if (GetParam() % 2 == 0) both(late_triggers);
  const char* asked = std::getenv("HEADWATER_STATEMENTS");
  const int statements = asked == nullptr ? 1200 : std::atoi(asked);
  Statements random(GetParam());
  int depth = 0;  // savepoints; 0: no transaction
  for (int i = 0; i < statements && !HasFailure(); ++i) {
    if (depth == 0 && random.pick(12) == 0) {
      both(random.pick(2) == 0 ? "PRAGMA recursive_triggers = ON"
                               : "PRAGMA recursive_triggers = OFF");
    }
    if (depth == 0 && random.pick(25) == 0) {
      both(random.pick(3) == 0 ? "PRAGMA foreign_keys = OFF" : "PRAGMA foreign_keys = ON");
    }
    if (random.pick(10) == 0 && depth < 4) {
      both("SAVEPOINT s" + std::to_string(depth++));
    } else if (depth > 0 && random.pick(6) == 0) {
      both("RELEASE s" + std::to_string(--depth));
    } else if (depth > 0 && random.pick(8) == 0) {
      both("ROLLBACK TO s" + std::to_string(depth - 1));
    }
    both(random.statement());
    if (HasFatalFailure()) break;
    // OR ROLLBACK may have ended the transaction.
    if (sqlite3_get_autocommit(twin_->handle()) != 0) depth = 0;
    if (depth == 0) compare(random.pick(16) == 0 ? "" : random.table());
  }
  if (depth > 0) both("ROLLBACK");
  compare();
}

/// HEADWATER_CAPTURE_SEEDS: how many, to look further than a test run has time for.
unsigned seeds() {
  const char* asked = std::getenv("HEADWATER_CAPTURE_SEEDS");
  return asked == nullptr ? 8U : static_cast<unsigned>(std::atoi(asked));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomCaptureSeeds, ::testing::Range(1U, 1U + seeds()));

}  // namespace
}  // namespace headwater::sqlite
