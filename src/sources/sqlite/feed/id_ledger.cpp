#include "src/sources/sqlite/feed/id_ledger.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "src/sources/sqlite/feed/seen_keys.h"

namespace headwater::sqlite {

Result<IdLedger> IdLedger::make(std::int64_t first) {
  auto database = temporary_database();
  if (!database) return failed(database);
  auto made = database->execute("CREATE TABLE hole(first INTEGER PRIMARY KEY, last INTEGER)");
  if (!made) return failed(made);
  Parts parts;
  const std::array<std::pair<Statement*, const char*>, 3> statements{{
      {&parts.add, "INSERT INTO hole VALUES(?, ?)"},
      {&parts.find, "SELECT first, last FROM hole WHERE first <= ? ORDER BY first DESC LIMIT 1"},
      {&parts.visit,
       "SELECT first, last FROM hole WHERE first <= ?2 AND last >= ?1 ORDER BY first"},
  }};
  for (const auto& [to, sql] : statements) {
    auto statement = database->prepare(sql);
    if (!statement) return failed(statement);
    *to = std::move(*statement);
  }
  return IdLedger(std::move(*database), std::move(parts), first);
}

IdLedger::IdLedger(Database database, Parts parts, std::int64_t first)
    : database_(std::move(database)), parts_(std::move(parts)), next_(first) {}

Result<void> IdLedger::add_hole(std::int64_t first, std::int64_t last) {
  if (first > last) return {};
  parts_.add.bind(0, first).bind(1, last);
  return parts_.add.run();
}

Result<IdLedger::Verdict> IdLedger::note(std::int64_t number) {
  if (number >= next_) {
    if (auto added = add_hole(next_, number - 1); !added) return failed(added);
    next_ = number + 1;
    return Verdict::next;
  }
  parts_.find.bind(0, number);
  auto there = parts_.find.step();
  if (!there) return failed(there);
  const bool missed = *there && parts_.find.integer(1) >= number;
  parts_.find.reset();
  if (!missed) return Verdict::repeated;
  if (auto done = forgive(number, number); !done) return failed(done);
  return Verdict::late;
}

Result<void> IdLedger::expect_up_to(std::int64_t last) {
  if (last < next_) return {};
  auto added = add_hole(next_, last);
  if (added) next_ = last + 1;
  return added;
}

Result<void> IdLedger::missing(
    std::int64_t first, std::int64_t last,
    const std::function<Result<void>(std::int64_t, std::int64_t)>& visit) {
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

Result<void> IdLedger::forgive(std::int64_t first, std::int64_t last) {
  // At most the first and the last of these extend beyond the forgiven range.
  parts_.visit.bind(0, first).bind(1, last);
  std::vector<std::pair<std::int64_t, std::int64_t>> kept;
  std::int64_t from = 0;
  std::int64_t to = -1;
  for (;;) {
    auto row = parts_.visit.step();
    if (!row) return failed(row);
    if (!*row) break;
    const auto hole = std::pair(parts_.visit.integer(0), parts_.visit.integer(1));
    if (to < from) from = hole.first;
    to = hole.first;
    if (hole.first < first) kept.emplace_back(hole.first, first - 1);
    if (hole.second > last) kept.emplace_back(last + 1, hole.second);
  }
  if (to < from) return {};
  auto removed = database_.execute("DELETE FROM hole WHERE first BETWEEN " + std::to_string(from) +
                                   " AND " + std::to_string(to));
  if (!removed) return removed;
  for (const auto& hole : kept) {
    if (auto added = add_hole(hole.first, hole.second); !added) return added;
  }
  return {};
}

}  // namespace headwater::sqlite
