// One PostgreSQL server for all tests of a program that replicate.
#pragma once

#include <string>
#include <vector>

#include "testing/postgresql/postgres_server.h"

namespace headwater::rig {

[[nodiscard]] std::vector<std::string> shared_postgres_settings();
/// Started at the first call, with logical replication.
[[nodiscard]] PostgresServer& shared_postgres_server();

/// No other test of this program has it.
[[nodiscard]] std::string new_database_name();
/// With its slots and whoever uses them. It need not exist.
void drop_database(const PostgresServer& server, const std::string& name);

/// Lets a slot of this name, in the database of the same name, forget everything so far. Waits until
/// its last reader has gone.
void forget_history(const PostgresServer& server, const std::string& name);

}  // namespace headwater::rig
