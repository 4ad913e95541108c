#include "src/targets/sqlite/target.h"

#include <algorithm>
#include <utility>

#include "src/targets/shared/changed_columns.h"
#include "src/targets/shared/errors.h"

namespace headwater::target_sqlite {

using Kind = RowOperation::Kind;

Result<std::unique_ptr<Target>> SqliteTarget::open(const std::string& path, const CopyName& copy) {
  auto opened = sqlite::Database::open(path, sqlite::Open::create, Origin::target);
  if (!opened) return failed(opened);
  auto database = std::make_unique<sqlite::Database>(*std::move(opened));
  auto pages = database->integer("PRAGMA page_count");
  if (!pages) return failed(pages);
  // A renamed table keeps the views that name it. A file of one's own lets others read meanwhile.
  auto set = database->execute(std::string("PRAGMA legacy_alter_table = ON") +
                               (*pages == 0 ? "; PRAGMA journal_mode = WAL" : ""));
  if (!set) return failed(set);
  auto catalog = Catalog::open(*database);
  if (!catalog) return failed(catalog);
  return std::unique_ptr<Target>(new SqliteTarget(std::move(database), copy, *std::move(catalog)));
}

Result<CopyPlace> SqliteTarget::place() { return catalog_.place(copy_.name); }

Result<void> SqliteTarget::in_transaction(const std::function<Result<void>()>& body) {
  auto done = database_->transaction("IMMEDIATE", body);
  if (!done) {
    // What was made in it is gone.
    latest_.reset();
    open_.clear();
  }
  return done;
}

Result<void> SqliteTarget::expect(const CopyName& copy, const CopyPlace& expected) {
  auto found = catalog_.place(copy.name);
  if (!found) return failed(found);
  if (same_place(*found, expected)) return {};
  return fail(targets::conflict(copy, *found));
}

Result<std::uint64_t> SqliteTarget::apply(const CopyPlace& expected,
                                          std::span<const RowOperation> operations,
                                          const CopyPlace& next) {
  std::uint64_t left_out = 0;
  auto done = in_transaction([&]() -> Result<void> {
    if (auto same = expect(copy_, expected); !same) return same;
    for (const RowOperation& operation : operations) {
      if (auto applied = apply(operation, left_out); !applied) return applied;
    }
    return catalog_.set_place(copy_.name, next);
  });
  if (!done) return failed(done);
  return left_out;
}

Result<void> SqliteTarget::apply(const RowOperation& operation, std::uint64_t& left_out) {
  switch (operation.kind) {
    case Kind::nothing:
      return {};
    case Kind::put:
    case Kind::update:
    case Kind::erase:
      return apply_row(operation, left_out);
    case Kind::rename:
      return rename(*operation.table, *operation.to);
    case Kind::drop_all:
      return drop_all(*operation.table);
    case Kind::clear:
    case Kind::drop:
      break;
  }
  auto open = find(*operation.table);
  if (!open) return failed(open);
  if (*open == nullptr) return {};
  return operation.kind == Kind::clear ? (*open)->table.clear() : drop(Entry((*open)->entry));
}

Result<void> SqliteTarget::apply_row(const RowOperation& operation, std::uint64_t& left_out) {
  const auto* const key = std::get_if<TableRow>(&operation.key);
  const auto* const row = std::get_if<TableRow>(&operation.row);
  if (key == nullptr || row == nullptr) {
    return fail(targets::wrong_notation(operation.table->name));
  }
  if (latest_ != operation.table) {
    const bool puts = operation.kind == Kind::put;
    auto open = puts ? find_or_make(*operation.table, *key) : find(*operation.table);
    if (!open) return failed(open);
    if (*open == nullptr) {
      if (operation.kind == Kind::update) ++left_out;
      return {};
    }
    latest_ = operation.table;
    latest_open_ = *open;
  }
  Table& table = latest_open_->table;
  if (operation.kind == Kind::put) return table.put(*key, *row);
  if (operation.kind == Kind::erase) return table.erase(*key);
  auto known = update(table, operation);
  if (!known) return failed(known);
  if (!*known) ++left_out;
  return {};
}

Result<bool> SqliteTarget::update(Table& table, const RowOperation& operation) {
  const auto& key = std::get<TableRow>(operation.key);
  auto changed = targets::changed_columns(
      operation, [&](const std::vector<std::string>& names) { return table.texts(key, names); });
  if (!changed) return failed(changed);
  if (!*changed) return false;
  auto put = table.put(key, **changed, true);
  if (!put) return failed(put);
  return true;
}

Result<SqliteTarget::Open*> SqliteTarget::find(const CopyTable& table) {
  const std::string name = name_of(table);
  const auto known = open_.find(name);
  if (known != open_.end()) {
    if (targets::same_origin(known->second.entry.of, table)) return &known->second;
    return fail(targets::table_taken(name, known->second.entry.of.source));
  }
  auto entries = catalog_.tables(copy_.name);
  if (!entries) return failed(entries);
  for (Entry& entry : *entries) {
    if (entry.table != name) continue;
    if (!targets::same_origin(entry.of, table)) {
      return fail(targets::table_taken(name, entry.of.source + " " + entry.of.database));
    }
    auto opened = Table::open(*database_, name);
    if (!opened) return failed(opened);
    return &open_.insert_or_assign(name, Open{*std::move(opened), std::move(entry)}).first->second;
  }
  return nullptr;
}

Result<SqliteTarget::Open*> SqliteTarget::find_or_make(const CopyTable& table,
                                                       const TableRow& key) {
  auto known = find(table);
  if (!known || *known != nullptr) return known;
  return adopt({.table = name_of(table), .of = table, .made = true}, key);
}

/// Takes a table that the user has made, or makes it.
Result<SqliteTarget::Open*> SqliteTarget::adopt(const Entry& entry, const TableRow& key) {
  auto owner = catalog_.owner(entry.table);
  if (!owner) return failed(owner);
  if (!owner->empty()) return fail(targets::table_taken(entry.table, "the copy " + *owner));
  auto exists = Table::exists(*database_, entry.table);
  if (!exists) return failed(exists);
  if (*exists) {
    auto rows = Table::has_rows(*database_, entry.table);
    if (!rows) return failed(rows);
    if (*rows) return fail(targets::table_not_empty(entry.table));
  }
  Entry mine = entry;
  mine.made = !*exists;
  auto table =
      *exists ? Table::open(*database_, entry.table) : Table::make(*database_, entry.table, key);
  if (!table) return failed(table);
  if (auto added = catalog_.add(copy_.name, mine); !added) return failed(added);
  return &open_.insert_or_assign(entry.table, Open{*std::move(table), std::move(mine)})
              .first->second;
}

void SqliteTarget::forget(const std::string& table) {
  latest_.reset();
  open_.erase(table);
}

/// A table that the user has made stays, without rows.
Result<void> SqliteTarget::drop(const Entry& entry) {
  forget(entry.table);
  auto gone = database_->execute((entry.made ? "DROP TABLE " : "DELETE FROM ") +
                                 sqlite::quote_name(entry.table));
  if (!gone) return gone;
  return catalog_.remove(entry.table);
}

Result<void> SqliteTarget::drop_all(const CopyTable& of) {
  auto entries = catalog_.tables(copy_.name);
  if (!entries) return failed(entries);
  for (const Entry& entry : *entries) {
    const bool meant =
        entry.of.source == of.source && (of.database.empty() || entry.of.database == of.database);
    if (!meant) continue;
    if (auto gone = drop(entry); !gone) return gone;
  }
  return {};
}

Result<void> SqliteTarget::rename(const CopyTable& from, const CopyTable& to) {
  auto known = find(from);
  if (!known) return failed(known);
  auto replaced = find(to);
  if (!replaced) return failed(replaced);
  if (*known == nullptr)
    return *replaced == nullptr ? Result<void>() : drop(Entry((*replaced)->entry));
  return move(Entry((*known)->entry), name_of(to), to, copy_.name);
}

/// Gives a table another name, and another copy. A table that has the name is replaced; if the user
/// has made that one, it gets the rows.
Result<void> SqliteTarget::move(const Entry& from, const std::string& to, const CopyTable& of,
                                const std::string& copy) {
  if (from.table == to) return {};
  auto entries = catalog_.tables(copy);
  if (!entries) return failed(entries);
  const auto there = std::ranges::find(*entries, to, &Entry::table);
  const bool replaced = there != entries->end() && there->made;
  Entry moved{.table = to, .of = of, .made = from.made};
  std::vector<std::string> indexes;
  if (replaced) {
    auto found = Table::definitions(*database_, to);
    if (!found) return failed(found);
    indexes = *std::move(found);
    if (auto gone = drop(*there); !gone) return gone;
  } else {
    auto exists = Table::exists(*database_, to);
    if (!exists) return failed(exists);
    moved.made = moved.made && !*exists;
    if (*exists) {
      if (auto poured = pour(from, to); !poured) return poured;
      if (auto gone = drop(from); !gone) return gone;
      return catalog_.add(copy, moved);
    }
  }
  forget(from.table);
  auto renamed = database_->execute("ALTER TABLE " + sqlite::quote_name(from.table) +
                                    " RENAME TO " + sqlite::quote_name(to));
  if (!renamed) return renamed;
  for (const std::string& index : indexes) {
    if (auto made = database_->execute(index); !made) return made;
  }
  if (auto removed = catalog_.remove(from.table); !removed) return removed;
  return catalog_.add(copy, moved);
}

/// Replaces the rows of a table that the user has made.
Result<void> SqliteTarget::pour(const Entry& from, const std::string& to) {
  auto source = Table::open(*database_, from.table);
  auto table = Table::open(*database_, to);
  if (!source) return failed(source);
  if (!table) return failed(table);
  if (auto added = table->add_columns(source->columns()); !added) return added;
  forget(to);
  std::string columns;
  for (const std::string& name : source->columns()) {
    columns += (columns.empty() ? "" : ", ") + sqlite::quote_name(name);
  }
  return database_->execute("DELETE FROM " + sqlite::quote_name(to) + "; INSERT INTO " +
                            sqlite::quote_name(to) + "(" + columns + ") SELECT " + columns +
                            " FROM " + sqlite::quote_name(from.table));
}

Result<std::vector<std::string>> SqliteTarget::tables() {
  auto entries = catalog_.tables(copy_.name);
  if (!entries) return failed(entries);
  std::vector<std::string> names;
  for (const Entry& entry : *entries) names.push_back(entry.table);
  return names;
}

Result<void> SqliteTarget::remove() {
  return in_transaction([&]() -> Result<void> {
    auto entries = catalog_.tables(copy_.name);
    if (!entries) return failed(entries);
    for (const Entry& entry : *entries) {
      if (auto gone = drop(entry); !gone) return gone;
    }
    return catalog_.remove_place(copy_.name);
  });
}

Result<void> SqliteTarget::replace(const CopyName& other, const CopyPlace& expected) {
  auto done = in_transaction([&]() -> Result<void> {
    if (auto same = expect(other, expected); !same) return same;
    auto mine = catalog_.tables(copy_.name);
    auto theirs = catalog_.tables(other.name);
    auto place = catalog_.place(copy_.name);
    if (!mine) return failed(mine);
    if (!theirs) return failed(theirs);
    if (!place) return failed(place);
    for (const Entry& entry : *theirs) {
      const bool replaced = std::ranges::any_of(
          *mine, [&](const Entry& each) { return each.of.name + other.suffix == entry.table; });
      if (replaced) continue;
      if (auto gone = drop(entry); !gone) return gone;
    }
    for (const Entry& entry : *mine) {
      auto moved = move(entry, entry.of.name + other.suffix, entry.of, other.name);
      if (!moved) return moved;
    }
    place->generation = expected.generation + 1;
    if (auto gone = catalog_.remove_place(copy_.name); !gone) return gone;
    return catalog_.set_place(other.name, *place);
  });
  if (!done) return done;
  copy_ = other;
  open_.clear();
  latest_.reset();
  return {};
}

}  // namespace headwater::target_sqlite
