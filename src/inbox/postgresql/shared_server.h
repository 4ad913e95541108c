// The server that the cases of this room's test program share.
#pragma once

#include <string>

#include "testing/postgresql/postgres_server.h"

namespace headwater::testing {

/// Started by the first call.
[[nodiscard]] const rig::PostgresServer& shared_postgres();

/// A name of a table that no other case has.
[[nodiscard]] std::string new_table();

}  // namespace headwater::testing
