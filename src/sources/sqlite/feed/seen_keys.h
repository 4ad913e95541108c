// A set of keys that may be larger than memory: it lives in a temporary SQLite file, which
// disappears with it.
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

  /// True: the key is new to this group.
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

/// An empty temporary database with one transaction open for good, made for speed, not to last.
Result<Database> temporary_database();

}  // namespace headwater::sqlite
