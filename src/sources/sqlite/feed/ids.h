// Ids of the SQLite source's events; specified in docs/formats/sqlite-position.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "src/event/position.h"
#include "src/event/value.h"

namespace headwater::sqlite {

/// "<uuid>:<seq>"
[[nodiscard]] std::string change_id(std::string_view uuid, std::int64_t seq);
/// "<uuid>:<at>:<shape>:<table>:<key>": the row just after change `at`. The shape distinguishes two
/// readings at one point, before and after a column was added. A long key is hashed (short_key()).
/// `task`: of a reading on request, of which there may be several at one point; it makes the shape
/// "<shape>+<task>".
[[nodiscard]] std::string read_id(std::string_view uuid, std::int64_t at, std::int64_t shape,
                                  std::optional<std::int64_t> task, std::string_view table,
                                  std::span<const Value> key);

/// "<uuid>:gap:<16 hexadecimal digits>": the missing changes after a lost position.
[[nodiscard]] std::string gap_id(std::string_view uuid, std::string_view relay,
                                 const Position& lost);

struct ParsedId {
  std::int64_t seq = 0;  ///< Of a change; of the snapshot's point for a read.
  bool read = false;
};
/// nullopt if the id is not of this database.
[[nodiscard]] std::optional<ParsedId> parse_id(std::string_view id, std::string_view uuid);

}  // namespace headwater::sqlite
