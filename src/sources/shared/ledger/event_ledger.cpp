#include "src/sources/shared/ledger/event_ledger.h"

#include <algorithm>
#include <utility>

#include "src/sqlite/scratch.h"

namespace headwater::sources {
namespace {

// place: the change's number in the database's order; NULL: no match yet.
constexpr const char* table =
    "CREATE TABLE seen(sequence INTEGER PRIMARY KEY, id TEXT UNIQUE, is_row INTEGER,"
    "  place INTEGER)";

std::int64_t number(std::uint64_t sequence) { return static_cast<std::int64_t>(sequence); }

}  // namespace

EventLedger::EventLedger(sqlite::Database database, Parts parts)
    : database_(std::make_unique<sqlite::Database>(std::move(database))),
      parts_(std::move(parts)) {}

Result<EventLedger> EventLedger::make() {
  auto database = sqlite::scratch_database(table, Origin::usage);
  if (!database) return failed(database);
  Parts parts;
  auto prepared = sqlite::prepare_all(
      *database,
      {{&parts.add, "INSERT OR IGNORE INTO seen VALUES (?1, ?2, ?3, NULL)"},
       {&parts.match, "UPDATE seen SET place = ?2 WHERE id = ?1 AND is_row = 0 RETURNING sequence"},
       {&parts.clear, "UPDATE seen SET place = NULL"},
       {&parts.first,
        "SELECT id, sequence FROM seen WHERE sequence >= ? AND is_row = 0 ORDER BY sequence LIMIT "
        "1"},
       {&parts.count, "SELECT count(*) FROM seen WHERE sequence > ? AND is_row = 0"},
       {&parts.unmatched,
        "SELECT id FROM seen WHERE sequence > ? AND is_row = 0 AND place IS NULL ORDER BY "
        "sequence"},
       {&parts.in_order, "SELECT id, place FROM seen WHERE place IS NOT NULL ORDER BY sequence"}});
  if (!prepared) return failed(prepared);
  return EventLedger(std::move(*database), std::move(parts));
}

Result<bool> EventLedger::add(std::string_view id, std::uint64_t sequence, Kind kind) {
  parts_.add.bind(0, number(sequence)).bind_text(1, id).bind(2, kind == Kind::row ? 1 : 0);
  if (auto added = parts_.add.run(); !added) return failed(added);
  return database_->changes() > 0;
}

Result<std::optional<std::uint64_t>> EventLedger::match(std::string_view id) {
  parts_.match.bind_text(0, id).bind(1, ++matches_);
  auto there = parts_.match.step();
  if (!there) return failed(there);
  std::optional<std::uint64_t> sequence;
  if (*there) sequence = static_cast<std::uint64_t>(parts_.match.integer(0));
  parts_.match.reset();
  return sequence;
}

Result<void> EventLedger::clear_matches() {
  matches_ = 0;
  return parts_.clear.run();
}

Result<std::optional<LedgerEntry>> EventLedger::first_change(std::uint64_t sequence) {
  parts_.first.bind(0, number(sequence));
  auto there = parts_.first.step();
  if (!there) return failed(there);
  std::optional<LedgerEntry> entry;
  if (*there) {
    entry.emplace(LedgerEntry{.id = std::string(parts_.first.bytes(0)),
                              .sequence = static_cast<std::uint64_t>(parts_.first.integer(1))});
  }
  parts_.first.reset();
  return entry;
}

Result<std::uint64_t> EventLedger::changes(std::uint64_t sequence) {
  parts_.count.bind(0, number(sequence));
  auto there = parts_.count.step();
  if (!there) return failed(there);
  const auto count = static_cast<std::uint64_t>(parts_.count.integer(0));
  parts_.count.reset();
  return count;
}

Result<void> EventLedger::visit_unmatched(std::uint64_t sequence, const Visit& visit) {
  parts_.unmatched.bind(0, number(sequence));
  for (;;) {
    auto there = parts_.unmatched.step();
    if (!there) return failed(there);
    if (!*there) return {};
    visit(std::string(parts_.unmatched.bytes(0)));
  }
}

Result<void> EventLedger::visit_out_of_order(const Visit& visit) {
  for (std::int64_t furthest = 0;;) {
    auto there = parts_.in_order.step();
    if (!there) return failed(there);
    if (!*there) return {};
    const std::int64_t place = parts_.in_order.integer(1);
    if (place < furthest) visit(std::string(parts_.in_order.bytes(0)));
    furthest = std::max(furthest, place);
  }
}

}  // namespace headwater::sources
