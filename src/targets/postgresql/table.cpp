#include "src/targets/postgresql/table.h"

#include <algorithm>
#include <limits>

#include "src/event/json_text.h"
#include "src/targets/shared/errors.h"

namespace headwater::target_postgresql {
namespace {

constexpr std::size_t absent = std::numeric_limits<std::size_t>::max();
// PostgreSQL cuts longer names off.
constexpr std::size_t longest_name = 63;

std::string dollar(std::size_t index) { return "$" + std::to_string(index + 1); }

Error does_not_fit(const std::string& table, const std::string& why) {
  return {
      .remedy = Remedy::stop,
      .origin = Origin::target,
      .name = "target.value_does_not_fit",
      .message = "table " + table + ": " + why,
      .next = "leave the table out: materialize: { tables: [...] }, or keep the copy in SQLite"};
}

Result<void> check_name(const std::string& table, const std::string& name) {
  if (name.size() <= longest_name && !name.empty()) return {};
  return fail(targets::bad_name(
      table, "PostgreSQL has no name such as '" + name + "': 1 to 63 bytes are possible"));
}

}  // namespace

Result<std::unique_ptr<Table>> Table::make(Connection& connection, const std::string& name,
                                           const TableRow& key, std::size_t number) {
  auto table = std::unique_ptr<Table>(new Table(connection, name, number));
  if (auto fine = check_name(name, name); !fine) return failed(fine);
  std::string columns;
  std::string names;
  for (std::size_t i = 0; i < key.values.size(); ++i) {
    const std::string& column = (*key.columns)[i];
    if (auto fine = check_name(name, column); !fine) return failed(fine);
    const Type type = type_for(key.values[i]).value_or(Type::text);
    columns += quote_name(column) + " " + name_of(type) + ", ";
    names += (names.empty() ? "" : ", ") + quote_name(column);
    table->columns_.push_back({column, type});
  }
  table->key_ = targets::PrimaryKey(*key.columns);
  auto made = connection.execute("CREATE TABLE " + quote_name(name) + "(" + columns +
                                 "PRIMARY KEY (" + names + "))");
  if (!made) return failed(made);
  return table;
}

Result<std::unique_ptr<Table>> Table::open(Connection& connection, const std::string& name,
                                           bool made, std::size_t number) {
  auto table = std::unique_ptr<Table>(new Table(connection, name, number));
  auto columns = connection.ask(
      "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = "
      "to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
      {quote_name(name)});
  if (!columns) return failed(columns);
  for (int i = 0; i < columns->rows(); ++i) {
    table->columns_.push_back(
        {columns->text(i, 0), made ? type_named(columns->text(i, 1)) : std::nullopt});
  }
  auto key = connection.ask(
      "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = "
      "ANY(indkey) WHERE indrelid = to_regclass($1) AND indisprimary",
      {quote_name(name)});
  if (!key) return failed(key);
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(key->rows()));
  for (int i = 0; i < key->rows(); ++i) names.push_back(key->text(i, 0));
  table->key_ = targets::PrimaryKey(std::move(names));
  return table;
}

Result<void> Table::add_column(const std::string& name, const std::string& type) {
  if (std::ranges::find(columns_, name, &Column::name) != columns_.end()) return {};
  if (auto fine = check_name(name_, name); !fine) return fine;
  auto added = connection_.execute("ALTER TABLE " + quote_name(name_) + " ADD COLUMN " +
                                   quote_name(name) + " " + type);
  if (!added) return added;
  columns_.push_back({name, type_named(type)});
  mapped_.reset();
  return {};
}

/// Makes the columns that the row needs, with types that hold its values.
Result<void> Table::fit(const TableRow& row) {
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    const Value& value = row.values[i];
    const auto type = type_for(value);
    if (!type) continue;
    if (row.columns == mapped_ && at_[i] != absent) {
      if (auto fits = fit(columns_[at_[i]], value); !fits) return fits;
      continue;
    }
    if (auto added = add_column((*row.columns)[i], name_of(*type)); !added) return added;
    auto column = std::ranges::find(columns_, (*row.columns)[i], &Column::name);
    if (auto fits = fit(*column, value); !fits) return fits;
  }
  if (row.columns == mapped_) return {};
  at_.assign(row.values.size(), absent);
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    const auto column = std::ranges::find(columns_, (*row.columns)[i], &Column::name);
    if (column != columns_.end()) at_[i] = static_cast<std::size_t>(column - columns_.begin());
  }
  mapped_ = row.columns;
  return {};
}

Result<void> Table::fit(Column& column, const Value& value) {
  if (!column.type || holds(*column.type, value)) return {};
  return widen(column, value);
}

Result<void> Table::widen(Column& column, const Value& value) {
  const std::string name = quote_name(column.name);
  Type type = wider(*column.type, value);
  if (type == Type::double_precision) {
    auto large = connection_.ask("SELECT 1 FROM " + quote_name(name_) + " WHERE " + name +
                                 " NOT BETWEEN -9007199254740992 AND 9007199254740992 LIMIT 1");
    if (!large) return failed(large);
    if (large->rows() > 0) type = Type::text;
  }
  // As text, 1 and '1' would be one key.
  if (key_.has(column.name) && type == Type::text) {
    return fail(does_not_fit(name_, "the key column " + column.name +
                                        " has values of several types, such as 1 and '1'"));
  }
  auto widened =
      connection_.execute("ALTER TABLE " + quote_name(name_) + " ALTER COLUMN " + name + " TYPE " +
                          name_of(type) + " USING " + name + "::" + name_of(type));
  if (!widened) return widened;
  column.type = type;
  // The prepared statements have the old type.
  puts_.clear();
  erase_.clear();
  return {};
}

