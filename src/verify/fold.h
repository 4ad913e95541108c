// The state of all tables as the stream tells it: event by event, the last word on each key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/event/event.h"
#include "src/sqlite/database.h"

namespace headwater {

/// Lives in a temporary SQLite file, which disappears with it, so memory stays small however many
/// keys there are. Keeps a fingerprint of each row, not the row. One thread.
class Fold {
 public:
  static Result<Fold> make();

  /// Takes note of an event. `sequence` 0: it is not in the stream yet.
  Result<void> apply(const Event& event, std::uint64_t sequence);

  /// From now on a key that was not there before needs no row to match it: the rows are being
  /// compared piece by piece while changes go on, and its piece may be past.
  void rows_begin() { comparing_ = true; }

  struct Match {
    bool found = false;
    bool equal = false;
    std::uint64_t sequence = 0;
  };
  /// Compares the row that `event` (a read) shows, and marks its key as met.
  Result<Match> meet(const Event& event);

  /// Every key that was not met: table, key (JSON), sequence.
  Result<void> unmet(const std::function<void(std::string_view table, std::string_view key,
                                              std::uint64_t sequence)>& take);

 private:
  struct Parts {
    sqlite::Statement put, erase, clear_table, clear_all, get, mark, rest;
  };
  Fold(sqlite::Database database, Parts parts);

  std::unique_ptr<sqlite::Database> database_;
  Parts parts_;
  bool comparing_ = false;
};

/// The table an event speaks of, decoded; nullopt for a gap that concerns the whole database.
[[nodiscard]] std::optional<std::string> table_of(const Event& event);

}  // namespace headwater
