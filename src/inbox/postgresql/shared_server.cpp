#include "src/inbox/postgresql/shared_server.h"

namespace headwater::testing {

const rig::PostgresServer& shared_postgres() {
  static const rig::PostgresServer server;
  return server;
}

std::string new_table() {
  static int number = 0;
  return "inbox_" + std::to_string(++number);
}

}  // namespace headwater::testing