/// Parameter i is column set[i]. An insert of some columns fails if another one must not be NULL,
/// also where the row exists: with `partial`, it is only made if an update hits no row.
std::string Table::put_sql(const std::vector<std::size_t>& set, bool partial) const {
  std::string names;
  std::string values;
  std::string changes;
  std::string updates;
  std::string where;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const std::string name = quote_name(columns_[set[i]].name);
    const std::string equal = name + " = " + dollar(i);
    names += (names.empty() ? "" : ", ") + name;
    values += (values.empty() ? "" : ", ") + dollar(i);
    if (key_.has(columns_[set[i]].name)) {
      where += (where.empty() ? " WHERE " : " AND ") + equal;
      continue;
    }
    changes.append(changes.empty() ? "" : ", ").append(name).append(" = EXCLUDED.").append(name);
    updates += (updates.empty() ? "" : ", ") + equal;
  }
  std::string key;
  for (const std::string& name : key_.columns())
    key += (key.empty() ? "" : ", ") + quote_name(name);
  const std::string table = quote_name(name_);
  const std::string insert = "INSERT INTO " + table + "(" + names + ") ";
  const std::string on_conflict =
      " ON CONFLICT (" + key + ") DO " + (changes.empty() ? "NOTHING" : "UPDATE SET " + changes);
  if (!partial) return insert + "VALUES (" + values + ")" + on_conflict;
  const std::string hit = updates.empty()
                              ? "SELECT 1 FROM " + table + where
                              : "UPDATE " + table + " SET " + updates + where + " RETURNING 1";
  return "WITH hit AS (" + hit + ") " + insert + "SELECT " + values +
         " WHERE NOT EXISTS (SELECT 1 FROM hit)" + on_conflict;
}

Result<std::string> Table::statement(const std::string& sql) {
  std::string name = "t" + std::to_string(number_) + "_" + std::to_string(++statements_);
  auto prepared = connection_.prepare(name, sql);
  if (!prepared) return failed(prepared);
  return name;
}

Result<std::optional<std::string>> Table::parameter(const Value& value) const {
  auto text = text_of(value);
  if (text && (text->find('\0') != std::string::npos || !is_utf8(*text))) {
    return fail(does_not_fit(name_, "PostgreSQL has no text with a NUL or that is not UTF-8"));
  }
  return text;
}

Result<void> Table::put(const TableRow& key, const TableRow& row, bool keep) {
  if (auto same = key_.check(name_, key); !same) return same;
  if (auto fits = fit(row); !fits) return fits;
  std::vector<std::size_t> from(columns_.size(), absent);
  for (std::size_t i = 0; i < at_.size(); ++i) {
    if (at_[i] != absent) from[at_[i]] = i;
  }
  std::vector<std::size_t> set;
  Parameters parameters;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const bool unknown = from[i] == absent;
    if (unknown ? keep : is_unchanged(row.values[from[i]])) continue;
    auto text =
        unknown ? Result<std::optional<std::string>>(std::nullopt) : parameter(row.values[from[i]]);
    if (!text) return failed(text);
    set.push_back(i);
    parameters.push_back(*std::move(text));
  }
  std::string& name = puts_[set];
  if (name.empty()) {
    auto prepared = statement(put_sql(set, set.size() < columns_.size()));
    if (!prepared) return failed(prepared);
    name = *std::move(prepared);
  }
  return connection_.send(name, parameters);
}

std::string Table::where_key() const {
  std::string where;
  for (std::size_t i = 0; i < key_.columns().size(); ++i) {
    where +=
        (where.empty() ? " WHERE " : " AND ") + quote_name(key_.columns()[i]) + " = " + dollar(i);
  }
  return where;
}

Result<Parameters> Table::key_parameters(const TableRow& key) {
  if (auto same = key_.check(name_, key); !same) return failed(same);
  Parameters parameters;
  for (std::size_t i = 0; i < key_.columns().size(); ++i) {
    const Value& value = key_.value(key, i);
    const auto column = std::ranges::find(columns_, key_.columns()[i], &Column::name);
    if (auto fits = fit(*column, value); !fits) return failed(fits);
    auto text = parameter(value);
    if (!text) return failed(text);
    parameters.push_back(*std::move(text));
  }
  return parameters;
}

Result<void> Table::erase(const TableRow& key) {
  auto parameters = key_parameters(key);
  if (!parameters) return failed(parameters);
  if (erase_.empty()) {
    auto prepared = statement("DELETE FROM " + quote_name(name_) + where_key());
    if (!prepared) return failed(prepared);
    erase_ = *std::move(prepared);
  }
  return connection_.send(erase_, *parameters);
}

Result<void> Table::clear() { return connection_.execute("DELETE FROM " + quote_name(name_)); }

Result<std::optional<std::vector<std::optional<std::string>>>> Table::texts(
    const TableRow& key, const std::vector<std::string>& columns) {
  using Texts = std::vector<std::optional<std::string>>;
  auto parameters = key_parameters(key);
  if (!parameters) return failed(parameters);
  std::string list = "1";
  for (const std::string& name : columns) {
    const bool known = std::ranges::find(columns_, name, &Column::name) != columns_.end();
    list += known ? ", " + quote_name(name) : ", NULL";
  }
  auto row =
      connection_.ask("SELECT " + list + " FROM " + quote_name(name_) + where_key(), *parameters);
  if (!row) return failed(row);
  if (row->rows() == 0) return std::optional<Texts>();
  Texts texts;
  for (int i = 1; i <= static_cast<int>(columns.size()); ++i) {
    texts.push_back(row->is_null(0, i) ? std::nullopt : std::optional(row->text(0, i)));
  }
  return std::optional<Texts>(std::move(texts));
}

}  // namespace headwater::target_postgresql
