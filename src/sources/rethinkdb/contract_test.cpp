// The RethinkDB source passes the contract suite of sources, on the stand-in or, where one is found, on
// a real server.
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/json/json.h"
#include "src/sources/rethinkdb/adapter.h"
#include "src/sources/rethinkdb/contract_table.h"
#include "testing/contract/source_suite.h"
#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/rethink_server.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::testing {
namespace {

using rethinkdb::Term;
using rethinkdb::TermType;
using rig::RethinkServer;

class RethinkRig final : public SourceRig {
 public:
  RethinkRig() { make_database("suite"); }

  std::unique_ptr<SourceAdapter> source(const SourceRigOptions& options) override {
    return make_rethinkdb_source(options_for(server_, "suite", options), clock_);
  }
  std::unique_ptr<SourceAdapter> other_database() override {
    make_database("other");
    return make_rethinkdb_source(options_for(server_, "other", {}), clock_);
  }
  std::unique_ptr<SourceWriter> writer() override {
    return make_rethink_writer(server_.port(), "suite");
  }
  [[nodiscard]] rig::Command inserter(std::int64_t first, std::int64_t count) const override {
    return {.words = {HEADWATER_RETHINKDB_INSERTER, std::to_string(server_.port()), "suite",
                      std::to_string(first), std::to_string(count)}};
  }

  std::vector<std::pair<std::vector<Value>, Value>> rows() override {
    return rethink_rows(server_.port(), "suite");
  }
  [[nodiscard]] Value value_in(const Row& row) const override { return value_at(row, "value"); }
  [[nodiscard]] std::vector<Value> key_in(const Row& key) const override {
    return {value_at(key, "id")};
  }

  /// A number is a double, and a whole one is written without a point.
  [[nodiscard]] std::vector<Value> exact_values() const override {
    using Real = std::numeric_limits<double>;
    const std::int64_t largest = std::int64_t{1} << 53;
    return {std::monostate{},
            std::int64_t{0},
            largest,
            -largest,
            0.1,
            -2.5,
            Real::max(),
            Real::min(),
            Text{""},
            Text{"17"},
            Text{"gr\xc3\xb6\xc3\x9f"
                 "er\n\\'\""},
            Text{std::string("a\0b", 3)},
            Blob{""},
            Blob{std::string("\0\xff\x27", 3)},
            true,
            false};
  }

  [[nodiscard]] int slowness() const override { return 10; }
  [[nodiscard]] bool has_all_at_hand() const override { return false; }
  [[nodiscard]] bool has_rows_before() const override { return false; }
  [[nodiscard]] bool snapshot_is_as_of_prepare() const override { return false; }

  /// Removing the journal removes the history, and making it again does not bring it back.
  bool cut_history() override {
    const auto adapter = source({});
    EXPECT_TRUE(adapter->remove("a"));
    EXPECT_TRUE(adapter->prepare("a"));
    return true;
  }
  [[nodiscard]] bool cut_keeps_newest() const override { return false; }
  [[nodiscard]] bool skips_what_was_restored() const override { return false; }

  bool keep_copy() override {
    server_.stop();
    std::filesystem::copy(server_.data(), backup(), std::filesystem::copy_options::recursive);
    start_again();
    return true;
  }
  std::unique_ptr<SourceAdapter> copy() override {
    elsewhere_ =
        std::make_unique<RethinkServer>(rig::RethinkOptions{.stand_in = false, .data = backup()});
    wait_for_tables(*elsewhere_);
    return make_rethinkdb_source(options_for(*elsewhere_, "suite", {}), clock_);
  }
  void go_back() override {
    server_.kill();
    server_.restore_data(backup());
    start_again();
  }

 private:
  [[nodiscard]] std::filesystem::path backup() const { return folder_ / "backup"; }

  void start_again() {
    server_.start();
    wait_for_tables(server_);
  }
  /// Their replicas look for each other first.
  static void wait_for_tables(const RethinkServer& server) {
    RethinkShell shell(server.port());
    for (const char* name : {"item", "headwater"}) {
      shell.ask(rethinkdb::table("suite", name).then(TermType::wait));
    }
  }
  void make_database(const std::string& name) {
    RethinkShell shell(server_.port());
    shell.ask(Term::call(rethinkdb::admin::db_create, {name}));
    shell.ask(Term::call(TermType::db, {name}).then(TermType::table_create, {"item"}));
    shell.ask(rethinkdb::table(name, "item").then(TermType::wait));
  }
  [[nodiscard]] static rethinkdb::SourceOptions options_for(const RethinkServer& server,
                                                            const std::string& database,
                                                            const SourceRigOptions& wanted) {
    rethinkdb::SourceOptions options;
    options.server = {.host = "127.0.0.1", .port = server.port()};
    options.database = database;
    options.table = "item";
    options.policies = wanted.policies(options.policies);
    return options;
  }

  SystemClock clock_;
  rig::TemporaryFolder folder_;
  RethinkServer server_;
  std::unique_ptr<RethinkServer> elsewhere_;
};

MadeSourceRig make() { return std::make_unique<RethinkRig>(); }

INSTANTIATE_TEST_SUITE_P(Rethinkdb, SourceSuite, ::testing::Values(&make));

}  // namespace
}  // namespace headwater::testing
