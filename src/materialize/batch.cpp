#include "src/materialize/batch.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace headwater::materialize {
namespace {

using Kind = RowOperation::Kind;

/// Takes the unchanged values of `row` from the row before. False if it lacks one of them.
bool complete(TableRow& row, const TableRow& before) {
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    if (!is_unchanged(row.values[i])) continue;
    const auto& names = *before.columns;
    const auto found = std::ranges::find(names, (*row.columns)[i]);
    if (found == names.end()) return false;
    const Value& value = before.values[static_cast<std::size_t>(found - names.begin())];
    if (is_unchanged(value)) return false;
    row.values[i] = value;
  }
  return true;
}

/// Whether `next` alone has the result of both. May complete it.
bool supersedes(RowOperation& next, const RowOperation& before) {
  if (next.kind == Kind::erase) return true;
  if (next.kind != Kind::put) return false;
  auto* const row = std::get_if<TableRow>(&next.row);
  if (row == nullptr || std::ranges::none_of(row->values, is_unchanged)) return true;
  const auto* const former = std::get_if<TableRow>(&before.row);
  return before.kind == Kind::put && former != nullptr && complete(*row, *former);
}

}  // namespace

RowOperation& Batch::next() {
  if (count_ == operations_.size()) operations_.emplace_back();
  return operations_[count_];
}

void Batch::add_row(RowIndex& latest, std::string_view row, std::size_t size) {
  constexpr std::size_t large = std::size_t{16} << 10U;
  bytes_ += size;
  has_large_ = has_large_ || size > large;
  // The new operation goes to the end, because two rows of the source may be one in the target: 1
  // and 1.0 are equal.
  if (const auto former = latest.exchange(row, count_)) {
    RowOperation& before = operations_[*former];
    if (supersedes(operations_[count_], before)) before.kind = Kind::nothing;
  }
  ++count_;
}

void Batch::add(RowIndex& latest, RowOperation operation) {
  constexpr std::size_t around = 256;
  bytes_ += around;
  latest.clear();
  next() = std::move(operation);
  ++count_;
}

void Batch::reset() {
  place = {};
  time = {};
  events = 0;
  last = false;
  gaps.clear();
  count_ = 0;
  bytes_ = 0;
  if (has_large_) operations_ = {};
  has_large_ = false;
}

}  // namespace headwater::materialize
