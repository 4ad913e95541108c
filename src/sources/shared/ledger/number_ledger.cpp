#include "src/sources/shared/ledger/number_ledger.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/sqlite/scratch.h"

namespace headwater::sources {

Result<NumberLedger> NumberLedger::make(std::int64_t first) {
  auto database = sqlite::scratch_database(
      "CREATE TABLE gap(first INTEGER PRIMARY KEY, last INTEGER)", Origin::source);
  if (!database) return failed(database);
  Parts parts;
  auto prepared = sqlite::prepare_all(
      *database,
      {{&parts.add, "INSERT INTO gap VALUES(?, ?)"},
       {&parts.find, "SELECT first, last FROM gap WHERE first <= ? ORDER BY first DESC LIMIT 1"},
       {&parts.visit,
        "SELECT first, last FROM gap WHERE first <= ?2 AND last >= ?1 ORDER BY first"},
       {&parts.remove, "DELETE FROM gap WHERE first BETWEEN ? AND ?"}});
  if (!prepared) return failed(prepared);
  return NumberLedger(std::move(*database), std::move(parts), first);
}

NumberLedger::NumberLedger(sqlite::Database database, Parts parts, std::int64_t first)
    : database_(std::move(database)), parts_(std::move(parts)), next_(first) {}

Result<void> NumberLedger::add_gap(std::int64_t first, std::int64_t last) {
  if (first > last) return {};
  parts_.add.bind(0, first).bind(1, last);
  return parts_.add.run();
}

Result<NumberLedger::Arrival> NumberLedger::add(std::int64_t number) {
  if (number >= next_) {
    if (auto added = add_gap(next_, number - 1); !added) return failed(added);
    next_ = number + 1;
    return Arrival::next;
  }
  parts_.find.bind(0, number);
  auto there = parts_.find.step();
  if (!there) return failed(there);
  const bool missed = *there && parts_.find.integer(1) >= number;
  parts_.find.reset();
  if (!missed) return Arrival::repeated;
  if (auto done = excuse(number, number); !done) return failed(done);
  return Arrival::late;
}

Result<void> NumberLedger::expect_up_to(std::int64_t last) {
  if (last < next_) return {};
  auto added = add_gap(next_, last);
  if (added) next_ = last + 1;
  return added;
}

Result<void> NumberLedger::visit_missing(std::int64_t first, std::int64_t last,
                                         const Visit& visit) {
  parts_.visit.bind(0, first).bind(1, last);
  for (;;) {
    auto row = parts_.visit.step();
    if (!row) return failed(row);
    if (!*row) return {};
    auto visited =
        visit(std::max(first, parts_.visit.integer(0)), std::min(last, parts_.visit.integer(1)));
    if (visited) continue;
    parts_.visit.reset();
    return visited;
  }
}

Result<void> NumberLedger::excuse(std::int64_t first, std::int64_t last) {
  // At most the first and the last of these extend beyond the excused range.
  parts_.visit.bind(0, first).bind(1, last);
  std::vector<std::pair<std::int64_t, std::int64_t>> kept;
  std::int64_t from = 0;
  std::int64_t to = -1;
  for (;;) {
    auto row = parts_.visit.step();
    if (!row) return failed(row);
    if (!*row) break;
    const auto gap = std::pair(parts_.visit.integer(0), parts_.visit.integer(1));
    if (to < from) from = gap.first;
    to = gap.first;
    if (gap.first < first) kept.emplace_back(gap.first, first - 1);
    if (gap.second > last) kept.emplace_back(last + 1, gap.second);
  }
  if (to < from) return {};
  parts_.remove.bind(0, from).bind(1, to);
  if (auto removed = parts_.remove.run(); !removed) return removed;
  for (const auto& gap : kept) {
    if (auto added = add_gap(gap.first, gap.second); !added) return added;
  }
  return {};
}

}  // namespace headwater::sources
