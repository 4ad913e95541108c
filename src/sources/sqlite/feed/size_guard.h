// Keeps huge values out of memory: SQLite refuses to load them until they are measured.
#pragma once

#include <sqlite3.h>

#include <cstdint>

#include "src/base/error.h"

namespace headwater::sqlite {

/// While it lives, reading a value of more than `most` bytes fails with SQLITE_TOOBIG. The schema
/// must have been loaded before (its texts are values, too).
class SizeGuard {
 public:
  SizeGuard(sqlite3* database, std::uint64_t most)
      : database_(database),
        before_(sqlite3_limit(database, SQLITE_LIMIT_LENGTH,
                              most < 1'000'000'000 ? static_cast<int>(most) : 1'000'000'000)) {}
  SizeGuard(const SizeGuard&) = delete;
  SizeGuard& operator=(const SizeGuard&) = delete;
  ~SizeGuard() { sqlite3_limit(database_, SQLITE_LIMIT_LENGTH, before_); }

 private:
  sqlite3* database_;
  int before_;
};

/// The most that is read without measuring it first.
constexpr std::uint64_t unmeasured_bytes = 1U << 20U;

/// Whether reading failed for that reason.
[[nodiscard]] inline bool is_too_big(const Error& error) {
  return error.name.ends_with(".too_big");
}

}  // namespace headwater::sqlite
