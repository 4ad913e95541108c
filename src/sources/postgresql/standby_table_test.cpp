// The sync documents of a real server, and that they are never published.
#include "src/sources/postgresql/standby_table.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string_view>

#include "src/sources/postgresql/feed/position.h"
#include "src/sources/postgresql/feed_rig.h"
#include "src/sources/shared/sync_suite.h"
#include "testing/rig/tcp_proxy.h"
#include "testing/rig/waiting.h"

namespace headwater::sources {
namespace {

using testing::PgShell;

class PgRig final : public SyncRig {
 public:
  PgRig() {
    PgShell(server().address()).ask("CREATE DATABASE " + name_);
    shell_ = std::make_unique<PgShell>(server().address(name_));
  }
  ~PgRig() override {
    shell_.reset();
    rig::drop_database(server(), name_);
  }

  std::unique_ptr<SyncPlace> place() override {
    return postgresql::make_standby_table(server().address(name_));
  }
  void write_nonsense(const std::string& relay) override {
    shell_->ask(
        "INSERT INTO headwater.headwater_standby VALUES ($1, NULL, 7) "
        "ON CONFLICT (relay) DO UPDATE SET holder = NULL, beat = 7",
        {relay});
  }

 private:
  static rig::PostgresServer& server() { return rig::shared_postgres_server(); }

  std::string name_ = rig::new_database_name();
  std::unique_ptr<PgShell> shell_;
};

INSTANTIATE_TEST_SUITE_P(Postgresql, SyncDocuments,
                         ::testing::Values([] { return std::make_unique<PgRig>(); }));

}  // namespace
}  // namespace headwater::sources

namespace headwater::postgresql {
namespace {

using ::testing::HasSubstr;

class StandbyTable : public Feed {
 protected:
  ~StandbyTable() override {
    hint_.reset();
    if (user_.empty()) return;
    sql("DROP OWNED BY " + user_ + " CASCADE");
    sql("DROP ROLE " + user_);
  }

