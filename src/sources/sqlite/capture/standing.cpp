#include "src/sources/sqlite/capture/standing.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

const std::vector<const SchemaTrigger*>& armed_of(const Plan& plan, const Work& work) {
  static const std::vector<const SchemaTrigger*> none;
  const auto at = plan.armed.find(work.captured.shape);
  return work.kind == Work::Kind::capture || at == plan.armed.end() ? none : at->second;
}

/// Fast for many look-ups while others wait.
struct HashName {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const {
    std::size_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
    for (const char c : name)
      hash = (hash ^ static_cast<unsigned char>(lower(c))) * 0x100000001b3ULL;
    return hash;
  }
};
struct SameName {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return same_name(a, b); }
};
template <class T>
using HashedByName = std::unordered_map<std::string, T, HashName, SameName>;

class Standing {
 public:
  Standing(Database& database, const Plan& plan, bool schema_moved)
      : database_(database), plan_(plan), schema_moved_(schema_moved) {}

  Result<void> read(std::span<const Work> works);
  Result<bool> stands(const Work& work);

 private:
  Result<void> read_schema();
  [[nodiscard]] bool same_schema(const Work& work) const;
  [[nodiscard]] bool names_free(const Work& work) const;
  Result<bool> same_capture(const Work& work);

  Database& database_;
  const Plan& plan_;
  bool schema_moved_;
  HashedByName<SchemaMark> marks_;
  HashedByName<std::vector<std::int64_t>> holders_;  // rowids by name
  Statement captured_;
  std::int64_t greatest_shape_ = 0;
};

Result<void> Standing::read(std::span<const Work> works) {
  for (const Work& work : works) {
    marks_.try_emplace(work.captured.table);
    for (const SchemaTrigger* trigger : armed_of(plan_, work)) marks_.try_emplace(trigger->table);
    for (const Trigger& trigger : work.triggers) holders_.try_emplace(trigger.name);
  }
  if (schema_moved_) {
    if (auto done = read_schema(); !done) return done;
  }
  auto greatest = database_.integer("SELECT max(shape) FROM main._headwater_shapes");
  if (!greatest) return failed(greatest);
  greatest_shape_ = *greatest;
  auto captured =
      database_.prepare("SELECT shape FROM main._headwater_captured WHERE \"table\" = ?1");
  if (!captured) return failed(captured);
  captured_ = std::move(*captured);
  return {};
}

Result<void> Standing::read_schema() {
  auto rows = database_.prepare(
      "SELECT type, name, tbl_name, rowid FROM main.sqlite_schema ORDER BY rowid");
  if (!rows) return failed(rows);
  // Separate, because reading the SQL reads all pages of a row.
  auto text = database_.prepare("SELECT sql FROM main.sqlite_schema WHERE rowid = ?1");
  if (!text) return failed(text);
  return for_each_row(*rows, [&](const Statement& row) -> Result<void> {
    const std::int64_t rowid = row.integer(3);
    if (const auto held = holders_.find(row.bytes(1)); held != holders_.end()) {
      held->second.push_back(rowid);
    }
    const auto mark = marks_.find(row.bytes(2));
    if (mark == marks_.end()) return {};
    text->bind(0, rowid);
    auto found = text->step();
    if (!found) return failed(found);
    mark->second.add(row.bytes(0), row.bytes(1), text->bytes(0), rowid);
    text->reset();
    return {};
  });
}

bool Standing::same_schema(const Work& work) const {
  const auto same = [&](const std::string& table) {
    return marks_.at(table) == plan_.schema.mark(table);
  };
  return same(work.captured.table) &&
         std::ranges::all_of(armed_of(plan_, work),
                             [&](const SchemaTrigger* trigger) { return same(trigger->table); });
}

/// Except those that the work itself removes.
bool Standing::names_free(const Work& work) const {
  const auto& armed = armed_of(plan_, work);
  const auto goes = [&](std::int64_t rowid) {
    return std::ranges::find(armed, rowid, &SchemaTrigger::place) != armed.end();
  };
  return std::ranges::all_of(work.triggers, [&](const Trigger& trigger) {
    return std::ranges::all_of(holders_.at(trigger.name), goes);
  });
}

Result<bool> Standing::same_capture(const Work& work) {
  if (work.kind == Work::Kind::leftover) {
    auto used = database_.integer("SELECT count(*) FROM main._headwater_captured WHERE shape = " +
                                  std::to_string(work.captured.shape));
    if (!used) return failed(used);
    return *used == 0;
  }
  captured_.bind_text(0, work.captured.table);
  auto row = captured_.step();
  if (!row) return failed(row);
  const std::int64_t shape = *row ? captured_.integer(0) : 0;
  captured_.reset();
  return shape == work.captured.shape;
}

Result<bool> Standing::stands(const Work& work) {
  if (schema_moved_ && (!same_schema(work) || !names_free(work))) return false;
  const bool new_shape = !work.triggers.empty() && work.shape != work.captured.shape;
  if (new_shape && work.shape <= greatest_shape_) return false;
  auto same = same_capture(work);
  if (same && *same && new_shape) greatest_shape_ = work.shape;
  return same;
}

}  // namespace

Result<std::vector<bool>> still_standing(Database& database, const Plan& plan,
                                         std::span<const Work> works, bool schema_moved) {
  Standing standing(database, plan, schema_moved);
  if (auto done = standing.read(works); !done) return failed(done);
  std::vector<bool> result;
  for (const Work& work : works) {
    auto stands = standing.stands(work);
    if (!stands) return failed(stands);
    result.push_back(*stands);
  }
  return result;
}

}  // namespace headwater::sqlite
