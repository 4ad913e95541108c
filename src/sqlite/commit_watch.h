// Wakes a reader when another connection, in any process, has committed to a SQLite database.
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
/// then updates the shared index, which no file event shows), so after a file event the version is
/// looked at again at rising intervals for a little while. A slow look besides covers file systems
/// without inotify. One thread.
class CommitWatch {
 public:
  /// `database` must outlive the watch and be used by the same thread.
  static Result<CommitWatch> on(Database& database);

  /// Blocks until the database has changed since the last call that gave true (the first call gives
  /// true at once), until its files are no longer in their place (true, each time), until `wait` is
  /// over, or until `stop` is requested.
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
