#include "src/materialize/decoder.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "src/event/json_scan.h"
#include "src/event/short_key.h"
#include "src/materialize/errors.h"

namespace headwater::materialize {
namespace {

using Kind = RowOperation::Kind;

constexpr std::string_view every_database = "*";
/// Documents have keys that MongoDB extends by the shard key; this field alone identifies them.
constexpr std::string_view document_id = "_id";

bool writes_documents(const Event& event) { return event.source.text().starts_with("mongodb:"); }

/// Whatever it was before.
TableRow& table_row(Row& row) {
  auto* const known = std::get_if<TableRow>(&row);
  return known != nullptr ? *known : row.emplace<TableRow>();
}

bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }

bool sets_a_row(std::string_view op) {
  return op == "insert" || op == "update" || op == "replace" || op == "read";
}

/// The value is in another row, which is gone: PostgreSQL does not send large values that the update
/// of a key left alone.
bool is_new_without_value(const DataParts& data, const RowOperation& operation) {
  if (data.op == "update" || operation.kind != Kind::put) return false;
  const auto* const row = std::get_if<TableRow>(&operation.row);
  return row != nullptr && std::ranges::any_of(row->values, is_unchanged);
}

/// Only the field `_id` of a document's key, if it has one.
void keep_id(TableRow& key) {
  const auto found = std::ranges::find(*key.columns, document_id);
  if (key.values.size() < 2 || found == key.columns->end()) return;
  Value id = std::move(key.values[static_cast<std::size_t>(found - key.columns->begin())]);
  key.columns = std::make_shared<const std::vector<std::string>>(1, std::string(document_id));
  key.values.clear();
  key.values.push_back(std::move(id));
}

/// Adds the columns of the key that the row does not have, such as SQLite's rowid.
void add_key(TableRow& row, const TableRow& key) {
  std::shared_ptr<std::vector<std::string>> more;
  for (std::size_t i = 0; i < key.values.size(); ++i) {
    const std::string& name = (*key.columns)[i];
    if (std::ranges::find(*row.columns, name) != row.columns->end()) continue;
    if (!more) more = std::make_shared<std::vector<std::string>>(*row.columns);
    more->push_back(name);
    row.values.push_back(key.values[i]);
  }
  if (more) row.columns = std::move(more);
}

}  // namespace

std::string text_of(const DecoderOptions& options) {
  std::vector<std::string> tables = options.tables;
  std::ranges::sort(tables);
  std::string list;
  for (const std::string& table : tables) list += (list.empty() ? "" : ", ") + table;
  return "tables: " + (list.empty() ? "all" : "[" + list + "]") +
         (options.naming == Naming::full ? ", names: full" : "") +
         (options.prefix.empty() ? "" : ", prefix: " + options.prefix);
}

struct Decoder::Table {
  CopyTableRef copy;
  bool wanted = true;
  bool documents = false;
  std::uint64_t number = 0;
  RowJson keys;
  RowJson rows;
};

