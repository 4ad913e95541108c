// The inbox suite's consumer on PostgreSQL.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

#include "testing/contract/inbox_connection.h"

namespace headwater::testing {

struct ClosePostgres {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using PostgresConnection = std::unique_ptr<PGconn, ClosePostgres>;

/// Ends the program if it cannot connect.
[[nodiscard]] PostgresConnection connect_postgres(const std::string& address);
/// Runs statements, and returns the first column. Ends the program if one fails.
std::vector<std::string> execute(PGconn* connection, const std::string& sql);

/// `address` is libpq's. Its effects are in the table TABLE_effects.
[[nodiscard]] InboxOpened open_postgres(const std::string& address,
                                        const client::InboxOptions& options);

}  // namespace headwater::testing
