// The PostgreSQL source passes the contract suite of sources, with the key and with the whole row as
// replica identity.
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/sources/postgresql/adapter.h"
#include "src/sources/postgresql/contract_rig.h"
#include "src/sources/postgresql/values/value_of.h"
#include "testing/contract/source_suite.h"
#include "testing/postgresql/shared_server.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::testing {
namespace {

using rig::PostgresServer;

class PgRig final : public SourceRig {
 public:
  explicit PgRig(bool full) : full_(full), name_(rig::new_database_name()) { make_database(name_); }
  ~PgRig() override {
    for (const std::string& name : {name_, other_name()}) rig::drop_database(server(), name);
  }

  std::unique_ptr<SourceAdapter> source(const SourceRigOptions& options) override {
    return make_postgresql_source(options_for(server(), name_, options), clock_);
  }
  std::unique_ptr<SourceAdapter> other_database() override {
    make_database(other_name());
    return make_postgresql_source(options_for(server(), other_name(), {}), clock_);
  }
  std::unique_ptr<SourceWriter> writer() override {
    return make_pg_writer(server().address(name_));
  }
  [[nodiscard]] rig::Command inserter(std::int64_t first, std::int64_t count) const override {
    return {.words = {HEADWATER_POSTGRESQL_INSERTER, server().address(name_), std::to_string(first),
                      std::to_string(count)}};
  }

  std::vector<std::pair<std::vector<Value>, Value>> rows() override {
    const auto found = PgShell(server().address(name_)).ask("SELECT * FROM item");
    std::vector<std::pair<std::vector<Value>, Value>> all;
    for (int row = 0; row < found.rows(); ++row) {
      std::vector<Value> values;
      for (int i = 0; i < found.columns(); ++i) {
        const auto form = postgresql::form_of(found.type(i));
        values.push_back(found.is_null(row, i) ? Value()
                                               : postgresql::value_of(form, found.view(row, i)));
      }
      all.emplace_back(std::vector<Value>{values[0]}, value_among(values));
    }
    return all;
  }
  [[nodiscard]] Value value_in(const Row& row) const override {
    return value_among(values_of(row));
  }

  [[nodiscard]] std::vector<Value> exact_values() const override {
    return with_values_of_every_database(
        {Text{"gr\xc3\xb6\xc3\x9f"
              "er\n\\'\""},
         true, false, Decimal{"0.10"}, Decimal{"123456789012345678901234567890.5"}, Decimal{"NaN"},
         Time{"2026-11-30 08:15:30.123456+00"}, Time{"infinity"}, JsonText{"{\"a\": [1, null]}"}});
  }

  [[nodiscard]] bool has_all_at_hand() const override { return false; }
  [[nodiscard]] bool has_rows_before() const override { return full_; }
  [[nodiscard]] bool snapshot_is_as_of_prepare() const override { return false; }
  /// A commit is in the log before others see it, so a snapshot may not be one point of the log.
  Turns* turns() override { return &turns_; }

  bool cut_history() override {
    rig::forget_history(server(), name_);
    return true;
  }
  [[nodiscard]] bool cut_keeps_newest() const override { return false; }

  bool keep_copy() override {
    server().stop();
    server().copy_data_to(backup());
    server().start();
    return true;
  }
  std::unique_ptr<SourceAdapter> copy() override {
    elsewhere_ = std::make_unique<PostgresServer>(backup(), rig::shared_postgres_settings());
    return make_postgresql_source(options_for(*elsewhere_, name_, {}), clock_);
  }
  void go_back() override {
    server().kill();
    server().restore_data_from(backup());
    server().start();
  }

 private:
  static PostgresServer& server() { return rig::shared_postgres_server(); }
  [[nodiscard]] std::string other_name() const { return name_ + "_other"; }
  [[nodiscard]] std::filesystem::path backup() const { return folder_ / "backup"; }

  void make_database(const std::string& name) const {
    PgShell(server().address()).ask("CREATE DATABASE " + name);
    PgShell shell(server().address(name));
    shell.ask(suite_table());
    if (full_) shell.ask("ALTER TABLE item REPLICA IDENTITY FULL");
  }
  /// The slot has the database's name.
  [[nodiscard]] static postgresql::SourceOptions options_for(const PostgresServer& server,
                                                             const std::string& name,
                                                             const SourceRigOptions& wanted) {
    postgresql::SourceOptions options;
    options.uri = server.address(name);
    options.tables = {"item"};
    options.slot = name;
    options.policies = wanted.policies(options.policies);
    return options;
  }

  SystemClock clock_;
  rig::TemporaryFolder folder_;
  Turns turns_;
  bool full_;
  std::string name_;
  std::unique_ptr<PostgresServer> elsewhere_;
};

MadeSourceRig by_key() { return std::make_unique<PgRig>(false); }
MadeSourceRig by_row() { return std::make_unique<PgRig>(true); }

INSTANTIATE_TEST_SUITE_P(PostgresqlKey, SourceSuite, ::testing::Values(&by_key));
INSTANTIATE_TEST_SUITE_P(PostgresqlFull, SourceSuite, ::testing::Values(&by_row));

}  // namespace
}  // namespace headwater::testing
