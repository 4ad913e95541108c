// Triggers are inserted into sqlite_schema as rows. Whatever else has their names, whenever the
// program is killed and whoever changes the schema at the same time, every connection can read it
// afterwards.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "src/sources/sqlite/capture/capture_rig.h"
#include "src/sources/sqlite/capture/log_rows.h"
#include "src/sources/sqlite/capture/log_tables.h"

namespace headwater::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// Calls `seen` with the text of each statement that this connection is about to run.
void watch(Database& database, const std::function<void(std::string_view)>& seen) {
  const auto call = [](unsigned, void* context, void*, void* text) {
    (*static_cast<const std::function<void(std::string_view)>*>(context))(
        static_cast<const char*>(text));
    return 0;
  };
  sqlite3_trace_v2(database.handle(), SQLITE_TRACE_STMT, call,
                   const_cast<std::function<void(std::string_view)>*>(&seen));
}

void unwatch(Database& database) { sqlite3_trace_v2(database.handle(), 0, nullptr, nullptr); }

class ArmingTest : public CaptureRig {
 protected:
  void drop_log() {
    for (const char* name :
         {"meta", "shapes", "captured", "log", "stash", "relays", "snapshots", "witness"}) {
      write("DROP TABLE _headwater_" + std::string(name));
    }
  }
  void expect_readable() {
    auto fresh = open();
    ASSERT_TRUE(fresh);
    auto all = fresh->integer("SELECT count(*) FROM sqlite_schema");
    EXPECT_TRUE(all) << all.error().message;
    EXPECT_EQ(*fresh->text("PRAGMA integrity_check"), "ok");
  }
  std::int64_t triggers_on(const std::string& table) {
    return number("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = '" +
                  table + "' AND name GLOB '_headwater_*'");
  }
};

TEST_F(ArmingTest, TriggersLeftByADroppedLogAreReplaced) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE); CREATE TABLE u(a)");
  prepare_tables();
  drop_log();
  EXPECT_THAT(try_write("INSERT INTO t VALUES (1, 'a')"), HasSubstr("_headwater_"));
  EXPECT_THAT(prepare_tables(),
              AllOf(says("triggers of an earlier change log: removed"), says("table t: captured")));
  expect_readable();
  EXPECT_EQ(triggers_on("t"), 5);
  write("INSERT INTO t VALUES (1, 'a'); INSERT INTO u VALUES (7)");
  EXPECT_THAT(said(), ElementsAre("insert 1|'a'", "insert 7|1"));
}

TEST_F(ArmingTest, TriggersLeftByADroppedLogAreRemovedWithIt) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  prepare_tables();
  drop_log();
  ASSERT_TRUE(remove(ours(), "r"));
  expect_readable();
  EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(ArmingTest, TriggersThatNoCapturedTableHasAreRemoved) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  prepare_tables();
  write("DELETE FROM _headwater_captured; DELETE FROM _headwater_shapes");
  EXPECT_THAT(prepare_tables(), says("table t: triggers of an earlier change log: removed"));
  expect_readable();
  EXPECT_EQ(triggers_on("t"), 5);
  write("INSERT INTO t VALUES (1)");
  EXPECT_THAT(said(), ElementsAre("insert 1"));
}

TEST_F(ArmingTest, NamesThatOthersHaveAreLeftToThem) {
  write(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE seen(a);"
      "CREATE TRIGGER _HEADWATER_1_INSERT AFTER INSERT ON t BEGIN INSERT INTO seen VALUES (1); END;"
      "CREATE TRIGGER _headwater_2_delete AFTER DELETE ON t BEGIN INSERT INTO seen VALUES (2); END;"
      "CREATE INDEX \"_Headwater_3_update\" ON t(a)");
  prepare_tables();
  expect_readable();
  write("INSERT INTO t VALUES (1, 'a'); DELETE FROM t");
  EXPECT_EQ(text("SELECT group_concat(a) FROM seen"), "1,2");
  EXPECT_EQ(log().size(), 4U);
  EXPECT_THAT(heal(), IsEmpty());
  ASSERT_TRUE(remove(ours(), "r"));
  EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%headwater%'"), 3);
}

