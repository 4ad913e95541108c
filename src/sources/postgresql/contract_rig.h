// A PostgreSQL database for the contract suite of sources.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/event/value.h"
#include "src/sources/postgresql/server/connection.h"
#include "testing/contract/source_rig.h"

namespace headwater::testing {

/// A connection of a test. A failure ends the program.
class PgShell {
 public:
  explicit PgShell(const std::string& address);
  postgresql::Answer ask(const std::string& statement,
                         const postgresql::Parameters& parameters = {});

 private:
  std::unique_ptr<postgresql::Connection> connection_;
};

/// The suite's table has a column for each kind of value, of which one is not NULL.
[[nodiscard]] const std::vector<std::string>& value_columns();
[[nodiscard]] std::string suite_table();
/// The value among a row's, which begin with the key.
[[nodiscard]] Value value_among(std::span<const Value> row);
[[nodiscard]] std::unique_ptr<SourceWriter> make_pg_writer(const std::string& address);

}  // namespace headwater::testing
