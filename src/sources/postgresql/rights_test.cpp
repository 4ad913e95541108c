// Each right and setting that is missing is named, with the statement that mends it, by init and by
// check.
#include "src/sources/postgresql/feed_rig.h"
#include "testing/rig/waiting.h"

namespace headwater::postgresql {
namespace {

std::string found_by(SourceAdapter& adapter) {
  std::string all;
  for (const Finding& finding : adapter.check("a", std::nullopt)) {
    if (finding.kind != Finding::Kind::ok) all += finding.what + " | " + finding.next + "\n";
  }
  return all;
}

class Rights : public Feed {
 protected:
  /// A role that may do everything, until a test takes something away.
  Rights() {
    sql("CREATE TABLE t(id int PRIMARY KEY)");
    sql("CREATE ROLE " + name_ + " LOGIN REPLICATION");
    sql("GRANT CREATE ON DATABASE " + name_ + " TO " + name_);
    sql("ALTER TABLE t OWNER TO " + name_);
    options_.tables = {"t"};
    options_.policies.snapshot = true;
    options_.uri += " user=" + name_;
  }
  ~Rights() override {
    sql("REASSIGN OWNED BY " + name_ + " TO postgres");
    sql("DROP OWNED BY " + name_);
    sql("DROP ROLE " + name_);
  }

