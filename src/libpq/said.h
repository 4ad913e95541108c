// What a server of PostgreSQL says when it refuses a connection.
#pragma once

#include <libpq-fe.h>

#include <string>

namespace headwater::libpq {

/// Of a verbose server (PQsetErrorVerbosity): "FATAL:  28P01: password ...", then "LOCATION:
/// auth_failed, auth.c:338". The words are in the server's language, so only the state decides what
/// they mean.
struct Said {
  std::string text;   ///< Without the SQLSTATE and the place, on one line.
  std::string state;  ///< The last server's; empty: no server has answered.
};

/// Of a connection that was made while verbose, and failed.
[[nodiscard]] Said said_by(const PGconn& connection);

}  // namespace headwater::libpq
