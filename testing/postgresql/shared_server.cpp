#include "testing/postgresql/shared_server.h"

#include "testing/postgresql/postgres_shell.h"
#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {

std::vector<std::string> shared_postgres_settings() {
  return {"wal_level=logical",  "synchronous_commit=on",
          "max_wal_senders=30", "max_replication_slots=30",
          "max_connections=60", "max_prepared_transactions=5",
          "autovacuum=off"};
}

PostgresServer& shared_postgres_server() {
  static PostgresServer server(shared_postgres_settings());
  return server;
}

std::string new_database_name() {
  static int count = 0;
  return "test_" + std::to_string(++count);
}

void forget_history(const PostgresServer& server, const std::string& name) {
  PostgresShell shell(server.address(name));
  const bool done = wait_until([&] {
    return shell.ask("SELECT pg_replication_slot_advance($1, pg_current_wal_insert_lsn())", {name})
        .has_value();
  });
  if (!done) give_up("slot " + name + " cannot be moved");
}

/// A slot is free a moment after its reader was ended.
void drop_database(const PostgresServer& server, const std::string& name) {
  server.execute(
      "DO $$ BEGIN FOR i IN 1..200 LOOP\n"
      "PERFORM pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = '" +
      name +
      "' AND active;\n"
      "EXIT WHEN NOT EXISTS (SELECT FROM pg_replication_slots WHERE database = '" +
      name +
      "' AND active);\n"
      "PERFORM pg_sleep(0.02); END LOOP; END $$;\n"
      "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '" +
      name + "';\nDROP DATABASE IF EXISTS " + name + " WITH (FORCE);\n");
}

}  // namespace headwater::rig
