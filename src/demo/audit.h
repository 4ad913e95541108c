// The end of the demo: counts the committed changes and the events in the stream in two ways.
#pragma once

#include <cstdint>
#include <string>

#include "src/base/error.h"
#include "src/demo/reader.h"
#include "src/sqlite/database.h"

namespace headwater::demo {

struct Count {
  std::uint64_t committed = 0;
  std::uint64_t events = 0;  ///< Without the rows read at the start.
  std::uint64_t lost = 0;
  std::uint64_t repeated = 0;
  std::uint64_t out_of_order = 0;

  bool operator==(const Count&) const = default;
};

struct DemoAudit {
  Count verified;               ///< By `headwater verify`.
  Count counted;                ///< Committed as the writers counted, events as a reader got them.
  std::uint64_t logged = 0;     ///< Changes in the database's own log.
  std::uint64_t rows_read = 0;  ///< Additional events: the rows that existed before.
  std::uint64_t rows = 0;       ///< Compared by `headwater verify`.
  std::uint64_t rows_different = 0;
  bool verify_agrees = false;

  [[nodiscard]] bool clean() const;
};

/// Parses the output of `headwater verify --json`. Fails with `demo.audit`.
Result<DemoAudit> read_verify(const std::string& json);

/// Adds the second count. `reader` must have read the whole stream.
Result<void> count_by_hand(DemoAudit& audit, std::uint64_t committed, const Reader& reader,
                           sqlite::Database& shop);

[[nodiscard]] std::string to_text(const DemoAudit& audit);

}  // namespace headwater::demo
