// A shop's SQLite database, and programs that write to it.
#pragma once

#include <string>

#include "testing/rig/writers.h"

namespace headwater::rig {

enum class Journal { wal, rollback };

/// Makes the tables: customers (email is unique), orders (an idempotency key is unique), items (of
/// an order, WITHOUT ROWID, deleted with it).
void make_shop(const std::string& path, Journal journal = Journal::wal);

/// Writers of this shop, doing random inserts, updates, deletes with cascades, REPLACE, upserts,
/// savepoints and rollbacks.
[[nodiscard]] MakeWriter shop_writers(const std::string& path);

}  // namespace headwater::rig
