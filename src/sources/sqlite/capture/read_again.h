// What `headwater snapshot` writes into the database: tasks to read tables again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// One person's request.
struct ReadRequest {
  std::string relay;
  std::vector<std::string> tables;
  std::string filter{};         ///< An SQL expression over the columns of a table; empty: all rows.
  std::int64_t first_open = 0;  ///< The relay has finished all tasks before this one.
};

/// Adds a task for each table, all or none, as the tables are when this commits. A running relay
/// notices them by itself; another one when it runs. One IMMEDIATE transaction. The log must be
/// ready.
///
/// Fails with source.not_prepared, source.no_such_table, source.not_in_scope,
/// source.snapshot_running, source.bad_filter.
Result<void> read_again(Database& database, const ReadRequest& request);

}  // namespace headwater::sqlite
