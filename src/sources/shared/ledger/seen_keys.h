// A set of keys that may be larger than memory: it uses a temporary SQLite file, which is deleted
// with it.
#pragma once

#include <cstdint>
#include <string_view>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sources {

/// One thread.
class SeenKeys {
 public:
  static Result<SeenKeys> make();

  /// Returns true if the key is new to this group.
  Result<bool> add(std::int64_t group, std::string_view key);
  Result<bool> has(std::int64_t group, std::string_view key);
  Result<void> clear();
  [[nodiscard]] bool empty() const { return count_ == 0; }

 private:
  SeenKeys(sqlite::Database database, sqlite::Statement add, sqlite::Statement has);

  sqlite::Database database_;
  sqlite::Statement add_;
  sqlite::Statement has_;
  std::int64_t count_ = 0;
};

}  // namespace headwater::sources
