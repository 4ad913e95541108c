// One connection of a test to a PostgreSQL server.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"

namespace headwater::rig {

/// Rows of texts; NULL is empty.
using PostgresRows = std::vector<std::vector<std::string>>;

/// Blocks until the server has answered. One thread.
class PostgresShell {
 public:
  /// Fails later, if it cannot connect.
  explicit PostgresShell(const std::string& address);

  /// Fails with Remedy::retry if the transaction may be tried again.
  Result<PostgresRows> ask(const std::string& statement,
                           const std::vector<std::string>& values = {});
  /// Runs a COPY FROM STDIN with these lines.
  Result<void> copy(const std::string& statement, const std::string& lines);
  /// How many rows the last statement changed.
  [[nodiscard]] std::uint64_t changed() const { return changed_; }
  /// Ends the test program at an error.
  PostgresRows sure(const std::string& statement, const std::vector<std::string>& values = {});
  bool reconnect();

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  std::string address_;
  std::unique_ptr<PGconn, Finish> connection_;
  std::uint64_t changed_ = 0;
};

}  // namespace headwater::rig
