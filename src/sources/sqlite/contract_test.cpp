// The SQLite source passes the contract suite of sources, in both journal modes and with every
// kind of key.
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/sources/sqlite/adapter.h"
#include "src/sources/sqlite/contract_writer.h"
#include "src/sources/sqlite/feed/log_row.h"
#include "src/sqlite/database.h"
#include "testing/contract/source_suite.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::testing {
namespace {

namespace fs = std::filesystem;

sqlite::SourceOptions options_for(const std::string& path, const SourceRigOptions& wanted) {
  sqlite::SourceOptions options;
  options.path = path;
  options.policies = wanted.policies(options.policies);
  options.history = Milliseconds(0);
  return options;
}

class SqliteRig final : public SourceRig {
 public:
  SqliteRig(const char* journal_mode, const char* kind) : kind_(kind) {
    for (const char* folder : {"here", "copy", "elsewhere", "other"}) {
      fs::create_directory(folder_ / folder);
    }
    for (const char* folder : {"here", "other"}) {
      auto database =
          sure(sqlite::Database::open(path(folder), sqlite::Open::create, Origin::usage));
      sure(database.execute(std::string("PRAGMA journal_mode = ") + journal_mode));
      sure(database.execute(table().create));
    }
  }

  std::unique_ptr<SourceAdapter> source(const SourceRigOptions& options) override {
    return make_sqlite_source(options_for(path("here"), options), clock_);
  }
  std::unique_ptr<SourceAdapter> other_database() override {
    return make_sqlite_source(options_for(path("other"), {}), clock_);
  }
  std::unique_ptr<SourceWriter> writer() override { return make_writer(path("here"), table()); }
  [[nodiscard]] rig::Command inserter(std::int64_t first, std::int64_t count) const override {
    return {.words = {HEADWATER_SQLITE_INSERTER, path("here"), kind_, std::to_string(first),
                      std::to_string(count)}};
  }

  std::vector<std::pair<std::vector<Value>, Value>> rows() override {
    auto database =
        sure(sqlite::Database::open(path("here"), sqlite::Open::read_only, Origin::usage));
    auto statement = sure(database.prepare(table().rows));
    std::vector<std::pair<std::vector<Value>, Value>> result;
    while (sure(statement.step())) {
      const int last = statement.columns() - 1;
      std::vector<Value> key;
      key.reserve(static_cast<std::size_t>(last));
      for (int i = 0; i < last; ++i) key.push_back(sqlite::value_of(statement, i));
      result.emplace_back(std::move(key), sqlite::value_of(statement, last));
    }
    return result;
  }

  [[nodiscard]] Value value_in(const Row& row) const override { return values_of(row).back(); }

  [[nodiscard]] std::vector<Value> exact_values() const override {
    return with_values_of_every_database(
        {Text{std::string("a\0b", 3)}, Text{"\xff\xfe\x80"}, Blob{"text"}});
  }

  bool cut_history() override {
    auto database =
        sure(sqlite::Database::open(path("here"), sqlite::Open::read_write, Origin::usage));
    sure(
        database.execute("DELETE FROM _headwater_log WHERE seq < (SELECT max(seq) FROM "
                         "_headwater_log)"));
    return true;
  }

  bool keep_copy() override {
    auto database =
        sure(sqlite::Database::open(path("here"), sqlite::Open::read_write, Origin::usage));
    sure(database.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    replace(path("here"), path("copy"));
    return true;
  }
  std::unique_ptr<SourceAdapter> copy() override {
    replace(path("copy"), path("elsewhere"));
    return make_sqlite_source(options_for(path("elsewhere"), {}), clock_);
  }
  void go_back() override { replace(path("copy"), path("here")); }

 private:
  static void replace(const std::string& from, const std::string& to) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) fs::remove(to + suffix);
    fs::copy_file(from, to);
  }
  [[nodiscard]] const TableKind& table() const { return table_kind(kind_); }
  [[nodiscard]] std::string path(const char* folder) const {
    return folder_.path() / folder / "shop.db";
  }

  SystemClock clock_;
  rig::TemporaryFolder folder_;
  const char* kind_;
};

MadeSourceRig wal() { return std::make_unique<SqliteRig>("wal", "integer"); }
MadeSourceRig journal() { return std::make_unique<SqliteRig>("delete", "integer"); }
MadeSourceRig composite_rig() { return std::make_unique<SqliteRig>("wal", "composite"); }
MadeSourceRig keyless_rig() { return std::make_unique<SqliteRig>("truncate", "keyless"); }

INSTANTIATE_TEST_SUITE_P(SqliteWal, SourceSuite, ::testing::Values(&wal));
INSTANTIATE_TEST_SUITE_P(SqliteJournal, SourceSuite, ::testing::Values(&journal));
INSTANTIATE_TEST_SUITE_P(SqliteComposite, SourceSuite, ::testing::Values(&composite_rig));
INSTANTIATE_TEST_SUITE_P(SqliteKeyless, SourceSuite, ::testing::Values(&keyless_rig));

}  // namespace
}  // namespace headwater::testing