TEST_F(ArmingTest, NameThatSomebodyTakesLaterIsLeftToHim) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TABLE seen(a)");
  prepare_tables(std::vector<std::string>{"t"});
  write(
      "DROP TRIGGER _headwater_1_insert; CREATE TRIGGER _HeadWater_1_Insert AFTER INSERT ON t BEGIN"
      " INSERT INTO seen VALUES (1); END");
  EXPECT_THAT(heal(), says("table t: triggers renewed"));
  expect_readable();
  EXPECT_THAT(heal(), IsEmpty());
  const auto head = *log_head(ours());
  write("INSERT INTO t VALUES (1)");
  EXPECT_EQ(number("SELECT count(*) FROM seen"), 1);
  EXPECT_THAT(said(head), ElementsAre("insert 1"));
}

/// Between the look at the schema and the transaction.
TEST_F(ArmingTest, NameThatSomebodyTakesMeanwhileIsLeftToHim) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TABLE u(a)");
  bool taken = false;
  const std::function<void(std::string_view)> take = [&](std::string_view sql) {
    const bool armed_next = sql == "BEGIN IMMEDIATE" && !taken &&
                            number("SELECT count(*) FROM pragma_table_info('_headwater_log')") > 0;
    if (!armed_next) return;
    taken = true;
    write("CREATE TRIGGER _HEADWATER_1_INSERT AFTER INSERT ON u BEGIN SELECT 1; END");
  };
  watch(ours(), take);
  const Report report = prepare_tables();
  unwatch(ours());
  EXPECT_TRUE(taken);
  EXPECT_THAT(report, AllOf(says("table t: captured"), says("table u: captured")));
  expect_readable();
  write("INSERT INTO t VALUES (1); INSERT INTO u VALUES (2)");
  EXPECT_THAT(said(), SizeIs(2));
}

/// As if another connection changed the schema whenever the lock is free.
TEST_F(ArmingTest, ComesToAnEndThoughTheSchemaNeverStandsStill) {
  constexpr int tables = 20;
  for (int i = 0; i < tables; ++i) {
    write("CREATE TABLE t" + std::to_string(i) + "(id INTEGER PRIMARY KEY)");
  }
  int changes = 0;
  const std::function<void(std::string_view)> change = [&](std::string_view sql) {
    if (!sql.starts_with("BEGIN")) return;
    write(++changes % 2 == 1 ? "CREATE TABLE passing(a)" : "DROP TABLE passing");
  };
  watch(ours(), change);
  const Report report = prepare_tables();
  heal();
  unwatch(ours());
  EXPECT_GT(changes, 6);
  for (int i = 0; i < tables; ++i) {
    EXPECT_THAT(report, says("table t" + std::to_string(i) + ": captured"));
  }
  write("INSERT INTO t19 VALUES (1)");
  EXPECT_THAT(said(), Contains("insert 1"));
  write("DROP TABLE IF EXISTS passing");
  heal();
  EXPECT_THAT(heal(), IsEmpty());
  for (const auto& finding : inspect(ours(), {.relay = "r"})) {
    EXPECT_NE(finding.kind, Finding::Kind::problem) << finding.what;
  }
}

/// This connection cannot read longer texts, as if SQLite did not understand them.
TEST_F(ArmingTest, TriggersWithWhichTheSchemaCannotBeReadAreTakenOutAgain) {
  std::string wide = "CREATE TABLE wide(id INTEGER PRIMARY KEY";
  for (int i = 0; i < 60; ++i) wide += ", some_column" + std::to_string(i);
  write("CREATE TABLE first(id INTEGER PRIMARY KEY);" + wide + ")");
  prepare_tables(std::vector<std::string>{"first"});
  sqlite3_limit(ours().handle(), SQLITE_LIMIT_SQL_LENGTH, 4000);
  const Report report = prepare_tables();
  EXPECT_THAT(report, Not(says("table wide: captured")));
  EXPECT_THAT(report, Contains(AllOf(Field(&Finding::kind, Finding::Kind::problem),
                                     Field(&Finding::what, HasSubstr("table wide is not captured: "
                                                                     "its triggers would")))));
  EXPECT_EQ(triggers_on("wide"), 0);
  auto read = ours().integer("SELECT count(*) FROM wide");
  EXPECT_TRUE(read) << read.error().message;
  expect_readable();
  write("INSERT INTO wide(id) VALUES (1); INSERT INTO first VALUES (2)");
  EXPECT_THAT(said(), ElementsAre("insert 2"));
  EXPECT_THAT(*load_tasks(ours(), 0), IsEmpty());
}

