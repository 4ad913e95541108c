// What one relay captures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {

/// What one relay captures of a database.
struct FeedScope {
  std::string relay;
  std::string database;  ///< Its name in events.
  std::string uuid;
  std::optional<std::vector<std::string>> tables;  ///< nullopt: all.
  std::uint64_t max_change = 0;
  bool gap_for_large = false;  ///< A change that is too large becomes a gap instead of an error.

  [[nodiscard]] bool wants(const std::string& table) const { return asks_for(tables, table); }
};

}  // namespace headwater::sqlite
