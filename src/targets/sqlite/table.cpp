#include "src/targets/sqlite/table.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "src/targets/shared/errors.h"

namespace headwater::target_sqlite {
namespace {

constexpr std::size_t absent = std::numeric_limits<std::size_t>::max();

bool same_but_for_case(const std::string& a, const std::string& b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string parameter(std::size_t index) { return "?" + std::to_string(index + 1); }

}  // namespace

std::string name_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + sqlite::quote_name(name);
  }
  return list;
}

Result<std::unique_ptr<Table>> Table::make(sqlite::Database& database, const std::string& name,
                                           const TableRow& key) {
  auto table = std::unique_ptr<Table>(new Table(database, name));
  const std::string columns = name_list(*key.columns);
  auto made = database.execute("CREATE TABLE " + sqlite::quote_name(name) + "(" + columns +
                               ", PRIMARY KEY (" + columns + ")) WITHOUT ROWID");
  if (!made) return failed(made);
  table->columns_ = *key.columns;
  table->key_ = targets::PrimaryKey(*key.columns);
  return table;
}

Result<std::unique_ptr<Table>> Table::open(sqlite::Database& database, const std::string& name) {
  auto table = std::unique_ptr<Table>(new Table(database, name));
  auto list = database.prepare("SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid");
  if (!list) return failed(list);
  list->bind_text(0, name);
  std::map<std::int64_t, std::string> key;
  for (;;) {
    auto row = list->step();
    if (!row) return failed(row);
    if (!*row) break;
    table->columns_.emplace_back(list->bytes(0));
    if (list->integer(1) > 0) key[list->integer(1)] = table->columns_.back();
  }
  std::vector<std::string> names;
  names.reserve(key.size());
  for (auto& [number, column] : key) names.push_back(column);
  table->key_ = targets::PrimaryKey(std::move(names));
  return table;
}

Result<void> Table::add_columns(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (std::ranges::find(columns_, name) != columns_.end()) continue;
    for (const std::string& other : columns_) {
      if (!same_but_for_case(name, other)) continue;
      std::string why = "SQLite does not distinguish the columns ";
      why.append(other).append(" and ").append(name);
      return fail(targets::bad_name(name_, why));
    }
    auto added = database_->execute("ALTER TABLE " + sqlite::quote_name(name_) + " ADD COLUMN " +
                                    sqlite::quote_name(name));
    if (!added) return added;
    columns_.push_back(name);
    put_ = {};
    partial_.clear();
  }
  return {};
}

Result<void> Table::map_columns(const TableRow& row) {
  if (row.columns == mapped_) return {};
  if (auto added = add_columns(*row.columns); !added) return added;
  at_.assign(columns_.size(), absent);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto found = std::ranges::find(*row.columns, columns_[i]);
    if (found != row.columns->end()) {
      at_[i] = static_cast<std::size_t>(found - row.columns->begin());
    }
  }
  mapped_ = row.columns;
  return {};
}

/// Parameter i + 1 is column i. `set`: the columns that the statement sets.
std::string Table::put_sql(const std::vector<bool>& set) const {
  std::vector<std::string> names;
  std::string values;
  std::string changes;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!set[i]) continue;
    names.push_back(columns_[i]);
    values += (values.empty() ? "" : ", ") + parameter(i);
    if (key_.has(columns_[i])) continue;
    changes +=
        (changes.empty() ? "" : ", ") + sqlite::quote_name(columns_[i]) + " = " + parameter(i);
  }
  return "INSERT INTO " + sqlite::quote_name(name_) + "(" + name_list(names) + ") VALUES (" +
         values + ") ON CONFLICT(" + name_list(key_.columns()) + ") DO " +
         (changes.empty() ? "NOTHING" : "UPDATE SET " + changes);
}

/// With the parameters of put_sql().
std::string Table::update_sql(const std::vector<bool>& set) const {
  std::string changes;
  std::string key_changes;
  std::string where;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!set[i]) continue;
    const bool is_key = key_.has(columns_[i]);
    const std::string equal = sqlite::quote_name(columns_[i]) + " = " + parameter(i);
    std::string& list = is_key ? key_changes : changes;
    list += (list.empty() ? "" : ", ") + equal;
    if (is_key) where += (where.empty() ? " WHERE " : " AND ") + equal;
  }
  return "UPDATE " + sqlite::quote_name(name_) + " SET " +
         (changes.empty() ? key_changes : changes) + where;
}

Result<void> Table::put_all(const TableRow& row) {
  if (!put_) {
    auto prepared = database_->prepare(put_sql(std::vector<bool>(columns_.size(), true)));
    if (!prepared) return failed(prepared);
    put_ = *std::move(prepared);
  }
  return write(put_, row, false);
}

