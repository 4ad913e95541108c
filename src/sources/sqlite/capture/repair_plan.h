// What has become of the captured tables, and what there is to do about it. Only reads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/catalog.h"
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
  bool overtaken = false;  ///< Somebody's trigger is newer than ours, and fires before them.
  bool rule_unknown = false;

  [[nodiscard]] bool new_shape() const { return columns_differ || key_differs; }
  [[nodiscard]] bool rearm() const {
    return new_shape() || triggers_missing || triggers_stale || overtaken;
  }
};

struct Work {
  enum class Kind {
    capture,   ///< Not captured until now.
    renew,     ///< Its triggers, or its shape too.
    give_up,   ///< It can no longer be captured.
    let_go,    ///< No relay wants it any more.
    gone,      ///< Dropped or renamed.
    leftover,  ///< Triggers of ours for a log that is not there any more.
  };
  Kind kind;
  Captured captured;  ///< Just the name if `kind` is capture; name and shape if it is leftover.
  std::string why{};  ///< For people; if `kind` is capture or renew: why it cannot be done.
  // If `kind` is capture or renew:
  TableInfo table{};
  std::int64_t shape = 0;           ///< Of the triggers: a new one, or the one it has.
  std::vector<Trigger> triggers{};  ///< To be made.
  Comparison found{};               ///< If `kind` is renew.
};

struct Plan {
  UserSchema schema;
  std::vector<RelayRow> relays;
  std::vector<Captured> captured;
  std::map<std::int64_t, std::vector<const SchemaTrigger*>> armed;  ///< Our triggers by shape.
  std::vector<Work> works;
  std::vector<Candidate> refused;       ///< Wanted, and cannot be captured.
  std::vector<TableInfo> unknown_keys;  ///< Captured; whether their keys hold NULLs is not known.
  bool renumbered = false;              ///< VACUUM has made new rowids.
  bool renew = false;                   ///< A trigger has seen a NULL in a key.
  std::int64_t head = 0;                ///< The newest log row.
  std::optional<std::set<std::int64_t>> written{};  ///< Shapes with rows in doubt, once looked for.

  [[nodiscard]] bool clean() const { return works.empty() && !renumbered && unknown_keys.empty(); }
};

/// In a read transaction of its own, and outside it for looking through keys (see
/// key_holds_nulls()) and for trying the triggers. `skip`: tables that have been found impossible
/// to capture.
Result<Plan> make_plan(Database& database, const std::set<std::string>& skip);

/// Also for check().
[[nodiscard]] Comparison compare(const UserSchema& schema, const Shape& shape,
                                 const TableInfo& table, bool pair_fits);

}  // namespace headwater::sqlite