TEST_F(ArmingTest, RenewedTriggersWithWhichTheSchemaCannotBeReadAreAGap) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  prepare_tables();
  for (int i = 0; i < 60; ++i) write("ALTER TABLE t ADD COLUMN some_column" + std::to_string(i));
  sqlite3_limit(ours().handle(), SQLITE_LIMIT_SQL_LENGTH, 4000);
  EXPECT_THAT(heal(), AllOf(says("table t can no longer be captured: its triggers would"),
                            Not(says("renewed"))));
  expect_readable();
  EXPECT_EQ(triggers_on("t"), 0);
  EXPECT_THAT(said(), ElementsAre("gap t"));
}

/// A NULL that comes while another's is dealt with.
TEST_F(ArmingTest, NullSeenMeanwhileIsNotForgotten) {
  write("CREATE TABLE t(a TEXT PRIMARY KEY)");
  prepare_tables();
  write("INSERT INTO t VALUES (NULL)");
  ASSERT_TRUE(forget_renewal(ours()));
  EXPECT_EQ(*meta_integer(ours(), "renew"), 1);
  EXPECT_THAT(heal(), says("the key was changed"));
  EXPECT_EQ(*meta_integer(ours(), "renew"), 0);
}

class KilledArming : public ArmingTest {
 protected:
  static constexpr int tables = 17;  // more than are armed at once

  void SetUp() override {
    for (int i = 0; i < tables; ++i) {
      write("CREATE TABLE t" + std::to_string(i) + "(id INTEGER PRIMARY KEY, a UNIQUE)");
    }
  }

  /// Prepares in a process that is killed before its statement number `last`. False: it came to
  /// its end before.
  static bool killed_at(const std::string& file, int last) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto database = Database::open(file, Open::read_write, Origin::source);
      if (!database) ::_exit(2);
      int count = 0;
      const std::function<void(std::string_view)> kill = [&](std::string_view) {
        if (++count == last) ::kill(::getpid(), SIGKILL);
      };
      watch(*database, kill);
      ::_exit(prepare(*database, {.relay = "r"}) ? 0 : 2);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) return true;
    EXPECT_EQ(WEXITSTATUS(status), 0);
    return false;
  }

  static void expect_whole(const std::string& file) {
    auto database = Database::open(file, Open::read_write, Origin::source);
    ASSERT_TRUE(database) << database.error().message;
    auto report = prepare(*database, {.relay = "r"});
    ASSERT_TRUE(report) << report.error().message;
    auto fresh = Database::open(file, Open::read_write, Origin::source);
    ASSERT_TRUE(fresh);
    EXPECT_EQ(*fresh->integer("SELECT count(DISTINCT lower(name)) = count(*) AND count(*) = " +
                              std::to_string(5 * tables) +
                              " FROM sqlite_schema WHERE type = 'trigger' AND tbl_name GLOB 't*'"),
              1);
    const auto before = *fresh->integer("SELECT count(*) FROM _headwater_log");
    for (int i = 0; i < tables; ++i) {
      auto written = fresh->execute("INSERT INTO t" + std::to_string(i) + " VALUES (1, 'a')");
      ASSERT_TRUE(written) << written.error().message;
    }
    EXPECT_EQ(*fresh->integer("SELECT count(*) FROM _headwater_log"), before + tables);
  }

  void kill_everywhere() {
    constexpr int stride = 89;
    int kills = 0;
    for (bool killed = true; killed;) {
      const std::string file = (folder() / ("killed" + std::to_string(kills) + ".db")).string();
      write("VACUUM INTO '" + file + "'");
      killed = killed_at(file, 1 + stride * kills++);
      expect_whole(file);
      if (HasFailure()) return;
    }
    EXPECT_GT(kills, 5);
  }
};

TEST_F(KilledArming, IsCompletedByTheNext) { kill_everywhere(); }

TEST_F(KilledArming, OverTheTriggersOfADroppedLogIsCompletedByTheNext) {
  prepare_tables();
  drop_log();
  kill_everywhere();
}

}  // namespace
}  // namespace headwater::sqlite
