// Forgets what every relay has in its stream for good.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Removes log rows in pieces of a millisecond, each a transaction of its own, so that a writer
/// hardly notices and a relay that is stopped between two holds nothing. The row of the least
/// confirmed position and the newest row stay. Never waits for a lock. Outside transactions; one
/// thread.
class Trimmer {
 public:
  /// `database` and `clock` must outlive it. Rows stay for `history` (at most twice that) after
  /// they were confirmed.
  static Result<Trimmer> on(Database& database, const Clock& clock, const std::string& relay,
                            Milliseconds history);

  /// What was confirmed is no longer known: another process of this relay may know otherwise by
  /// now.
  Result<void> forget();

  /// This relay needs nothing before row `seq` any more, and `seq` itself only to know it again.
  void confirm(std::int64_t seq);

  /// A stream that lost its end takes up an older place: the rows after `seq` must stay until they
  /// are confirmed again. True: they might have gone meanwhile, so look once more. Waits for locks.
  Result<bool> hold(std::int64_t seq);

  /// One piece, if there is one to do. Gives the rows removed; 0: nothing to do at the moment, or
  /// somebody else is writing.
  Result<std::int64_t> work();
  /// How long until work() may have something to do, if nothing else happens; nullopt: for ever.
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
