// Trims the log rows that every relay has durably in its stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Removes log rows in pieces of a millisecond, each in its own transaction, so that a writer
/// hardly notices and a relay that stops between two holds nothing. Keeps the row of the least
/// confirmed position and the newest row. Never waits for a lock. Outside transactions; one thread.
class Trimmer {
 public:
  /// `database` and `clock` must outlive it. Rows stay for `history` (at most twice that) after
  /// their confirmation.
  static Result<Trimmer> on(Database& database, const Clock& clock, const std::string& relay,
                            Milliseconds history);

  /// Forgets what was confirmed, because another process of this relay may have changed it.
  Result<void> forget();

  /// This relay needs no row before `seq`, and `seq` itself only to recognize it.
  void confirm(std::int64_t seq);

  /// Keeps the rows after `seq` until they are confirmed again, for a stream that lost its end and
  /// resumes at an older place. Returns true if they may have been removed in the meantime, so that
  /// the caller must check again. Waits for locks.
  Result<bool> hold(std::int64_t seq);

  /// Does one piece, if there is one. Returns the number of rows removed; 0: nothing to do now, or
  /// another connection is writing.
  Result<std::int64_t> work();
  /// The time until work() may have something to do, if nothing else happens; nullopt: forever.
  [[nodiscard]] std::optional<Milliseconds> rest() const;

 private:
  struct Mark {
    std::int64_t seq = 0;
    std::int64_t time = 0;  ///< UTC, milliseconds.
  };
  struct Parts {
    Statement confirm, hold, save_mark, bound, least, remove;
  };
  Trimmer(Database& database, const Clock& clock, std::string relay, Milliseconds history,
          Parts parts);

  Result<void> load_mark();
  [[nodiscard]] bool ripen();
  Result<void> piece(std::int64_t& removed);
  Result<void> save();
  Result<std::int64_t> remove_some(std::int64_t first, std::int64_t bound);

  Database* database_;
  const Clock* clock_;
  std::string relay_;
  Milliseconds history_;
  Parts parts_;
  std::int64_t confirmed_ = 0;  // by confirm()
  std::int64_t free_ = 0;       // of those, old enough
  std::int64_t saved_ = 0;      // of those, in the database
  std::optional<Mark> mark_;    // rows before mark_.seq are free `history` after mark_.time
  bool mark_changed_ = false;
  bool more_ = true;  // what an earlier process left
  SteadyTime next_try_{};
  SteadyTime last_save_{};
};

}  // namespace headwater::sqlite
