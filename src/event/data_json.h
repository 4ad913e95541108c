// An event's `data`: the change as JSON, and back. docs/formats/event.md specifies it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/event/change.h"

namespace headwater {

/// "insert", "update", "delete", …; for Op::other the database's own word.
[[nodiscard]] std::string_view word_for(const Change& change);

[[nodiscard]] std::string data_json(const Change& change);

/// Reads the row with columns in `data`, exactly as the database had it. Does not read documents,
/// whose notation belongs to the source.
struct EventData {
  Op op = Op::insert;
  std::optional<TableRow> key;
  std::optional<TableRow> before;
  std::optional<TableRow> after;
  std::optional<Transaction> transaction;
  std::optional<Gap> gap;
};

/// Fails with `event.unreadable`.
Result<EventData> parse_data(std::string_view json);

}  // namespace headwater
