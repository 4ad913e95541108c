// The inbox in SQLite that the tests use. Private to them.
#pragma once

#include "src/inbox/sqlite/test_connection.h"
#include "testing/contract/inbox_suite.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::testing {

class SqliteInboxRig : public InboxRig {
 public:
  SqliteInboxRig() {
    run("PRAGMA journal_mode = WAL");
    run("CREATE TABLE inbox_effects (id TEXT)");
  }

  [[nodiscard]] OpenInbox open() const override { return &open_sqlite; }
  [[nodiscard]] std::string address() const override { return folder_ / "consumer.db"; }
  [[nodiscard]] std::string table() const override { return "inbox"; }
  [[nodiscard]] std::string child() const override { return HEADWATER_INBOX_CHILD; }

  std::vector<std::string> effects() override { return column("SELECT id FROM inbox_effects"); }
  std::size_t remembered() override { return column("SELECT id FROM inbox").size(); }
  void age(std::chrono::seconds by) override {
    run("UPDATE inbox SET claimed_at = claimed_at - " + std::to_string(by.count()));
  }
  void put_other_shape() override { run("CREATE TABLE inbox (id INTEGER PRIMARY KEY, mail TEXT)"); }
  void remove_name() override { run("DROP TABLE inbox_meta"); }

 private:
  void run(const std::string& sql) { execute(database_.get(), sql); }
  std::vector<std::string> column(const std::string& sql) {
    std::vector<std::string> values;
    sqlite3_exec(
        database_.get(), sql.c_str(),
        [](void* into, int, char** value, char**) {
          static_cast<std::vector<std::string>*>(into)->emplace_back(*value);
          return 0;
        },
        &values, nullptr);
    return values;
  }

  rig::TemporaryFolder folder_;
  SqliteDatabase database_ = connect_sqlite(address());
};

}  // namespace headwater::testing
