#include "src/sources/rethinkdb/audit/key_ledger.h"

#include <utility>

#include "src/sqlite/scratch.h"

namespace headwater::rethinkdb {
namespace {

constexpr const char* tables =
    "CREATE TABLE ids(id BLOB PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE keys(key BLOB PRIMARY KEY, number INTEGER, version INTEGER, removed INTEGER,"
    "  era INTEGER) WITHOUT ROWID;"
    "CREATE TABLE holes(key BLOB, first INTEGER, last INTEGER, below INTEGER);"
    "CREATE INDEX holes_of ON holes(key);"
    "CREATE TABLE met(key BLOB PRIMARY KEY, number INTEGER, waits INTEGER) WITHOUT ROWID;"
    "CREATE TABLE held(place INTEGER PRIMARY KEY, json BLOB)";

std::int64_t whole(std::uint64_t number) { return static_cast<std::int64_t>(number); }

std::uint64_t number_at(const sqlite::Statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

KeyState state_at(const sqlite::Statement& row, int column) {
  KeyState state{.number = number_at(row, column)};
  if (!row.is_null(column + 1)) state.version = number_at(row, column + 1);
  state.removed = row.integer(column + 2) != 0;
  state.era = number_at(row, column + 3);
  return state;
}

}  // namespace

KeyLedger::KeyLedger(sqlite::Database database, Parts parts)
    : database_(std::make_unique<sqlite::Database>(std::move(database))),
      parts_(std::move(parts)) {}

Result<KeyLedger> KeyLedger::make() {
  auto database = sqlite::scratch_database(tables, Origin::usage);
  if (!database) return failed(database);
  Parts parts;
  auto prepared = sqlite::prepare_all(
      *database,
      {{&parts.add_id, "INSERT OR IGNORE INTO ids VALUES (?)"},
       {&parts.find, "SELECT number, version, removed, era FROM keys WHERE key = ?"},
       {&parts.put, "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?)"},
       {&parts.add_hole, "INSERT INTO holes VALUES (?, ?, ?, ?)"},
       {&parts.find_hole,
        "SELECT rowid, first, last, below FROM holes"
        " WHERE key = ?1 AND ?2 BETWEEN first AND last AND below > ?3 ORDER BY below LIMIT 1"},
       {&parts.drop_hole, "DELETE FROM holes WHERE rowid = ?"},
       {&parts.holes, "SELECT key, first, last, below FROM holes ORDER BY rowid"},
       {&parts.mark, "INSERT OR REPLACE INTO met VALUES (?, ?, ?)"},
       {&parts.met, "SELECT number, waits FROM met WHERE key = ?"},
       {&parts.unmet,
        "SELECT key, number, version, removed, era FROM keys"
        " WHERE removed = 0 AND key NOT IN (SELECT key FROM met)"},
       {&parts.hold, "INSERT INTO held VALUES (NULL, ?)"},
       {&parts.held, "SELECT place, json FROM held WHERE place > ? ORDER BY place LIMIT 1"}});
  if (!prepared) return failed(prepared);
  return KeyLedger(std::move(*database), std::move(parts));
}

Result<bool> KeyLedger::add_id(std::string_view id) {
  parts_.add_id.bind_blob(0, id);
  if (auto added = parts_.add_id.run(); !added) return failed(added);
  return database_->changes() > 0;
}

Result<std::optional<KeyState>> KeyLedger::find(std::string_view key) {
  parts_.find.bind_blob(0, key);
  auto there = parts_.find.step();
  if (!there) return failed(there);
  std::optional<KeyState> state;
  if (*there) state = state_at(parts_.find, 0);
  parts_.find.reset();
  return state;
}

Result<void> KeyLedger::put(std::string_view key, const KeyState& state) {
  parts_.put.bind_blob(0, key)
      .bind(1, whole(state.number))
      .bind(3, std::int64_t{state.removed ? 1 : 0})
      .bind(4, whole(state.era));
  if (state.version) {
    parts_.put.bind(2, whole(*state.version));
  } else {
    parts_.put.bind_null(2);
  }
  return parts_.put.run();
}

Result<void> KeyLedger::add_hole(const Hole& hole) {
  if (hole.first > hole.last) return {};
  parts_.add_hole.bind_blob(0, hole.exact_key)
      .bind(1, whole(hole.first))
      .bind(2, whole(hole.last))
      .bind(3, whole(hole.below));
  return parts_.add_hole.run();
}

Result<bool> KeyLedger::fill_hole(std::string_view key, std::uint64_t version,
                                  std::uint64_t number) {
  parts_.find_hole.bind_blob(0, key).bind(1, whole(version)).bind(2, whole(number));
  auto there = parts_.find_hole.step();
  if (!there || !*there) return there;
  const std::int64_t row = parts_.find_hole.integer(0);
  Hole before{.exact_key = std::string(key),
              .first = number_at(parts_.find_hole, 1),
              .last = version - 1,
              .below = number};
  Hole after{.exact_key = before.exact_key,
             .first = version + 1,
             .last = number_at(parts_.find_hole, 2),
             .below = number_at(parts_.find_hole, 3)};
  parts_.find_hole.reset();
  parts_.drop_hole.bind(0, row);
  if (auto dropped = parts_.drop_hole.run(); !dropped) return failed(dropped);
  if (auto added = add_hole(before); !added) return failed(added);
  if (auto added = add_hole(after); !added) return failed(added);
  return true;
}

Result<void> KeyLedger::visit_holes(const std::function<void(const Hole&)>& visit) {
  for (;;) {
    auto there = parts_.holes.step();
    if (!there) return failed(there);
    if (!*there) return {};
    visit({.exact_key = std::string(parts_.holes.bytes(0)),
           .first = number_at(parts_.holes, 1),
           .last = number_at(parts_.holes, 2),
           .below = number_at(parts_.holes, 3)});
  }
}

Result<void> KeyLedger::mark_met(std::string_view key, const Met& met) {
  parts_.mark.bind_blob(0, key).bind(1, whole(met.number)).bind(2, std::int64_t{met.waits ? 1 : 0});
  return parts_.mark.run();
}

Result<std::optional<Met>> KeyLedger::met(std::string_view key) {
  parts_.met.bind_blob(0, key);
  auto there = parts_.met.step();
  if (!there) return failed(there);
  std::optional<Met> met;
  if (*there) met = Met{.number = number_at(parts_.met, 0), .waits = parts_.met.integer(1) != 0};
  parts_.met.reset();
  return met;
}

Result<void> KeyLedger::visit_unmet(const Visit& visit) {
  for (;;) {
    auto there = parts_.unmet.step();
    if (!there) return failed(there);
    if (!*there) return {};
    visit(std::string(parts_.unmet.bytes(0)), state_at(parts_.unmet, 1));
  }
}

Result<void> KeyLedger::hold(std::string_view json) {
  parts_.hold.bind_blob(0, json);
  return parts_.hold.run();
}

Result<std::optional<Held>> KeyLedger::held_after(std::int64_t place) {
  parts_.held.bind(0, place);
  auto there = parts_.held.step();
  if (!there) return failed(there);
  std::optional<Held> held;
  if (*there) {
    held = Held{.place = parts_.held.integer(0), .json = std::string(parts_.held.bytes(1))};
  }
  parts_.held.reset();
  return held;
}

}  // namespace headwater::rethinkdb
