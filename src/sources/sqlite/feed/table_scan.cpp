#include "src/sources/sqlite/feed/table_scan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "src/base/invariant.h"
#include "src/sources/sqlite/capture/readable.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/feed/log_row.h"
#include "src/sources/sqlite/feed/size_guard.h"

namespace headwater::sqlite {
namespace {

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string result;
  for (const auto& part : parts) result.append(result.empty() ? "" : between).append(part);
  return result;
}

std::string tuple(const std::vector<std::string>& parts) {
  return parts.size() == 1 ? parts.front() : "(" + joined(parts, ", ") + ")";
}

std::string column_collation(Database& database, const FeedShape& shape, const std::string& name) {
  const char* collation = nullptr;
  sqlite3_table_column_metadata(database.handle(), "main", shape.table.c_str(), name.c_str(),
                                nullptr, &collation, nullptr, nullptr, nullptr);
  return collation == nullptr ? "BINARY" : collation;
}

// For a table that must be sorted.
constexpr std::size_t rows_sorted = 512;

std::string parameters(std::size_t count) { return tuple(std::vector<std::string>(count, "?")); }

}  // namespace

void bind_values(Statement& statement, int index, std::span<const Value> values) {
  for (const Value& value : values) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      statement.bind(index, *integer);
    } else if (const auto* real = std::get_if<double>(&value)) {
      statement.bind_real(index, *real);
    } else if (const auto* text = std::get_if<Text>(&value)) {
      statement.bind_text(index, text->bytes);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      statement.bind_blob(index, blob->bytes);
    } else {
      invariant(std::holds_alternative<std::monostate>(value), "SQLite has five types");
      statement.bind_null(index);
    }
    ++index;
  }
}

Result<TableScan> TableScan::make(Database& database, const FeedShape& shape, std::uint64_t max_row,
                                  const std::string& filter) {
  std::vector<std::string> columns;
  for (const auto& name : *shape.columns) columns.push_back(quote_name(name));
  if (shape.by_rowid) columns.push_back(shape.order);

  std::vector<std::string> key;       // as the table's index orders it
  std::vector<std::string> compared;  // the same order for two given keys
  bool sorted = false;
  for (std::size_t i = 0; i < shape.key.size(); ++i) {
    const auto at = static_cast<std::size_t>(shape.key[i]);
    key.push_back(columns[at]);
    compared.emplace_back("?");
    if (shape.by_rowid) continue;
    auto known = knows_collation(database, shape.collations[i]);
    if (!known) return failed(known);
    sorted = sorted || !*known;
    const std::string collation = *known ? shape.collations[i] : "BINARY";
    const std::string collate = " COLLATE " + quote_name(collation);
    compared.back() += collate;
    // Only if it is needed, because it keeps SQLite from using the whole index.
    if (!same_name(collation, column_collation(database, shape, (*shape.columns)[at]))) {
      key.back() += collate;
    }
  }

  Parts parts;
  parts.selected = filter.empty() ? "1" : "CASE WHEN " + filter + "\n THEN 1 ELSE 0 END";
  parts.source = " FROM main." + quote_name(shape.table) + (sorted ? " NOT INDEXED" : "");
  parts.after = " WHERE " + tuple(key) + " > " + parameters(key.size());
  parts.order = " ORDER BY " + joined(key, ", ");
  if (sorted) parts.limit = " LIMIT " + std::to_string(rows_sorted);
  const std::string select =
      "SELECT " + joined(columns, ", ") + ", " + parts.selected + parts.source;
  const std::array<std::pair<Statement*, std::string>, 3> statements{{
      {&parts.first, select + parts.order + parts.limit},
      {&parts.rest, select + parts.after + parts.order + parts.limit},
      {&parts.compare, "SELECT " + tuple(compared) + " <= " + parameters(key.size())},
  }};
  for (const auto& [to, sql] : statements) {
    auto statement = database.prepare(sql);
    if (!statement) return failed(statement);
    *to = std::move(*statement);
  }
  return TableScan(database, shape, max_row, std::move(parts));
}

TableScan::TableScan(Database& database, const FeedShape& shape, std::uint64_t max_row, Parts parts)
    : database_(&database), shape_(&shape), max_row_(max_row), parts_(std::move(parts)) {}

