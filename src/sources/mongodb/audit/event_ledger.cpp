#include "src/sources/mongodb/audit/event_ledger.h"

#include <algorithm>
#include <utility>

namespace headwater::mongodb {
namespace {

using sqlite::Database;
using sqlite::Statement;

// place: the number under which the database told of it; NULL: not yet.
constexpr const char* tables =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8192;"
    "PRAGMA temp_store = FILE; PRAGMA locking_mode = EXCLUSIVE;"
    "CREATE TABLE seen(sequence INTEGER PRIMARY KEY, id TEXT UNIQUE, is_row INTEGER,"
    "  place INTEGER);"
    "CREATE TABLE pending(id TEXT PRIMARY KEY) WITHOUT ROWID; BEGIN";

std::int64_t number(std::uint64_t sequence) { return static_cast<std::int64_t>(sequence); }

}  // namespace

EventLedger::EventLedger(Database database, Parts parts)
    : database_(std::make_unique<Database>(std::move(database))), parts_(std::move(parts)) {}

Result<EventLedger> EventLedger::make() {
  // The empty name is SQLite's for a private file that is deleted when it is closed.
  auto database = Database::open("", sqlite::Open::create, Origin::usage);
  if (!database) return failed(database);
  if (auto made = database->execute(tables); !made) return failed(made);
  Parts parts;
  const std::pair<Statement*, const char*> statements[] = {
      {&parts.add, "INSERT OR IGNORE INTO seen VALUES (?1, ?2, ?3, NULL)"},
      {&parts.meet, "UPDATE seen SET place = ?2 WHERE id = ?1 AND is_row = 0 RETURNING sequence"},
      {&parts.first,
       "SELECT id, sequence FROM seen WHERE sequence >= ? AND is_row = 0 ORDER BY sequence LIMIT "
       "1"},
      {&parts.count,
       "SELECT count(*) FROM seen WHERE sequence > ?1 AND is_row = 0"
       " AND (?2 = 0 OR place IS NULL)"},
      {&parts.not_met,
       "SELECT id FROM seen WHERE sequence > ? AND is_row = 0 AND place IS NULL ORDER BY sequence"},
      {&parts.in_order, "SELECT id, place FROM seen WHERE place IS NOT NULL ORDER BY sequence"},
      {&parts.add_pending, "INSERT OR IGNORE INTO pending VALUES (?)"},
      {&parts.is_pending, "SELECT 1 FROM pending WHERE id = ?"}};
  for (const auto& [statement, sql] : statements) {
    auto prepared = database->prepare(sql);
    if (!prepared) return failed(prepared);
    *statement = std::move(*prepared);
  }
  return EventLedger(std::move(*database), std::move(parts));
}

Result<bool> EventLedger::add(std::string_view id, std::uint64_t sequence, Kind kind) {
  parts_.add.bind(0, number(sequence)).bind_text(1, id).bind(2, kind == Kind::row ? 1 : 0);
  if (auto added = parts_.add.run(); !added) return failed(added);
  return database_->changes() > 0;
}

Result<std::optional<std::uint64_t>> EventLedger::meet(std::string_view id) {
  parts_.meet.bind_text(0, id).bind(1, ++met_);
  auto there = parts_.meet.step();
  if (!there) return failed(there);
  std::optional<std::uint64_t> sequence;
  if (*there) sequence = static_cast<std::uint64_t>(parts_.meet.integer(0));
  parts_.meet.reset();
  return sequence;
}

Result<void> EventLedger::start_again() {
  met_ = 0;
  return database_->execute("UPDATE seen SET place = NULL");
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

Result<std::uint64_t> EventLedger::count_changes(std::uint64_t behind, bool not_met) {
  parts_.count.bind(0, number(behind)).bind(1, not_met ? 1 : 0);
  auto there = parts_.count.step();
  if (!there) return failed(there);
  const auto count = static_cast<std::uint64_t>(parts_.count.integer(0));
  parts_.count.reset();
  return count;
}

Result<void> EventLedger::visit_not_met(std::uint64_t sequence, const Visit& visit) {
  parts_.not_met.bind(0, number(sequence));
  for (;;) {
    auto there = parts_.not_met.step();
    if (!there) return failed(there);
    if (!*there) return {};
    visit(std::string(parts_.not_met.bytes(0)));
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

Result<void> EventLedger::add_pending(std::string_view id) {
  parts_.add_pending.bind_text(0, id);
  return parts_.add_pending.run();
}

Result<bool> EventLedger::is_pending(std::string_view id) {
  parts_.is_pending.bind_text(0, id);
  auto there = parts_.is_pending.step();
  parts_.is_pending.reset();
  return there;
}

}  // namespace headwater::mongodb
