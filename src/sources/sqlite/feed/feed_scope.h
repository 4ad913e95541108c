// What one relay captures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/event/change.h"
#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {

/// What one relay captures of a database.
struct FeedScope {
  std::string relay;
  std::string database;  ///< Its name in events.
  std::string uuid;
  std::optional<std::vector<std::string>> tables;  ///< nullopt: all.
  std::uint64_t max_change = 0;
  OnLarge on_large = OnLarge::stop;

  [[nodiscard]] bool wants(const std::string& table) const { return asks_for(tables, table); }
};

}  // namespace headwater::sqlite
