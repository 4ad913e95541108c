// A set of keys that may be larger than memory: it uses a temporary SQLite file, which is deleted
// with it.
#pragma once

#include <cstdint>
#include <string_view>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

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
  SeenKeys(Database database, Statement add, Statement has);

  Database database_;
  Statement add_;
  Statement has_;
  std::int64_t count_ = 0;
};

/// An empty temporary database in one transaction that never ends, for speed; it is not durable.
Result<Database> temporary_database();

}  // namespace headwater::sqlite