  /// The statements mend it. init names them one by one, check all at once.
  void expect_mended_by_all(const std::vector<std::string>& statements) {
    const std::string found = found_by(*adapter());
    for (const std::string& statement : statements) {
      EXPECT_EQ(prepare_error(), "source.unauthorized") << message_;
      EXPECT_NE(message_.find(statement), std::string::npos) << message_;
      EXPECT_NE(found.find(statement), std::string::npos) << found;
      sql(statement);
    }
    EXPECT_EQ(prepare_error(), "") << message_;
  }
  void expect_mended_by(const std::string& statement) { expect_mended_by_all({statement}); }
  std::string role() { return quote_name(name_); }
};

TEST_F(Rights, Replication) {
  sql("ALTER ROLE " + role() + " NOREPLICATION");
  expect_mended_by("ALTER ROLE " + role() + " REPLICATION");
}

TEST_F(Rights, ConnectingToTheDatabase) {
  sql("REVOKE CONNECT ON DATABASE " + name_ + " FROM PUBLIC");
  expect_mended_by("GRANT CONNECT ON DATABASE " + quote_name(name_) + " TO " + role());
}

TEST_F(Rights, CreatingAPublication) {
  sql("REVOKE CREATE ON DATABASE " + name_ + " FROM " + name_);
  expect_mended_by("GRANT CREATE ON DATABASE " + quote_name(name_) + " TO " + role());
}

TEST_F(Rights, OwningTheTable) {
  sql("ALTER TABLE t OWNER TO postgres");
  sql("GRANT SELECT ON t TO " + role());
  expect_mended_by("ALTER TABLE \"public\".\"t\" OWNER TO " + role());
}

TEST_F(Rights, OwningThePublication) {
  sql("CREATE PUBLICATION " + name_);
  expect_mended_by("ALTER PUBLICATION " + quote_name(name_) + " OWNER TO " + role());
}

TEST_F(Rights, RepairingThePublication) {
  ASSERT_EQ(prepare_error(), "") << message_;
  sql("ALTER PUBLICATION " + name_ + " OWNER TO postgres");
  EXPECT_EQ(prepare_error(), "") << message_;
  sql("ALTER PUBLICATION " + name_ + " SET (publish = 'insert')");
  expect_mended_by("ALTER PUBLICATION " + quote_name(name_) + " OWNER TO " + role());
  sql("ALTER TABLE t OWNER TO postgres");
  sql("GRANT SELECT ON t TO " + role());
  EXPECT_EQ(prepare_error(), "") << message_;
  sql("ALTER PUBLICATION " + name_ + " SET (publish = 'insert')");
  expect_mended_by("ALTER TABLE \"public\".\"t\" OWNER TO " + role());
}

/// The owner of the tables, and then the relay's user, make what is needed.
class RightsToRead : public Rights {
 protected:
  void publish_as_owner(const std::string& table, const std::string& how = "") {
    sql("CREATE PUBLICATION ours FOR TABLE " + table + how);
    options_.tables = std::nullopt;
    options_.publication = "ours";
  }
  std::string granted_on(const std::string& tables) {
    return "GRANT SELECT ON " + tables + " TO " + role();
  }
};

TEST_F(RightsToRead, TheTable) {
  sql("ALTER TABLE t OWNER TO postgres");
  publish_as_owner("t");
  expect_mended_by(granted_on("public.t"));
}

TEST_F(RightsToRead, SingleColumnsAreNotEnough) {
  sql("ALTER TABLE t OWNER TO postgres");
  sql("INSERT INTO t VALUES (1)");
  sql("GRANT SELECT (id) ON t TO " + role());
  publish_as_owner("t");
  expect_mended_by(granted_on("public.t"));
  start();
  EXPECT_EQ(changes().size(), 1U);
}

TEST_F(RightsToRead, RowsThatAPolicyMayHide) {
  sql("ALTER TABLE t OWNER TO postgres");
  sql("ALTER TABLE t ENABLE ROW LEVEL SECURITY");
  sql("CREATE POLICY low ON t USING (id < 2)");
  sql("INSERT INTO t VALUES (1), (2)");
  sql("GRANT SELECT ON t TO " + role());
  publish_as_owner("t");
  expect_mended_by("ALTER ROLE " + role() + " BYPASSRLS");
  start();
  EXPECT_EQ(changes().size(), 2U);
}

TEST_F(RightsToRead, PartitionsThatAreReadAsThemselves) {
  sql("CREATE TABLE p(id int PRIMARY KEY) PARTITION BY RANGE (id)");
  sql("CREATE TABLE low PARTITION OF p FOR VALUES FROM (0) TO (10)");
  sql("CREATE TABLE high PARTITION OF p FOR VALUES FROM (10) TO (20)");
  sql("INSERT INTO p VALUES (1), (11)");
  publish_as_owner("p", " WITH (publish_via_partition_root = true)");
  expect_mended_by(granted_on("public.p"));
  sql("ALTER PUBLICATION ours SET (publish_via_partition_root = false)");
  expect_mended_by_all({granted_on("public.high"), granted_on("public.low")});
  start();
  EXPECT_EQ(changes().size(), 2U);
}

TEST_F(RightsToRead, PartitionsOfOnesOwnTable) {
  sql("CREATE TABLE p(id int PRIMARY KEY) PARTITION BY RANGE (id)");
  sql("CREATE TABLE low PARTITION OF p FOR VALUES FROM (0) TO (10)");
  sql("CREATE TABLE high PARTITION OF p FOR VALUES FROM (10) TO (20)");
  sql("ALTER TABLE p OWNER TO " + role());
  options_.tables = {"p"};
  expect_mended_by(granted_on("public.low, public.high"));
}

TEST_F(Rights, UsingTheSchema) {
  sql("CREATE SCHEMA billing");
  sql("CREATE TABLE billing.t(id int PRIMARY KEY)");
  sql("GRANT SELECT ON billing.t TO " + role());
  sql("CREATE PUBLICATION ours FOR TABLE billing.t");
  options_.tables = std::nullopt;
  options_.publication = "ours";
  expect_mended_by("GRANT USAGE ON SCHEMA \"billing\" TO " + role());
}

TEST_F(Rights, WithoutASnapshotNothingIsRead) {
  sql("ALTER TABLE t OWNER TO postgres");
  sql("CREATE PUBLICATION ours FOR TABLE t");
  options_.tables = std::nullopt;
  options_.publication = "ours";
  options_.policies.snapshot = false;
  EXPECT_EQ(prepare_error(), "") << message_;
}

TEST_F(Rights, SeeingCommitsThatWaitForAStandby) {
  const std::string statement = "GRANT pg_read_all_stats TO " + role();
  EXPECT_EQ(found_by(*adapter()).find(statement), std::string::npos);
  // New sessions have it.
  sql("ALTER ROLE " + role() + " SET synchronous_commit = local");
  sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  server().reload();
  const std::string found = found_by(*adapter());
  sql("SET synchronous_commit = local");
  sql("ALTER SYSTEM RESET synchronous_standby_names");
  server().reload();
  EXPECT_NE(found.find(statement), std::string::npos) << found;
}

TEST_F(Rights, EnteringByTheServersFile) {
  server().put("pg_hba.conf", "host all postgres 127.0.0.1/32 trust\n");
  server().reload();
  EXPECT_EQ(prepare_error(), "source.unauthorized");
  EXPECT_NE(message_.find("pg_hba.conf"), std::string::npos) << message_;
  EXPECT_NE(message_.find(role()), std::string::npos) << message_;
  server().put("pg_hba.conf", "host all all 127.0.0.1/32 trust\n");
  server().reload();
  EXPECT_EQ(prepare_error(), "") << message_;
  server().put("pg_hba.conf",
               "host all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n");
  server().reload();
}

/// On a server of its own.
class Settings : public ::testing::Test {
 protected:
  static SourceOptions options(const rig::PostgresServer& server) {
    return {.uri = server.address(), .tables = std::vector<std::string>{"t"}, .slot = "s"};
  }
  void expect(SourceAdapter& adapter, const std::string& name, const std::string& next) {
    const auto prepared = adapter.prepare("a");
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().name, name) << prepared.error().message;
    EXPECT_NE(prepared.error().next.find(next), std::string::npos) << prepared.error().next;
  }

