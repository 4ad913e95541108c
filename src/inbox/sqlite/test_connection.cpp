#include "src/inbox/sqlite/test_connection.h"

#include <headwater/inbox/sqlite.h>

#include "testing/rig/server_program.h"

namespace headwater::testing {
namespace {

class SqliteConnection : public InboxConnection {
 public:
  SqliteConnection(SqliteDatabase database, client::SqliteInbox inbox, std::string effects)
      : database_(std::move(database)), inbox_(std::move(inbox)), effects_(std::move(effects)) {}

  client::Result<std::vector<bool>> claim(std::span<const client::Delivery> deliveries,
                                          std::uint64_t /*acknowledged*/) override {
    if (auto begun = run("BEGIN"); !begun) return begun.error();
    return inbox_.claim(deliveries);
  }
  client::Result<void> apply(const std::string& id) override {
    char* sql = sqlite3_mprintf("INSERT INTO \"%w\" VALUES (%Q)", effects_.c_str(), id.c_str());
    auto done = run(sql);
    sqlite3_free(sql);
    return done;
  }
  client::Result<void> commit() override { return run("COMMIT"); }
  void roll_back() override {
    if (sqlite3_get_autocommit(database_.get()) == 0) (void)run("ROLLBACK");
  }
  client::Result<bool> forget_some(std::uint64_t acknowledged) override {
    return inbox_.forget_some(acknowledged);
  }

 private:
  client::Result<void> run(const char* sql) {
    const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    return client::Error{
        .remedy = code == SQLITE_BUSY ? client::Remedy::retry : client::Remedy::stop,
        .name = "test.sqlite",
        .message = sqlite3_errmsg(database_.get())};
  }

  SqliteDatabase database_;
  client::SqliteInbox inbox_;
  std::string effects_;
};

}  // namespace

SqliteDatabase connect_sqlite(const std::string& file) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open(file.c_str(), &handle);
  SqliteDatabase database(handle);
  if (code != SQLITE_OK) rig::give_up(file + ": " + sqlite3_errmsg(handle));
  sqlite3_busy_timeout(handle, 60'000);
  execute(handle, "PRAGMA synchronous = OFF");
  return database;
}

void execute(sqlite3* database, const std::string& sql) {
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    rig::give_up(sql + ": " + sqlite3_errmsg(database));
  }
}

InboxOpened open_sqlite(const std::string& address, const client::InboxOptions& options) {
  auto database = connect_sqlite(address);
  auto inbox = client::SqliteInbox::open(database.get(), options);
  if (!inbox) return inbox.error();
  return std::unique_ptr<InboxConnection>(std::make_unique<SqliteConnection>(
      std::move(database), *std::move(inbox), options.table + "_effects"));
}

}  // namespace headwater::testing
