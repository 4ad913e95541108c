// A RethinkDB table for the contract suite of sources, as a program uses it that deletes with a mark.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/event/value.h"
#include "src/json/json.h"
#include "src/rethinkdb/connection.h"
#include "src/rethinkdb/term.h"
#include "testing/contract/source_rig.h"

namespace headwater::testing {

/// A connection of a test, as admin. A failure ends the program.
class RethinkShell {
 public:
  explicit RethinkShell(std::uint16_t port);
  /// All results, as one JSON array.
  Json ask(const rethinkdb::Term& term);

 private:
  std::unique_ptr<rethinkdb::Connection> connection_;
};

[[nodiscard]] std::unique_ptr<SourceWriter> make_rethink_writer(std::uint16_t port,
                                                                const std::string& database);
/// The rows of the table `item`: the key, and the value.
[[nodiscard]] std::vector<std::pair<std::vector<Value>, Value>> rethink_rows(
    std::uint16_t port, const std::string& database);
/// A member of a document.
[[nodiscard]] Value value_at(const Row& document, const char* member);

}  // namespace headwater::testing
