// How the captured tables have changed, and the work that this requires. Only reads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_rows.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sources/sqlite/capture/trigger_sql.h"
#include "src/sources/sqlite/capture/user_schema.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// How a captured table differs from its shape and its triggers.
struct Comparison {
  bool columns_differ = false;
  bool key_differs = false;
  bool triggers_missing = false;
  bool triggers_stale = false;
  bool overtaken = false;  ///< A user's trigger is newer than ours, and fires before them.
  bool rule_unknown = false;

  [[nodiscard]] bool new_shape() const { return columns_differ || key_differs; }
  [[nodiscard]] bool rearm() const {
    return new_shape() || triggers_missing || triggers_stale || overtaken;
  }
};

struct Work {
  enum class Kind {
    capture,   ///< Not captured so far.
    renew,     ///< Its triggers, or its shape too.
    give_up,   ///< It can no longer be captured.
    let_go,    ///< No relay captures it any more.
    gone,      ///< Dropped or renamed.
    leftover,  ///< Our triggers for a log that no longer exists.
  };
  Kind kind;
  Captured captured;  ///< Just the name if `kind` is capture; name and shape if it is leftover.
  std::string why{};  ///< For the report; if `kind` is capture or renew: why it cannot be done.
  // If `kind` is capture or renew:
  TableInfo table{};
  std::int64_t shape = 0;           ///< Of the triggers: a new one, or the one it has.
  std::vector<Trigger> triggers{};  ///< To be created.
  Comparison found{};               ///< If `kind` is renew.
};

struct Plan {
  UserSchema schema;
  std::vector<RelayRow> relays;
  std::vector<Captured> captured;
  std::map<std::int64_t, std::vector<const SchemaTrigger*>> armed;  ///< Our triggers by shape.
  std::vector<Work> works;
  std::vector<Candidate> refused;       ///< Requested, but cannot be captured.
  std::vector<TableInfo> unknown_keys;  ///< Captured; whether their keys hold NULLs is unknown.
  bool renumbered = false;              ///< VACUUM has changed the rowids.
  bool renew = false;                   ///< A trigger has seen a NULL in a key.
  std::int64_t head = 0;                ///< The newest log row.
  std::optional<std::set<std::int64_t>> written{};  ///< Shapes with doubtful rows, once searched.

  [[nodiscard]] bool clean() const { return works.empty() && !renumbered && unknown_keys.empty(); }
};

/// Runs in its own read transaction, and outside it to search keys (see key_holds_nulls()) and to
/// try the triggers. `skip`: tables that could not be captured.
Result<Plan> make_plan(Database& database, const std::set<std::string>& skip);

/// Also used by check().
[[nodiscard]] Comparison compare(const UserSchema& schema, const Shape& shape,
                                 const TableInfo& table, bool pair_fits);

}  // namespace headwater::sqlite
