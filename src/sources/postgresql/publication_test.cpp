// What init makes of a publication that is there or not, and what check says of one that somebody
// has changed.
#include "src/sources/postgresql/feed_rig.h"

namespace headwater::postgresql {
namespace {

/// All of them, or only the problems; but it is the rig that has switched fsync off.
std::string words_of(const Report& report, bool with_ok) {
  std::string all;
  for (const Finding& finding : report) {
    const bool shown = with_ok || (finding.kind == Finding::Kind::problem &&
                                   finding.what.find("fsync") == std::string::npos);
    if (shown) all += finding.what + " | " + finding.next + "\n";
  }
  return all;
}

class OwnPublication : public Feed {
 protected:
  OwnPublication() {
    sql("CREATE TABLE t(id int PRIMARY KEY, v text)");
    options_.tables = {"t"};
  }
  std::string init() {
    const auto prepared = adapter()->prepare("a");
    return prepared ? words_of(*prepared, true) : prepared.error().message;
  }
  std::string problems() { return words_of(adapter()->check("a", std::nullopt), false); }
  void expect_nothing_to_do() {
    EXPECT_EQ(problems(), "");
    const std::string report = init();
    EXPECT_NE(report.find("tables is there"), std::string::npos) << report;
  }
  /// check names the harm that the statement does, and init undoes it.
  void expect_repaired(const std::string& statement, const std::string& harm) {
    sql(statement);
    const std::string found = problems();
    EXPECT_NE(found.find(harm), std::string::npos) << statement << ": " << found;
    EXPECT_NE(found.find("headwater init"), std::string::npos) << found;
    const std::string report = init();
    EXPECT_NE(report.find(harm), std::string::npos) << statement << ": " << report;
    EXPECT_NE(report.find("tables changed"), std::string::npos) << report;
    expect_nothing_to_do();
  }
};

TEST_F(OwnPublication, LeavesTablesAloneThatInherit) {
  sql("CREATE TABLE child() INHERITS (t)");
  start();
  sql("INSERT INTO child VALUES (1, 'a')");
  sql("UPDATE child SET v = 'b'");
  sql("INSERT INTO t VALUES (2, 'c')");
  EXPECT_EQ(
      lines(),
      (std::vector<std::string>{
          R"(public.t {"op":"insert","key":{"id":2},"before":null,"after":{"id":2,"v":"c"}})"}));
  expect_nothing_to_do();
  // Also where the publication is changed.
  sql("ALTER PUBLICATION " + name_ + " SET TABLE t");
  expect_repaired("SELECT 1", "has public.child, which is not configured");
  sql("UPDATE child SET v = 'd'");
}

TEST_F(OwnPublication, IsRepairedIfSomebodyChangedIt) {
  start();
  expect_nothing_to_do();
  const std::string set = "ALTER PUBLICATION " + name_ + " SET ";
  expect_repaired(set + "(publish = 'insert')", "leaves out each UPDATE, DELETE, TRUNCATE");
  expect_repaired(set + "(publish_via_partition_root = true)", "as the table's");
  sql("CREATE TABLE other(id int PRIMARY KEY)");
  expect_repaired(set + "TABLE t, other", "has public.other, which is not configured");
  if (has_filters()) {
    expect_repaired(set + "TABLE t WHERE (id < 0)", "leaves out rows of public.t");
    expect_repaired(set + "TABLE t (id)", "leaves out columns of public.t");
    expect_repaired(set + "TABLE t, TABLES IN SCHEMA public", "every table of the schema public");
  }
  sql("INSERT INTO t VALUES (1, 'a')");
  sql("UPDATE t SET v = 'b'");
  EXPECT_EQ(changes().size(), 2U);
}

/// A relay that was behind finds a publication at every place of the log.
TEST_F(OwnPublication, IsRepairedIfItWasMadeForAllTables) {
  start();
  sql("INSERT INTO t VALUES (1, 'a')");
  sql("BEGIN");
  sql("DROP PUBLICATION " + name_);
  sql("CREATE PUBLICATION " + name_ + " FOR ALL TABLES");
  sql("COMMIT");
  sql("INSERT INTO t VALUES (2, 'a')");
  expect_repaired("SELECT 1", "has all tables");
  sql("INSERT INTO t VALUES (3, 'a')");
  EXPECT_EQ(changes().size(), 3U);
}

TEST_F(OwnPublication, OfSomebodyElseIsLeftAlone) {
  sql("CREATE PUBLICATION ours FOR TABLE t WITH (publish = 'insert')");
  options_.tables = std::nullopt;
  options_.publication = "ours";
  start();
  EXPECT_EQ(problems(), "");
  EXPECT_TRUE(sql("SELECT NOT pubupdate FROM pg_publication").flag(0, 0));
}

TEST_F(OwnPublication, OfASchemaWithoutTables) {
  sql("CREATE SCHEMA billing");
  options_.tables = {"billing.*"};
  start();
  expect_nothing_to_do();
  expect_repaired("ALTER PUBLICATION " + name_ + " SET TABLE t", "has public.t");
}

TEST_F(OwnPublication, ATableThatJoinsHasRowsThatDoNotCome) {
  options_.policies.snapshot = true;
  EXPECT_EQ(init().find("headwater snapshot"), std::string::npos);
  sql("CREATE TABLE late(id int PRIMARY KEY)");
  options_.tables = {"t", "late"};
  const std::string report = init();
  EXPECT_NE(report.find("headwater snapshot -c FILE public.late\n"), std::string::npos) << report;
  expect_nothing_to_do();
  EXPECT_EQ(init().find("headwater snapshot"), std::string::npos);
}

TEST_F(OwnPublication, TheRightAdviceForEachReplicaIdentity) {
  const auto advice = [this] {
    EXPECT_EQ(prepare_error(), "source.no_replica_identity") << message_;
    return message_.substr(message_.find('|') + 2);
  };
  const std::string full = "ALTER TABLE public.t REPLICA IDENTITY FULL";
  sql("ALTER TABLE t REPLICA IDENTITY NOTHING");
  EXPECT_EQ(advice(), "ALTER TABLE public.t REPLICA IDENTITY DEFAULT; or " + full);
  sql("ALTER TABLE t REPLICA IDENTITY DEFAULT");
  EXPECT_EQ(prepare_error(), "");
  sql("ALTER TABLE t REPLICA IDENTITY NOTHING");
  EXPECT_NE(problems().find("public.t REPLICA IDENTITY DEFAULT"), std::string::npos);
  // Without a key that is fit for it.
  sql("ALTER TABLE t DROP CONSTRAINT t_pkey");
  EXPECT_EQ(advice(), "ALTER TABLE public.t ADD PRIMARY KEY (...); or " + full);
  sql("ALTER TABLE t REPLICA IDENTITY DEFAULT, ADD PRIMARY KEY (id) DEFERRABLE");
  EXPECT_EQ(advice(), full);
  sql(full);
  EXPECT_EQ(prepare_error(), "");
}

TEST_F(OwnPublication, IsNotLeftBehindIfInitGivesUp) {
  options_.init_patience = Milliseconds(200);
  testing::PgShell writer(server().address(name_));
  writer.ask("BEGIN");
  writer.ask("INSERT INTO t VALUES (1)");
  EXPECT_EQ(prepare_error(), "source.open_transactions");
  EXPECT_EQ(sql("SELECT FROM pg_publication").rows(), 0);
  // One that was there is no business of this init.
  sql("CREATE PUBLICATION " + name_);
  EXPECT_EQ(prepare_error(), "source.open_transactions");
  EXPECT_EQ(sql("SELECT FROM pg_publication").rows(), 1);
  writer.ask("COMMIT");
}

TEST_F(OwnPublication, RemoveNamesTheRelayThatStillRuns) {
  options_.uri += " application_name=till";
  start();
  (void)changes();
  const std::string process =
      sql("SELECT active_pid FROM pg_replication_slots WHERE slot_name = '" + name_ + "'")
          .text(0, 0);
  const auto removed = adapter()->remove("a");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().name, "source.slot_in_use");
  EXPECT_EQ(removed.error().remedy, Remedy::stop);
  EXPECT_NE(removed.error().message.find("process " + process), std::string::npos)
      << removed.error().message;
  EXPECT_NE(removed.error().message.find("(till)"), std::string::npos) << removed.error().message;
  EXPECT_EQ(removed.error().next, "stop the relay, then headwater init --remove -c FILE");
  EXPECT_EQ(sql("SELECT FROM pg_publication").rows(), 1);
}

}  // namespace
}  // namespace headwater::postgresql