/// An insert of some columns fails if another one must not be NULL, also where the row exists.
Result<void> Table::put_some(const TableRow& row, bool keep) {
  std::vector<bool> set(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    set[i] = at_[i] == absent ? !keep : !is_unchanged(row.values[at_[i]]);
  }
  Partial& partial = partial_[set];
  if (!partial.put) {
    auto update = database_->prepare(update_sql(set));
    auto put = database_->prepare(put_sql(set));
    if (!update) return failed(update);
    if (!put) return failed(put);
    partial = {.update = *std::move(update), .put = *std::move(put)};
  }
  auto updated = write(partial.update, row, keep);
  if (!updated || database_->changes() > 0) return updated;
  return write(partial.put, row, keep);
}

void Table::bind(sqlite::Statement& statement, int index, const Value& value) {
  const auto text = [&](std::string written) {
    statement.bind_text(index, std::string_view(texts_.emplace_back(std::move(written))));
  };
  std::visit(
      [&](const auto& held) {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate> || std::is_same_v<Held, Unchanged>) {
          statement.bind_null(index);
        } else if constexpr (std::is_same_v<Held, std::int64_t>) {
          statement.bind(index, held);
        } else if constexpr (std::is_same_v<Held, bool>) {
          statement.bind(index, std::int64_t{held ? 1 : 0});
        } else if constexpr (std::is_same_v<Held, std::uint64_t>) {
          text(std::to_string(held));
        } else if constexpr (std::is_same_v<Held, double>) {
          // SQLite has no NaN.
          if (std::isnan(held)) {
            text("NaN");
          } else {
            statement.bind_real(index, held);
          }
        } else if constexpr (std::is_same_v<Held, Text>) {
          statement.bind_text(index, std::string_view(held.bytes));
        } else if constexpr (std::is_same_v<Held, Blob>) {
          statement.bind_blob(index, std::string_view(held.bytes));
        } else {
          statement.bind_text(index, std::string_view(held.text));
        }
      },
      value);
}

Result<void> Table::put(const TableRow& key, const TableRow& row, bool keep) {
  if (auto same = key_.check(name_, key); !same) return same;
  if (auto mapped = map_columns(row); !mapped) return mapped;
  const bool partial = keep || std::ranges::any_of(row.values, is_unchanged);
  return partial ? put_some(row, keep) : put_all(row);
}

Result<void> Table::write(sqlite::Statement& statement, const TableRow& row, bool keep) {
  texts_.clear();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (at_[i] == absent) {
      if (!keep) statement.bind_null(static_cast<int>(i));
    } else if (!is_unchanged(row.values[at_[i]])) {
      bind(statement, static_cast<int>(i), row.values[at_[i]]);
    }
  }
  return statement.run();
}

std::string Table::where_key() const {
  std::string where;
  for (std::size_t i = 0; i < key_.columns().size(); ++i) {
    where += (where.empty() ? " WHERE " : " AND ") + sqlite::quote_name(key_.columns()[i]) + " = " +
             parameter(i);
  }
  return where;
}

Result<void> Table::bind_key(sqlite::Statement& statement, const TableRow& key) {
  if (auto same = key_.check(name_, key); !same) return same;
  texts_.clear();
  for (std::size_t i = 0; i < key_.columns().size(); ++i) {
    bind(statement, static_cast<int>(i), key_.value(key, i));
  }
  return {};
}

Result<void> Table::erase(const TableRow& key) {
  if (!erase_) {
    auto prepared = database_->prepare("DELETE FROM " + sqlite::quote_name(name_) + where_key());
    if (!prepared) return failed(prepared);
    erase_ = *std::move(prepared);
  }
  if (auto bound = bind_key(erase_, key); !bound) return bound;
  return erase_.run();
}

Result<void> Table::clear() {
  return database_->execute("DELETE FROM " + sqlite::quote_name(name_));
}

Result<std::optional<std::vector<std::optional<std::string>>>> Table::texts(
    const TableRow& key, const std::vector<std::string>& columns) {
  using Texts = std::vector<std::optional<std::string>>;
  if (auto same = key_.check(name_, key); !same) return failed(same);
  std::string list = "1";
  for (const std::string& name : columns) {
    const bool known = std::ranges::find(columns_, name) != columns_.end();
    list += known ? ", " + sqlite::quote_name(name) : ", NULL";
  }
  auto get =
      database_->prepare("SELECT " + list + " FROM " + sqlite::quote_name(name_) + where_key());
  if (!get) return failed(get);
  if (auto bound = bind_key(*get, key); !bound) return failed(bound);
  auto row = get->step();
  if (!row) return failed(row);
  if (!*row) return std::optional<Texts>();
  Texts texts;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const int at = static_cast<int>(i) + 1;
    texts.push_back(get->is_null(at) ? std::nullopt : std::optional(std::string(get->bytes(at))));
  }
  get->reset();
  return std::optional<Texts>(std::move(texts));
}

}  // namespace headwater::target_sqlite
