// A temporary database for what may be larger than memory.
#pragma once

#include <initializer_list>
#include <string>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Creates `tables` in a private file, which is deleted with the connection. Everything is in one
/// transaction that never ends: fast, and not durable. `cache_kib`: memory, before it uses the
/// file.
Result<Database> scratch_database(const std::string& tables, Origin origin, int cache_kib = 8'192);

struct Preparation {
  Statement* statement;
  const char* sql;
};
/// Prepares all of them.
Result<void> prepare_all(Database& database, std::initializer_list<Preparation> preparations);

}  // namespace headwater::sqlite
