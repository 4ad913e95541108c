#include <iterator>
#include <utility>

#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/table.h"

namespace headwater::rethinkdb::stand_in {
namespace {

const Datum& key_in(const Table::Rows::value_type& row) { return row.first; }
const Datum& key_in(const Index::Entry& entry) { return entry.first; }

template <class Entries>
using Position = std::decay_t<typename Entries::key_type>;

/// The position of the next entry after `last`, in the order of the slice; end() after the last.
/// `lowest` and `highest`: what can be between its bounds.
template <class Entries>
auto next_in(const Entries& entries, const Slice& slice,
             const std::optional<Position<Entries>>& last, const Position<Entries>& lowest,
             const Position<Entries>& highest) {
  if (slice.order == Slice::Order::ascending) {
    auto at = last ? entries.upper_bound(*last) : entries.lower_bound(lowest);
    while (at != entries.end() && slice.from_open && key_in(*at) == slice.from) ++at;
    return at != entries.end() && is_between(slice, key_in(*at)) ? at : entries.end();
  }
  auto at = last ? entries.lower_bound(*last) : entries.upper_bound(highest);
  while (at != entries.begin()) {
    --at;
    if (is_between(slice, key_in(*at))) return at;
    if (key_in(*at) < slice.from) break;
  }
  return entries.end();
}

}  // namespace

bool is_between(const Slice& slice, const Datum& key) {
  const bool above = slice.from_open ? slice.from < key : slice.from <= key;
  return above && (slice.to_open ? key < slice.to : key <= slice.to);
}

void need_index(const Table& table, const std::string& name) {
  const Index* const index = table.index(name);
  if (index == nullptr) {
    fail_operation("Index `" + name + "` was not found on table `" + table.full_name() + "`.");
  }
  if (!index->ready()) {
    fail_operation("Index `" + name + "` on table `" + table.full_name() +
                   "` was accessed before its construction was finished.");
  }
}

Pull read_slice(const Slice& slice) {
  if (slice.index.empty()) {
    return [slice, last = std::optional<Datum>()]() mutable -> std::optional<Datum> {
      const auto& rows = slice.table->rows();
      const auto at = next_in(rows, slice, last, slice.from, slice.to);
      if (at == rows.end()) return std::nullopt;
      last = at->first;
      return at->second;
    };
  }
  return [slice, last = std::optional<Index::Entry>()]() mutable -> std::optional<Datum> {
    need_index(*slice.table, slice.index);
    const Index* const index = slice.table->index(slice.index);
    const Index::Entry lowest(slice.from, Datum::bound(Datum::Kind::minval));
    const Index::Entry highest(slice.to, Datum::bound(Datum::Kind::maxval));
    const auto at = next_in(index->entries(), slice, last, lowest, highest);
    if (at == index->entries().end()) return std::nullopt;
    last = *at;
    return slice.table->find(at->second);
  };
}

}  // namespace headwater::rethinkdb::stand_in