  void become_user() {
    user_ = name_ + "_relay";
    sql("CREATE ROLE " + user_ + " LOGIN");
    options_.uri = "host=127.0.0.1 port=" + std::to_string(server().port()) + " user=" + user_ +
                   " dbname=" + name_;
    hint_ = adapter()->sync_document(Milliseconds(3'000));
  }
  HintAdapter& hint() {
    if (!hint_) hint_ = adapter()->sync_document(Milliseconds(3'000));
    return *hint_;
  }
  void prepare() {
    auto prepared = hint().prepare("orders");
    ASSERT_TRUE(prepared) << prepared.error().message;
  }
  void remove() {
    auto removed = hint().remove("orders");
    ASSERT_TRUE(removed) << removed.error().message;
  }
  Result<Claim> claim() { return hint().open("orders", clock_)->claim({}); }
  void expect_ours() {
    const auto claimed = claim();
    ASSERT_TRUE(claimed) << claimed.error().name << ": " << claimed.error().message;
    EXPECT_EQ(*claimed, Claim::ours);
  }
  /// Types what an error says.
  void expect_refused_until_typed(const Error& error, const std::string& next) {
    EXPECT_EQ(error.name, "hint.refused") << error.message;
    EXPECT_EQ(error.remedy, Remedy::retry);
    EXPECT_THAT(error.message, HasSubstr("user " + user_ + " may not "));
    EXPECT_EQ(error.next, next);
    sql("BEGIN");
    std::string_view left = error.next;
    while (!left.empty()) {
      const auto end = std::min(left.find(';'), left.size());
      sql(std::string(left.substr(0, end)));
      left.remove_prefix(std::min(end + 1, left.size()));
    }
    sql("COMMIT");
  }
  bool exists(const std::string& schema) {
    return sql("SELECT FROM pg_namespace WHERE nspname = '" + schema + "'").rows() > 0;
  }
  [[nodiscard]] std::string quoted_user() const { return "\"" + user_ + "\""; }

  std::string user_;
  std::unique_ptr<HintAdapter> hint_;
};

TEST_F(StandbyTable, HasToBePrepared) {
  const auto claimed = claim();
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().name, "hint.not_prepared");
  EXPECT_EQ(claimed.error().next, "headwater init -c FILE");
  prepare();
  const auto one = hint().open("orders", clock_);
  EXPECT_EQ(one->claim({}).value(), Claim::ours);
  sql("DROP TABLE headwater.headwater_standby");
  const auto without = one->claim({});
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().name, "hint.not_prepared") << without.error().message;
}

TEST_F(StandbyTable, GoesWithTheLastRelay) {
  prepare();
  prepare();
  EXPECT_TRUE(exists("headwater"));
  remove();
  EXPECT_FALSE(exists("headwater"));
  remove();
  sql("CREATE SCHEMA headwater");
  sql("CREATE TABLE headwater.mine(id int)");
  prepare();
  expect_ours();
  remove();
  EXPECT_EQ(sql("SELECT FROM pg_class WHERE relname = 'headwater_standby'").rows(), 0);
  EXPECT_EQ(sql("SELECT FROM headwater.mine").rows(), 0);
}

TEST_F(StandbyTable, AUserWhoOwnsNothingNeedsASchema) {
  become_user();
  auto refused = hint().prepare("orders");
  ASSERT_FALSE(refused);
  expect_refused_until_typed(refused.error(),
                             "CREATE SCHEMA headwater AUTHORIZATION " + quoted_user());
  prepare();
  expect_ours();
  remove();
  EXPECT_TRUE(exists("headwater")) << "it could not be made again";
  prepare();
  expect_ours();
}

TEST_F(StandbyTable, NamesTheRightsThatAreMissing) {
  sql("CREATE SCHEMA headwater");
  become_user();
  auto refused = hint().prepare("orders");
  ASSERT_FALSE(refused);
  expect_refused_until_typed(refused.error(),
                             "GRANT USAGE, CREATE ON SCHEMA headwater TO " + quoted_user());
  sql("REVOKE ALL ON SCHEMA headwater FROM " + user_);
  // Somebody else has made the table.
  ASSERT_TRUE(make_standby_table(server().address(name_))->prepare());
  EXPECT_EQ(hint().check("orders").front().kind, Finding::Kind::problem);
  const auto claimed = claim();
  ASSERT_FALSE(claimed);
  expect_refused_until_typed(
      claimed.error(),
      "GRANT USAGE ON SCHEMA headwater TO " + quoted_user() +
          "; GRANT SELECT, INSERT, UPDATE, DELETE ON headwater.headwater_standby TO " +
          quoted_user());
  prepare();
  const auto one = hint().open("orders", clock_);
  EXPECT_EQ(one->claim({}).value(), Claim::ours);
  sql("REVOKE UPDATE ON headwater.headwater_standby FROM " + user_);
  const auto revoked = one->claim({});
  ASSERT_FALSE(revoked);
  EXPECT_EQ(revoked.error().name, "hint.refused");
  EXPECT_THAT(revoked.error().next, HasSubstr("GRANT SELECT, INSERT, UPDATE"));
  sql("GRANT UPDATE ON headwater.headwater_standby TO " + user_);
  remove();
  EXPECT_TRUE(exists("headwater")) << "it is another's";
}

TEST_F(StandbyTable, AWrongUserIsNamed) {
  options_.uri =
      "host=127.0.0.1 port=" + std::to_string(server().port()) + " user=nobody dbname=nothing";
  const auto prepared = hint().prepare("orders");
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().remedy, Remedy::retry) << prepared.error().message;
}

/// It could be published.
TEST_F(StandbyTable, AnOrdinaryTableOfTheNameIsRefused) {
  prepare();
  sql("ALTER TABLE headwater.headwater_standby SET LOGGED");
  const auto claimed = claim();
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().name, "hint.name_taken");
  EXPECT_FALSE(hint().prepare("orders"));
  EXPECT_FALSE(hint().remove("orders"));
  sql("ALTER TABLE headwater.headwater_standby SET UNLOGGED");
  expect_ours();
}

TEST_F(StandbyTable, DoesNotWaitLongForALock) {
  prepare();
  expect_ours();
  sql("BEGIN");
  sql("LOCK TABLE headwater.headwater_standby");
  const auto claimed = claim();
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().name, "hint.away") << claimed.error().message;
  EXPECT_THAT(claimed.error().message, HasSubstr("lock timeout"));
  EXPECT_EQ(claimed.error().remedy, Remedy::retry);
  sql("ROLLBACK");
}

/// Whatever the URI says of how long to wait.
TEST_F(StandbyTable, DoesNotWaitLongForASilentServer) {
  rig::TcpProxy proxy(server().port());
  options_.uri = "host=127.0.0.1 port=" + std::to_string(proxy.port()) +
                 " user=postgres connect_timeout=3600 dbname=" + name_;
  prepare();
  const auto one = hint().open("orders", clock_);
  EXPECT_EQ(one->claim({}).value(), Claim::ours);
  proxy.silence();
  // Once on its connection, and once without one.
  for (int i = 0; i < 2; ++i) {
    const auto claimed = one->claim({});
    ASSERT_FALSE(claimed);
    EXPECT_EQ(claimed.error().name, "hint.away") << claimed.error().message;
    EXPECT_EQ(claimed.error().remedy, Remedy::retry);
  }
  proxy.restore();
  EXPECT_EQ(one->claim({}).value(), Claim::ours);
}

/// By no publication, whoever made it.
TEST_F(StandbyTable, IsNeverPublished) {
  sql("CREATE TABLE orders(id int PRIMARY KEY)");
  prepare();
  const auto one = hint().open("orders", clock_);
  EXPECT_EQ(one->claim({}).value(), Claim::ours);
  options_.policies.snapshot = true;
  start();
  sql("INSERT INTO orders VALUES (1)");
  EXPECT_EQ(one->claim({}).value(), Claim::ours);
  EXPECT_EQ(lines().size(), 1U);
  EXPECT_EQ(sql("SELECT tablename FROM pg_publication_tables").rows(), 1);

  options_.tables = {"headwater.*", "orders"};
  EXPECT_EQ(prepare_error(), "");
  EXPECT_EQ(sql("SELECT tablename FROM pg_publication_tables").rows(), 1);
  options_.tables = {"headwater.headwater_standby"};
  EXPECT_EQ(prepare_error(), "source.no_such_table");
  EXPECT_THAT(message_, HasSubstr("unlogged"));

  sql("CREATE PUBLICATION everything FOR ALL TABLES");
  EXPECT_EQ(sql("SELECT FROM pg_publication_tables WHERE pubname = 'everything'").rows(), 1);
}

/// Each beat commits, so the log grows.
TEST_F(StandbyTable, ItsBeatsLetTheSlotMove) {
  sql("CREATE TABLE orders(id int PRIMARY KEY)");
  prepare();
  start();
  (void)changes();
  const auto one = hint().open("orders", clock_);
  const auto before = decode(at_)->at.lsn;
  const Lsn target = *lsn_from(sql("SELECT pg_current_wal_insert_lsn()").text(0, 0));
  ASSERT_TRUE(rig::wait_until([&] {
    EXPECT_EQ(one->claim({}).value(), Claim::ours);
    auto batch = source_->read({10, 1'000}, Milliseconds(50), {});
    if (!batch || !batch->changes.empty()) return false;
    at_ = batch->position;
    return decode(at_)->at.lsn > std::max(before, target);
  }));
  ASSERT_TRUE(source_->release(
      Durable::confirmed_by_stream({.sequence = 1, .position = at_, .source = "any"})));
  EXPECT_TRUE(rig::wait_until([&] {
    (void)source_->tend();
    return sql("SELECT confirmed_flush_lsn >= '" + text_of(decode(at_)->at.lsn) +
               "'::pg_lsn FROM pg_replication_slots WHERE slot_name = '" + name_ + "'")
        .flag(0, 0);
  }));
}

}  // namespace
}  // namespace headwater::postgresql
