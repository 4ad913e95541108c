#include "src/targets/sqlite/database.h"

#include "src/targets/sqlite/table.h"

namespace headwater::target_sqlite {
namespace {

using Tables = Result<std::unique_ptr<targets::SqlTable>>;

Tables as_table(Result<std::unique_ptr<Table>> table) {
  if (!table) return failed(table);
  return std::unique_ptr<targets::SqlTable>(*std::move(table));
}

}  // namespace

Result<std::unique_ptr<targets::SqlDatabase>> SqliteDatabase::open(const std::string& path) {
  auto opened = sqlite::Database::open(path, sqlite::Open::create, Origin::target);
  if (!opened) return failed(opened);
  auto database = std::make_unique<sqlite::Database>(*std::move(opened));
  auto pages = database->integer("PRAGMA page_count");
  if (!pages) return failed(pages);
  // A renamed table keeps the views that name it. A large cache keeps the pages of a batch in
  // memory. A file of one's own lets others read meanwhile.
  auto set =
      database->execute(std::string("PRAGMA legacy_alter_table = ON; PRAGMA cache_size = -65536") +
                        (*pages == 0 ? "; PRAGMA journal_mode = WAL" : ""));
  if (!set) return failed(set);
  auto catalog = Catalog::open(*database);
  if (!catalog) return failed(catalog);
  return std::unique_ptr<targets::SqlDatabase>(
      new SqliteDatabase(std::move(database), *std::move(catalog)));
}

Result<void> SqliteDatabase::transaction(const std::string& /*copy*/,
                                         const std::function<Result<void>()>& body) {
  return database_->transaction("IMMEDIATE", body);
}

Result<bool> SqliteDatabase::exists(const std::string& table) {
  auto found = database_->integer(
      "SELECT count(*) FROM sqlite_master WHERE type IN ('table', 'view') AND name = " +
      sqlite::quote_text(table) + " COLLATE NOCASE");
  if (!found) return failed(found);
  return *found > 0;
}

Result<bool> SqliteDatabase::has_rows(const std::string& table) {
  auto found = database_->integer("SELECT EXISTS(SELECT 1 FROM " + sqlite::quote_name(table) + ")");
  if (!found) return failed(found);
  return *found != 0;
}

Tables SqliteDatabase::make_table(const std::string& table, const TableRow& key) {
  return as_table(Table::make(*database_, table, key));
}

Tables SqliteDatabase::open_table(const targets::Entry& entry) {
  return as_table(Table::open(*database_, entry.table));
}

Result<bool> SqliteDatabase::drop_table(const std::string& table) {
  auto gone = database_->execute("DROP TABLE " + sqlite::quote_name(table));
  if (!gone) return failed(gone);
  return true;
}

Result<void> SqliteDatabase::delete_rows(const std::string& table) {
  return database_->execute("DELETE FROM " + sqlite::quote_name(table));
}

Result<void> SqliteDatabase::rename_table(const std::string& from, const std::string& to) {
  return database_->execute("ALTER TABLE " + sqlite::quote_name(from) + " RENAME TO " +
                            sqlite::quote_name(to));
}

Result<void> SqliteDatabase::replace_rows(const targets::Entry& from, const targets::Entry& to) {
  auto source = Table::open(*database_, from.table);
  auto table = Table::open(*database_, to.table);
  if (!source) return failed(source);
  if (!table) return failed(table);
  if (auto added = (*table)->add_columns((*source)->columns()); !added) return added;
  const std::string columns = name_list((*source)->columns());
  if (auto gone = delete_rows(to.table); !gone) return gone;
  return database_->execute("INSERT INTO " + sqlite::quote_name(to.table) + "(" + columns +
                            ") SELECT " + columns + " FROM " + sqlite::quote_name(from.table));
}

Result<std::vector<std::string>> SqliteDatabase::definitions(const std::string& table) {
  auto list = database_->prepare(
      "SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND tbl_name = ?1"
      " AND sql IS NOT NULL");
  if (!list) return failed(list);
  list->bind_text(0, table);
  std::vector<std::string> all;
  for (;;) {
    auto row = list->step();
    if (!row) return failed(row);
    if (!*row) return all;
    all.emplace_back(list->bytes(0));
  }
}

}  // namespace headwater::target_sqlite
