// Wakes a reader when another connection, in any process, commits to a SQLite database.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Watches the database's files by inotify and confirms by `PRAGMA data_version` on the reader's
/// own connection (3 us). A writer touches its -wal before readers can see the commit (it syncs,
/// then updates the shared index, which no file event shows), so after a file event it checks the
/// version again at growing intervals for a short time. A slow check in addition covers file
/// systems without inotify. One thread.
class CommitWatch {
 public:
  /// `database` must outlive the watch and be used by the same thread.
  static Result<CommitWatch> on(Database& database);

  /// Blocks until the database has changed since the last call that returned true (the first call
  /// returns true at once), until its files are no longer in place (true, each time), until `wait`
  /// is over, or until `stop` is requested.
  Result<bool> wait(Milliseconds wait, std::stop_token stop);

  CommitWatch(CommitWatch&&) noexcept;
  CommitWatch& operator=(CommitWatch&&) noexcept;
  ~CommitWatch();

 private:
  struct State;
  explicit CommitWatch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace headwater::sqlite