void TableScan::seek(std::vector<Value> cursor) {
  end();
  cursor_ = std::move(cursor);
}

void TableScan::end() {
  if (stepping_ != nullptr) stepping_->reset();
  stepping_ = nullptr;
}

Statement& TableScan::positioned() {
  if (cursor_.empty()) return parts_.first;
  bound_ = cursor_;
  bind_values(parts_.rest, 0, bound_);
  return parts_.rest;
}

Result<bool> TableScan::next(ScannedRow& row) {
  if (stepping_ == nullptr) {
    stepping_ = &positioned();
    stepped_ = 0;
  }
  auto there = [&] {
    const SizeGuard guard(database_->handle(), unmeasured_bytes);
    return stepping_->step();
  }();
  if (!there) {
    end();
    if (is_too_big(there.error())) return next_measured(row);
    return there;
  }
  if (!*there) {
    const bool more = cut_short();
    end();
    return more ? next(row) : false;
  }
  ++stepped_;
  decode(*stepping_, row);
  return true;
}

/// The statement has ended, but perhaps not the table.
bool TableScan::cut_short() const { return !parts_.limit.empty() && stepped_ == rows_sorted; }

void TableScan::decode(const Statement& from, ScannedRow& row) {
  row.image.clear();
  row.size = 0;
  const int values = from.columns() - 1;
  row.selected = from.integer(values) != 0;
  for (int i = 0; i < values; ++i) {
    row.image.push_back(value_of(from, i));
    row.size += size_of(row.image.back());
  }
  row.key = key_of(*shape_, row.image);
  row.too_large = row.size > max_row_;
  if (row.too_large) row.image.clear();
  cursor_ = row.key;
}

std::string TableScan::next_row(const std::string& what) const {
  return "SELECT " + what + parts_.source + (cursor_.empty() ? "" : parts_.after) + parts_.order +
         " LIMIT 1";
}

Result<std::uint64_t> TableScan::measure() {
  std::uint64_t size = 0;
  for (const auto& name : *shape_->columns) {
    auto length =
        database_->prepare(next_row("coalesce(length(CAST(" + quote_name(name) + " AS BLOB)), 0)"));
    if (!length) return failed(length);
    bind_values(*length, 0, cursor_);
    const SizeGuard guard(database_->handle(), max_row_ + unmeasured_bytes);
    auto row = length->step();
    if (!row && is_too_big(row.error())) return max_row_ + 1;
    if (!row) return failed(row);
    size += static_cast<std::uint64_t>(length->integer(0));
  }
  return size;
}

Result<bool> TableScan::next_measured(ScannedRow& row) {
  auto size = measure();
  if (!size) return failed(size);
  const SizeGuard guard(database_->handle(), max_row_ + unmeasured_bytes);
  if (*size <= max_row_) {
    Statement& statement = positioned();
    auto there = statement.step();
    if (!there || !*there) return there;
    decode(statement, row);
    statement.reset();
    return true;
  }
  std::vector<std::string> names;
  for (const auto& name : *shape_->key_columns) {
    names.push_back(shape_->by_rowid ? shape_->order : quote_name(name));
  }
  auto key = database_->prepare(next_row(joined(names, ", ") + ", " + parts_.selected));
  if (!key) return failed(key);
  bind_values(*key, 0, cursor_);
  auto there = key->step();
  if (!there || !*there) return there;
  row.key.clear();
  const int values = key->columns() - 1;
  for (int i = 0; i < values; ++i) row.key.push_back(value_of(*key, i));
  row.selected = key->integer(values) != 0;
  key->reset();
  row.image.clear();
  row.size = *size;
  row.too_large = true;
  cursor_ = row.key;
  return true;
}

Result<bool> TableScan::reached(std::span<const Value> key) {
  if (cursor_.empty()) return false;
  bind_values(parts_.compare, 0, key);
  bind_values(parts_.compare, static_cast<int>(key.size()), cursor_);
  auto row = parts_.compare.step();
  const bool reached = row && *row && parts_.compare.integer(0) != 0;
  parts_.compare.reset();
  if (!row) return row;
  return reached;
}

}  // namespace headwater::sqlite
