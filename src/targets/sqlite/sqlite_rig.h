// A SQLite file for the contract suite of the targets.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/adapters/list.h"
#include "src/config/config.h"
#include "src/sqlite/database.h"
#include "testing/contract/target_suite.h"
#include "testing/rig/sqlite_files.h"
#include "testing/rig/temporary_folder.h"

namespace headwater {

Result<std::unique_ptr<TargetAdapter>> make_sqlite_target(config::Section section,
                                                          const Clock& clock);

namespace target_sqlite {

class SqliteRig final : public testing::TargetRig {
 public:
  SqliteRig() {
    static const SystemClock clock;
    auto section = config::parse("path: " + path(), "/etc/shop.yaml");
    adapter_ = *make_sqlite_target(*section, clock);
    auto made = sqlite::Database::open(path(), sqlite::Open::create, Origin::usage);
    EXPECT_TRUE(made->execute("PRAGMA journal_mode = WAL"));
  }

  TargetAdapter& adapter() override { return *adapter_; }
  [[nodiscard]] std::string configuration() const override {
    return "{ sqlite: { path: " + path() + " } }";
  }
  [[nodiscard]] std::string path() const { return folder_ / "copy.db"; }

  std::vector<std::string> rows(const std::string& table) override {
    std::vector<std::string> rows;
    auto database = sqlite::Database::open(path(), sqlite::Open::create, Origin::usage);
    sqlite3_stmt* list = nullptr;
    const std::string query = "SELECT * FROM " + sqlite::quote_name(table);
    if (sqlite3_prepare_v2(database->handle(), query.c_str(), -1, &list, nullptr) != SQLITE_OK) {
      return rows;
    }
    while (sqlite3_step(list) == SQLITE_ROW) rows.push_back(row_of(list));
    sqlite3_finalize(list);
    std::ranges::sort(rows);
    return rows;
  }
  void make_table(const std::string& table) override {
    rig::execute(
        path(), "CREATE TABLE " + table + "(id PRIMARY KEY); INSERT INTO " + table + " VALUES (1)");
  }
  bool make_counting_table() override {
    rig::execute(path(),
                 "CREATE TABLE orders(id INTEGER PRIMARY KEY, name);"
                 "CREATE TABLE writes(n); INSERT INTO writes VALUES (0);"
                 "CREATE TRIGGER a AFTER INSERT ON orders BEGIN UPDATE writes SET n = n + 1; END;"
                 "CREATE TRIGGER b AFTER UPDATE ON orders BEGIN UPDATE writes SET n = n + 1; END;"
                 "CREATE TRIGGER c AFTER DELETE ON orders BEGIN UPDATE writes SET n = n + 1; END");
    return true;
  }
  std::int64_t writes() override { return rig::query_integer(path(), "SELECT n FROM writes"); }

 private:
  static std::string row_of(sqlite3_stmt* list) {
    std::map<std::string, std::string> columns;
    for (int i = 0; i < sqlite3_column_count(list); ++i) {
      if (sqlite3_column_type(list, i) == SQLITE_NULL) continue;
      columns[sqlite3_column_name(list, i)] =
          reinterpret_cast<const char*>(sqlite3_column_text(list, i));
    }
    return shown(columns);
  }

  rig::TemporaryFolder folder_;
  std::unique_ptr<TargetAdapter> adapter_;
};

inline Result<std::unique_ptr<testing::TargetRig>> make_sqlite_rig() {
  return std::make_unique<SqliteRig>();
}

}  // namespace target_sqlite
}  // namespace headwater
