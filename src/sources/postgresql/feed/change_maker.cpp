#include "src/sources/postgresql/feed/change_maker.h"

#include <bit>
#include <cstdint>
#include <utility>

#include "src/event/json_text.h"

namespace headwater::postgresql {
namespace {

using pgoutput::Field;
using pgoutput::Old;
using pgoutput::Tuple;

Value value_of_field(Form form, const Field& field) {
  switch (field.kind) {
    case Field::Kind::null:
      return std::monostate{};
    case Field::Kind::unchanged:
      return Unchanged{};
    default:
      return value_of(form, field.bytes);
  }
}

std::vector<Value> values_of_tuple(const Shape& shape, const Tuple& tuple) {
  std::vector<Value> values;
  values.reserve(tuple.size());
  for (std::size_t i = 0; i < tuple.size(); ++i) {
    values.push_back(value_of_field(shape.forms[i], tuple[i]));
  }
  return values;
}

Row row_of(const Shape& shape, std::vector<Value> values) {
  return TableRow{.columns = shape.columns, .values = std::move(values)};
}

/// What an update did not touch is in the old row, if that came whole, or in the old key.
void fill_unchanged(const Shape& shape, const pgoutput::Update& update,
                    const std::vector<Value>& old, std::vector<Value>& row) {
  if (update.what_is_old == Old::row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (is_unchanged(row[i])) row[i] = old[i];
    }
  } else if (update.what_is_old == Old::key) {
    for (const std::size_t i : shape.key) {
      if (is_unchanged(row[i])) row[i] = old[i];
    }
  }
}

/// As it is written: NaN is equal to itself, and -0.0 is another key than 0.0.
bool same(const Value& a, const Value& b) {
  const auto* const one = std::get_if<double>(&a);
  const auto* const other = std::get_if<double>(&b);
  if (one == nullptr || other == nullptr) return a == b;
  return std::bit_cast<std::uint64_t>(*one) == std::bit_cast<std::uint64_t>(*other);
}

bool same_key(const Shape& shape, const std::vector<Value>& a, const std::vector<Value>& b) {
  for (const std::size_t i : shape.key) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace

std::optional<Row> key_of(const Shape& shape, const std::vector<Value>& row) {
  if (shape.key.empty()) return std::nullopt;
  TableRow key{.columns = shape.key_columns, .values = {}};
  key.values.reserve(shape.key.size());
  for (const std::size_t i : shape.key) key.values.push_back(row[i]);
  return key;
}

Result<const Shape*> ChangeMaker::shape(pgoutput::Oid relation, std::size_t columns) const {
  const Shape* const found = shapes_->find(relation);
  if (found != nullptr && columns == found->forms.size()) return found;
  return fail({.remedy = Remedy::stop,
               .origin = headwater::Origin::source,
               .name = "source.bad_message",
               .message = "PostgreSQL sent a change of a table that it has not described",
               .next = "headwater check -c FILE"});
}

/// A change is several hundred bytes, so it is made where it belongs.
Change& ChangeMaker::begin(Op op, const Shape& shape, std::vector<Change>& in) const {
  Change& made = in.emplace_back();
  made.op = op;
  made.database = database_;
  made.schema = shape.schema;
  made.table = shape.table;
  return made;
}

Result<void> ChangeMaker::add(const pgoutput::Insert& insert, std::vector<Change>& to) const {
  auto known = shape(insert.relation, insert.row.size());
  if (!known) return failed(known);
  std::vector<Value> row = values_of_tuple(**known, insert.row);
  Change& made = begin(Op::insert, **known, to);
  made.key = key_of(**known, row);
  made.after = row_of(**known, std::move(row));
  return {};
}

Result<void> ChangeMaker::add(const pgoutput::Update& update, std::vector<Change>& to) const {
  auto known = shape(update.relation, update.row.size());
  if (known && update.what_is_old != Old::nothing)
    known = shape(update.relation, update.old.size());
  if (!known) return failed(known);
  const Shape& table = **known;
  std::vector<Value> row = values_of_tuple(table, update.row);
  std::vector<Value> old = values_of_tuple(table, update.old);
  fill_unchanged(table, update, old, row);
  const bool moved = update.what_is_old != Old::nothing && !same_key(table, old, row);
  std::optional<Row> old_key;
  if (moved) old_key = key_of(table, old);
  std::optional<Row> before;
  if (update.what_is_old == Old::row) before = row_of(table, std::move(old));
  if (moved) {
    Change& gone = begin(Op::remove, table, to);
    gone.key = std::move(old_key);
    gone.before = std::exchange(before, std::nullopt);
  }
  Change& made = begin(moved ? Op::insert : Op::update, table, to);
  made.key = key_of(table, row);
  made.before = std::move(before);
  made.after = row_of(table, std::move(row));
  return {};
}

Result<void> ChangeMaker::add(const pgoutput::Delete& remove, std::vector<Change>& to) const {
  auto known = shape(remove.relation, remove.old.size());
  if (!known) return failed(known);
  std::vector<Value> old = values_of_tuple(**known, remove.old);
  Change& made = begin(Op::remove, **known, to);
  made.key = key_of(**known, old);
  if (remove.what_is_old == Old::row) made.before = row_of(**known, std::move(old));
  return {};
}

Result<void> ChangeMaker::add(const pgoutput::Truncate& truncate, std::vector<Change>& to) const {
  for (const pgoutput::Oid relation : truncate.relations) {
    const Shape* const known = shapes_->find(relation);
    if (known != nullptr) begin(Op::truncate, *known, to);
  }
  return {};
}

/// One that is not transactional is sent before anybody knows whether its transaction commits.
Result<void> ChangeMaker::add(const pgoutput::LogMessage& message, std::vector<Change>& to) const {
  if (!message.transactional) return {};
  Change& made = to.emplace_back();
  made.op = Op::message;
  made.database = database_;
  made.detail = R"({"prefix":)";
  append_json_value(made.detail, Text{std::string(message.prefix)});
  made.detail += R"(,"content":)";
  append_json_value(made.detail, Text{std::string(message.content)});
  made.detail += '}';
  return {};
}

}  // namespace headwater::postgresql