  SystemClock clock_;
};

TEST_F(Settings, WalLevel) {
  const rig::PostgresServer server({"wal_level=replica"});
  server.execute("CREATE TABLE t(id int PRIMARY KEY);\n");
  const auto adapter = make_postgresql_source(options(server), clock_);
  expect(*adapter, "source.wal_level", "ALTER SYSTEM SET wal_level = logical");
  const std::string found = found_by(*adapter);
  EXPECT_NE(found.find("ALTER SYSTEM SET wal_level = logical"), std::string::npos) << found;
}

TEST_F(Settings, Limits) {
  const rig::PostgresServer server({"wal_level=logical", "max_replication_slots=1",
                                    "max_wal_senders=1", "max_connections=6",
                                    "superuser_reserved_connections=0"});
  server.execute(
      "CREATE TABLE t(id int PRIMARY KEY);\n"
      "SELECT pg_create_physical_replication_slot('other');\n");
  const auto adapter = make_postgresql_source(options(server), clock_);
  expect(*adapter, "source.too_many_slots", "max_replication_slots");
  {
    std::unique_ptr<Connection> taken;
    // The adapter's last one ends a moment after it was closed.
    ASSERT_TRUE(rig::wait_until([&] {
      auto opened = Connection::open({.uri = server.address(), .speaks = Speaks::physical}, {});
      if (opened) taken = *std::move(opened);
      return taken != nullptr;
    }));
    expect(*adapter, "source.overloaded", "max_wal_senders");
  }
  std::vector<std::unique_ptr<Connection>> all;
  for (;;) {
    auto one = Connection::open({.uri = server.address()}, {});
    if (!one) {
      EXPECT_EQ(one.error().name, "source.overloaded") << one.error().message;
      EXPECT_NE(one.error().next.find("max_connections"), std::string::npos) << one.error().next;
      break;
    }
    all.push_back(*std::move(one));
  }
  EXPECT_LE(all.size(), 6U);
}

}  // namespace
}  // namespace headwater::postgresql
