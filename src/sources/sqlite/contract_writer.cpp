#include "src/sources/sqlite/contract_writer.h"

#include <utility>

#include "src/sources/sqlite/feed/table_scan.h"

namespace headwater::testing {
namespace {

const TableKind integer{
    .create = "CREATE TABLE item(key INTEGER PRIMARY KEY, value)",
    .insert = "INSERT OR IGNORE INTO item VALUES(?1, ?2)",
    .update = "UPDATE item SET value = ?2 WHERE key = ?1",
    .remove = "DELETE FROM item WHERE key = ?1",
    .rows = "SELECT key, value FROM item",
};

const TableKind composite{
    .create =
        "CREATE TABLE item(area TEXT COLLATE NOCASE, key INTEGER, value, "
        "PRIMARY KEY(area, key)) WITHOUT ROWID",
    .insert = "INSERT OR IGNORE INTO item VALUES(substr('aBcD', 1 + ?1 % 4, 1), ?1, ?2)",
    .update = "UPDATE item SET value = ?2 WHERE area = substr('AbCd', 1 + ?1 % 4, 1) AND key = ?1",
    .remove = "DELETE FROM item WHERE area = substr('ABCD', 1 + ?1 % 4, 1) AND key = ?1",
    .rows = "SELECT area, key, value FROM item",
};

const TableKind keyless{
    .create = "CREATE TABLE item(number INTEGER, value); CREATE INDEX by_number ON item(number)",
    .insert = "INSERT INTO item SELECT ?1, ?2 WHERE ?1 NOT IN (SELECT number FROM item)",
    .update = "UPDATE item SET value = ?2 WHERE number = ?1",
    .remove = "DELETE FROM item WHERE number = ?1",
    .rows = "SELECT rowid, value FROM item",
};

class SqliteWriter final : public SourceWriter {
 public:
  SqliteWriter(const std::string& path, const TableKind& kind)
      : database_(sure(sqlite::Database::open(path, sqlite::Open::read_write, Origin::usage,
                                              Milliseconds(120'000)))) {
    sure(database_.execute("PRAGMA synchronous = OFF"));
    insert_ = sure(database_.prepare(kind.insert));
    update_ = sure(database_.prepare(kind.update));
    remove_ = sure(database_.prepare(kind.remove));
  }

  void begin() override { sure(database_.execute("BEGIN IMMEDIATE")); }
  void commit() override { sure(database_.execute("COMMIT")); }
  void roll_back() override { sure(database_.execute("ROLLBACK")); }

  void write(const Write& write) override {
    auto& statement = write.kind == Write::Kind::insert   ? insert_
                      : write.kind == Write::Kind::update ? update_
                                                          : remove_;
    statement.bind(0, write.key);
    if (write.kind != Write::Kind::remove) sqlite::bind_values(statement, 1, {&write.value, 1});
    sure(statement.run());
  }

 private:
  sqlite::Database database_;
  sqlite::Statement insert_;
  sqlite::Statement update_;
  sqlite::Statement remove_;
};

}  // namespace

const TableKind& table_kind(std::string_view name) {
  if (name == "composite") return composite;
  return name == "keyless" ? keyless : integer;
}

std::unique_ptr<SourceWriter> make_writer(const std::string& path, const TableKind& kind) {
  return std::make_unique<SqliteWriter>(path, kind);
}

}  // namespace headwater::testing