Decoder::Decoder(DecoderOptions options) : options_(std::move(options)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

bool Decoder::is_wanted(const std::string& table) const {
  return options_.tables.empty() ||
         std::ranges::find(options_.tables, table) != options_.tables.end();
}

Decoder::Table Decoder::make_table(const Event& event, const std::string& name) const {
  const bool documents = writes_documents(event);
  const RowNotation notation = documents ? RowNotation::documents : RowNotation::columns;
  std::string called = options_.prefix;
  if (options_.naming == Naming::full) called += event.type.database() + ".";
  return {.copy = std::make_shared<const CopyTable>(CopyTable{
              .name = called + name, .source = event.source, .database = event.type.database()}),
          .wanted = is_wanted(name),
          .documents = documents,
          .number = tables_.size(),
          .keys = RowJson(notation),
          .rows = RowJson(notation)};
}

Decoder::Table& Decoder::table_of(const Event& event) {
  const auto is_of = [&](const Table* table) {
    return table != nullptr && table->copy->source == event.source;
  };
  if (is_of(latest_table_) && latest_type_ == event.type.text()) return *latest_table_;
  latest_type_ = event.type.text();
  Table*& known = by_type_[latest_type_];
  if (is_of(known)) return *(latest_table_ = known);
  const std::string name = event.type.full_table();
  auto& table = tables_[event.source.text() + '\n' + event.type.database() + '\n' + name];
  if (!table) table = std::make_unique<Table>(make_table(event, name));
  known = latest_table_ = table.get();
  return *known;
}

Result<void> Decoder::add(const StoredEvent& stored, Batch& batch) {
  const Event& event = stored.event;
  const auto data = scan_data(event.data);
  if (!data) return fail(unreadable(event));
  if (batch.events == 0) latest_.clear();
  if (auto decoded = decode(event, *data, batch); !decoded) return decoded;
  batch.place.sequence = stored.sequence;
  ((batch.place.event = event.source.text()) += ' ') += event.id;
  batch.time = event.time;
  ++batch.events;
  return {};
}

Result<void> Decoder::decode(const Event& event, const DataParts& data, Batch& batch) {
  if (data.op == "gap") return gap(event, data, batch);
  const bool is_row = sets_a_row(data.op) || data.op == "delete";
  const bool all = event.type.whole_database();
  if (!is_row && data.op != "drop" && data.op != "truncate" && data.op != "rename" &&
      data.op != "dropDatabase") {
    return {};  // it changes no row
  }
  Table& table = table_of(event);
  if (data.op == "rename") {
    return rename(event, json_unescaped(data.to), batch);
  }
  if (!table.wanted && !all) return {};
  if (is_row) return row(event, data, table, batch);
  const Kind kind = data.op == "truncate" ? Kind::clear : Kind::drop;
  batch.add(latest_, {.kind = all ? Kind::drop_all : kind, .table = table.copy});
  return {};
}

Result<void> Decoder::row(const Event& event, const DataParts& data, Table& table, Batch& batch) {
  if (!data.has_key()) return fail(without_key(event));
  const bool kept = table.documents && options_.keeps_documents;
  RowOperation& operation = batch.next();
  operation.table = table.copy;
  auto read = kept ? documents(event, data, operation) : columns(event, data, table, operation);
  if (!read) return read;
  if (is_new_without_value(data, operation)) {
    const std::string why = "the update of a key, which leaves out a large value";
    if (options_.on_gap == OnGap::stop) return fail(lacks_value(event));
    batch.gaps.push_back(event.id + " " + why);
  }
  constexpr std::size_t around = sizeof(RowOperation) + 64;
  row_ = event.partition_key;
  row_ += '\n';
  row_ += std::to_string(table.number);
  batch.add_row(latest_, row_, event.data.size() + around);
  return {};
}

Result<void> Decoder::documents(const Event& event, const DataParts& data,
                                RowOperation& operation) {
  operation.key = Document{.json = std::string(data.key)};
  if (data.op == "delete") {
    operation.kind = Kind::erase;
  } else if (data.has_after()) {
    operation.kind = Kind::put;
    operation.row = Document{.json = std::string(data.after)};
  } else if (!data.detail.empty()) {
    operation.kind = Kind::update;
    operation.detail = data.detail;
  } else {
    return fail(without_row(event));
  }
  return {};
}

Result<void> Decoder::columns(const Event& event, const DataParts& data, Table& table,
                              RowOperation& operation) {
  TableRow& key = table_row(operation.key);
  TableRow& row = table_row(operation.row);
  if (!table.keys.read(data.key, key)) return fail(unreadable(event));
  if (table.documents) keep_id(key);
  if (key.values.empty() || std::ranges::any_of(key.values, is_null)) {
    return fail(without_key(event));
  }
  if (data.op == "delete") {
    operation.kind = Kind::erase;
  } else if (data.has_after()) {
    if (!table.rows.read(data.after, row)) return fail(unreadable(event));
    add_key(row, key);
    operation.kind = Kind::put;
  } else if (table.documents && !data.detail.empty()) {
    operation.kind = Kind::update;
    operation.detail = data.detail;
  } else {
    return fail(without_row(event));
  }
  return {};
}

Result<void> Decoder::gap(const Event& event, const DataParts& data, Batch& batch) {
  const bool restated = data.gap.find(R"("restated":true)") != std::string_view::npos;
  const bool all = event.type.whole_database();
  Table& table = table_of(event);
  if (!all && !table.wanted) return {};
  if (!restated) {
    if (options_.on_gap == OnGap::stop) return fail(has_gap(event, data.gap));
    batch.gaps.push_back(event.id + " " + std::string(data.gap));
    return {};
  }
  // The rows follow. They may have other columns, and another key.
  if (all && table.copy->database == every_database) {
    CopyTable every = *table.copy;
    every.database.clear();
    batch.add(latest_, {.kind = Kind::drop_all, .table = std::make_shared<const CopyTable>(every)});
    return {};
  }
  batch.add(latest_, {.kind = all ? Kind::drop_all : Kind::drop, .table = table.copy});
  return {};
}

Result<void> Decoder::rename(const Event& event, const std::string& to, Batch& batch) {
  Table& from = table_of(event);
  auto& target = tables_[event.source.text() + '\n' + event.type.database() + '\n' + to];
  if (!target) target = std::make_unique<Table>(make_table(event, to));
  if (from.wanted && target->wanted) {
    batch.add(latest_, {.kind = Kind::rename, .table = from.copy, .to = target->copy});
  } else if (from.wanted) {
    batch.add(latest_, {.kind = Kind::drop, .table = from.copy});
  } else if (target->wanted) {
    // Its rows had another name, and no event of them was wanted.
    const std::string why = "a table that is not in `tables` was renamed to " + to;
    if (options_.on_gap == OnGap::stop) return fail(has_gap(event, why));
    batch.add(latest_, {.kind = Kind::drop, .table = target->copy});
    batch.gaps.push_back(event.id + " " + why);
  }
  return {};
}

}  // namespace headwater::materialize
