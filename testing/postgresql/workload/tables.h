// The tables of the random workload.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "testing/postgresql/postgres_shell.h"

namespace headwater::rig {

struct RandomTable {
  const char* name;   ///< In SQL.
  const char* key;    ///< The first columns and constraints. Each table has a number `n`.
  const char* after;  ///< What follows the columns in CREATE TABLE.
  /// It has each `step`th of postgres_kinds(), from `first` on.
  std::size_t first;
  std::size_t step;
  bool changes_shape = false;
  bool changes_identity = false;
};

/// Of one name in two schemas; with a primary key, with an index as the replica identity, without
/// a key; one with partitions.
[[nodiscard]] std::span<const RandomTable> random_tables();
/// The one with partitions, by the number `part`.
inline constexpr const char* partitioned_table = "pieces";
[[nodiscard]] std::string create_partition(std::uint64_t number);

/// Creates them.
void make_random_tables(PostgresShell& shell);

/// A column that is not part of a table's own numbering.
struct RandomColumn {
  std::string name;  ///< In SQL.
  std::string type;
  bool required = false;
  bool large = false;  ///< Stored outside the row.
  bool added = false;  ///< By a change of the table's shape.
};
/// As they are now, in this session. Fails as ask() does.
Result<std::vector<RandomColumn>> columns_of(PostgresShell& shell, const RandomTable& table);

}  // namespace headwater::rig
