// A shop's SQLite database, and programs that write to it.
#pragma once

#include <string>

#include "testing/rig/writers.h"

namespace headwater::rig {

enum class Journal { wal, rollback };

/// Creates the tables: customers (with a unique email), orders (with a unique idempotency key), and
/// the items of orders (WITHOUT ROWID, deleted with their order).
void make_shop(const std::string& path, Journal journal = Journal::wal);

/// Writers on this shop. They make random inserts, updates, deletes with cascades, REPLACEs,
/// upserts, savepoints and rollbacks.
[[nodiscard]] MakeWriter shop_writers(const std::string& path);

}  // namespace headwater::rig
