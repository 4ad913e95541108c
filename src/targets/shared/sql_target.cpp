#include "src/targets/shared/sql_target.h"

#include <algorithm>

#include "src/targets/shared/changed_columns.h"
#include "src/targets/shared/errors.h"

namespace headwater::targets {

using Kind = RowOperation::Kind;

Result<void> SqlTarget::in_transaction(const std::string& copy,
                                       const std::function<Result<void>()>& body) {
  auto done = database_->transaction(copy, body);
  if (!done) {
    // What was made in it is gone.
    latest_.reset();
    open_.clear();
  }
  return done;
}

Result<void> SqlTarget::expect(const CopyName& copy, const CopyPlace& expected) {
  auto found = database_->place(copy.name);
  if (!found) return failed(found);
  return same_place(*found, expected) ? Result<void>() : fail(conflict(copy, *found));
}

Result<std::uint64_t> SqlTarget::apply(const CopyPlace& expected,
                                       std::span<const RowOperation> operations,
                                       const CopyPlace& next) {
  std::uint64_t left_out = 0;
  auto done = in_transaction(copy_.name, [&]() -> Result<void> {
    if (auto same = expect(copy_, expected); !same) return same;
    for (const RowOperation& operation : operations) {
      if (auto applied = apply(operation, left_out); !applied) return applied;
    }
    return database_->set_place(copy_.name, next);
  });
  if (!done) return failed(done);
  return left_out;
}

Result<void> SqlTarget::apply(const RowOperation& operation, std::uint64_t& left_out) {
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
  return operation.kind == Kind::clear ? (*open)->table->clear() : drop((*open)->entry);
}

Result<void> SqlTarget::apply_row(const RowOperation& operation, std::uint64_t& left_out) {
  const auto* const key = std::get_if<TableRow>(&operation.key);
  const auto* const row = std::get_if<TableRow>(&operation.row);
  if (key == nullptr || row == nullptr) {
    return fail(wrong_notation(operation.table->name));
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
  SqlTable& table = *latest_open_->table;
  if (operation.kind == Kind::put) return table.put(*key, *row, false);
  if (operation.kind == Kind::erase) return table.erase(*key);
  auto known = update(table, operation);
  if (!known) return failed(known);
  if (!*known) ++left_out;
  return {};
}

Result<bool> SqlTarget::update(SqlTable& table, const RowOperation& operation) {
  const auto& key = std::get<TableRow>(operation.key);
  auto changed = changed_columns(
      operation, [&](const std::vector<std::string>& names) { return table.texts(key, names); });
  if (!changed) return failed(changed);
  if (!*changed) return false;
  auto put = table.put(key, **changed, true);
  if (!put) return failed(put);
  return true;
}

Result<SqlTarget::Open*> SqlTarget::find(const CopyTable& table) {
  const std::string name = name_of(table);
  auto known = open_.find(name);
  if (known == open_.end()) {
    auto entries = database_->tables(copy_.name);
    if (!entries) return failed(entries);
    const auto entry = std::ranges::find(*entries, name, &Entry::table);
    if (entry == entries->end()) return nullptr;
    auto opened = database_->open_table(*entry);
    if (!opened) return failed(opened);
    known = open_.insert_or_assign(name, Open{*std::move(opened), *entry}).first;
  }
  const CopyTable& of = known->second.entry.of;
  if (same_origin(of, table)) return &known->second;
  return fail(table_taken(name, of.source + " " + of.database));
}

Result<SqlTarget::Open*> SqlTarget::find_or_make(const CopyTable& table, const TableRow& key) {
  auto known = find(table);
  if (!known || *known != nullptr) return known;
  return adopt({.table = name_of(table), .of = table, .made = true}, key);
}

/// Fails if a table of this name is not the copy's to fill. Returns whether there is one.
Result<bool> SqlTarget::check_free(const std::string& table) {
  if (is_of_catalog(table)) return fail(name_of_catalog(table));
  auto owner = database_->owner(table);
  if (!owner) return failed(owner);
  if (!owner->empty()) return fail(table_taken(table, "the copy " + *owner));
  auto exists = database_->exists(table);
  if (!exists || !*exists) return exists;
  auto rows = database_->has_rows(table);
  if (!rows) return failed(rows);
  if (*rows) return fail(table_not_empty(table));
  return true;
}

/// Takes a table that the user has made, or makes it.
Result<SqlTarget::Open*> SqlTarget::adopt(Entry entry, const TableRow& key) {
  auto exists = check_free(entry.table);
  if (!exists) return failed(exists);
  entry.made = !*exists;
  auto table = *exists ? database_->open_table(entry) : database_->make_table(entry.table, key);
  if (!table) return failed(table);
  if (auto added = database_->add(copy_.name, entry); !added) return failed(added);
  const std::string name = entry.table;
  return &open_.insert_or_assign(name, Open{*std::move(table), std::move(entry)}).first->second;
}

void SqlTarget::forget(const std::string& table) {
  latest_.reset();
  open_.erase(table);
}

/// A table that the user has made, or that something else needs, stays without rows. Takes a copy of
/// the entry, because forget() ends the table that the entry may be in.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
Result<void> SqlTarget::drop(Entry entry) {
  forget(entry.table);
  auto gone = entry.made ? database_->drop_table(entry.table) : Result<bool>(false);
  if (!gone) return failed(gone);
  if (!*gone) {
    if (auto emptied = database_->delete_rows(entry.table); !emptied) return emptied;
  }
  return database_->remove(entry.table);
}

Result<void> SqlTarget::drop_all(const CopyTable& of) {
  auto entries = database_->tables(copy_.name);
  if (!entries) return failed(entries);
  for (const Entry& entry : *entries) {
    const bool meant =
        entry.of.source == of.source && (of.database.empty() || entry.of.database == of.database);
    if (!meant) continue;
    if (auto gone = drop(entry); !gone) return gone;
  }
  return {};
}

Result<void> SqlTarget::rename(const CopyTable& from, const CopyTable& to) {
  auto known = find(from);
  if (!known) return failed(known);
  // Fails if the name is that of another database's table.
  auto replaced = find(to);
  if (!replaced) return failed(replaced);
  if (*known != nullptr) {
    return move((*known)->entry, {.table = name_of(to), .of = to, .made = true}, copy_.name);
  }
  return *replaced == nullptr ? Result<void>() : drop((*replaced)->entry);
}

/// Removes the table that has a name, and returns what made its indexes. Returns false if the table
/// must stay.
Result<bool> SqlTarget::make_room(const Entry& to, const std::string& copy,
                                  std::vector<std::string>& definitions) {
  auto entries = database_->tables(copy);
  if (!entries) return failed(entries);
  const auto there = std::ranges::find(*entries, to.table, &Entry::table);
  if (there == entries->end()) {
    auto exists = check_free(to.table);
    if (!exists) return failed(exists);
    return !*exists;
  }
  if (!there->made) return false;
  auto found = database_->definitions(to.table);
  if (!found) return failed(found);
  forget(to.table);
  auto gone = database_->drop_table(to.table);
  if (!gone) return failed(gone);
  if (*gone) definitions = *std::move(found);
  return gone;
}

/// Gives a table another name, and another copy. A table that has the name is replaced; one that
/// must stay gets the rows. Takes a copy of `from`, as drop() does.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
Result<void> SqlTarget::move(Entry from, const Entry& to, const std::string& copy) {
  if (from.table == to.table) return {};
  std::vector<std::string> definitions;
  auto room = make_room(to, copy, definitions);
  if (!room) return failed(room);
  Entry moved = to;
  moved.made = from.made && *room;
  if (!*room) {
    auto entries = database_->tables(copy);
    if (!entries) return failed(entries);
    const auto there = std::ranges::find(*entries, to.table, &Entry::table);
    moved.made = there != entries->end() && there->made;
    forget(to.table);
    if (auto poured = database_->replace_rows(from, moved); !poured) return poured;
    if (auto gone = drop(from); !gone) return gone;
    return database_->add(copy, moved);
  }
  forget(from.table);
  if (auto done = database_->rename_table(from.table, to.table); !done) return done;
  for (const std::string& definition : definitions) {
    if (auto made = database_->execute(definition); !made) return made;
  }
  if (auto removed = database_->remove(from.table); !removed) return removed;
  return database_->add(copy, moved);
}

Result<std::vector<std::string>> SqlTarget::tables() {
  auto entries = database_->tables(copy_.name);
  if (!entries) return failed(entries);
  std::vector<std::string> names;
  for (const Entry& entry : *entries) names.push_back(entry.table);
  return names;
}

Result<void> SqlTarget::remove() {
  return in_transaction(copy_.name, [&]() -> Result<void> {
    auto entries = database_->tables(copy_.name);
    if (!entries) return failed(entries);
    for (const Entry& entry : *entries) {
      if (auto gone = drop(entry); !gone) return gone;
    }
    return database_->remove_place(copy_.name);
  });
}

Result<void> SqlTarget::replace(const CopyName& other, const CopyPlace& expected) {
  auto done = in_transaction(other.name, [&]() -> Result<void> {
    if (auto same = expect(other, expected); !same) return same;
    auto mine = database_->tables(copy_.name);
    auto theirs = database_->tables(other.name);
    if (!mine) return failed(mine);
    if (!theirs) return failed(theirs);
    for (const Entry& entry : *theirs) {
      const bool replaced = std::ranges::any_of(
          *mine, [&](const Entry& each) { return each.of.name + other.suffix == entry.table; });
      if (replaced) continue;
      if (auto gone = drop(entry); !gone) return gone;
    }
    for (const Entry& entry : *mine) {
      Entry to = entry;
      to.table = entry.of.name + other.suffix;
      if (auto moved = move(entry, to, other.name); !moved) return moved;
    }
    return take_place(other, expected);
  });
  if (!done) return done;
  copy_ = other;
  open_.clear();
  latest_.reset();
  return {};
}

Result<void> SqlTarget::take_place(const CopyName& other, const CopyPlace& expected) {
  auto place = database_->place(copy_.name);
  if (!place) return failed(place);
  place->generation = expected.generation + 1;
  if (auto gone = database_->remove_place(copy_.name); !gone) return gone;
  return database_->set_place(other.name, *place);
}

}  // namespace headwater::targets
