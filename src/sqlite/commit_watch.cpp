#include "src/sqlite/commit_watch.h"

#include <sys/inotify.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "src/base/file_watch.h"

namespace headwater::sqlite {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

// After a file event the commit becomes visible within the writer's sync, usually in under a
// millisecond. The pause between two checks grows from the first to the last of these; after that
// only file events count.
constexpr microseconds first_look{50};
constexpr microseconds last_look{20'000};
// Covers commits without a file event: network file systems, writers that map the file.
constexpr microseconds slow_look{500'000};
constexpr microseconds slow_look_without_inotify{5'000};

/// SQLite names the -wal after the file that a link leads to.
std::filesystem::path real_path(const std::string& path) {
  std::error_code unresolved;
  std::filesystem::path real = std::filesystem::canonical(path, unresolved);
  return unresolved ? std::filesystem::absolute(path) : real;
}

bool is_of(std::string_view database, std::string_view file) {
  if (!file.starts_with(database)) return false;
  file.remove_prefix(database.size());
  return file.empty() || file == "-wal" || file == "-shm" || file == "-journal";
}

/// Wakes when one of the database's files is written to or moved.
FileWatch watch_on(const std::filesystem::path& database) {
  return {
      database.parent_path(), IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM,
      [name = database.filename().string()](std::string_view file) { return is_of(name, file); }};
}

}  // namespace

struct CommitWatch::State {
  State(Database& watched, Statement version_statement)
      : database(watched),
        version(std::move(version_statement)),
        files(watch_on(real_path(database.path()))) {}

  /// -1 while another connection holds the file.
  Result<std::int64_t> look() {
    // A stop could not end a wait for a lock here; the next check comes soon enough.
    const Milliseconds busy = database.busy();
    database.set_busy(Milliseconds(0));
    auto row = version.step();
    database.set_busy(busy);
    if (!row) {
      if (row.error().remedy == Remedy::retry) return -1;
      return failed(row);
    }
    const std::int64_t found = version.integer(0);
    version.reset();
    return found;
  }

  Database& database;
  Statement version;
  FileWatch files;
  std::int64_t seen = -1;
};

CommitWatch::CommitWatch(std::unique_ptr<State> state) : state_(std::move(state)) {}
CommitWatch::CommitWatch(CommitWatch&&) noexcept = default;
CommitWatch& CommitWatch::operator=(CommitWatch&&) noexcept = default;
CommitWatch::~CommitWatch() = default;

Result<CommitWatch> CommitWatch::on(Database& database) {
  auto version = database.prepare("PRAGMA data_version");
  if (!version) return failed(version);
  return CommitWatch(std::make_unique<State>(database, std::move(*version)));
}

Result<bool> CommitWatch::wait(Milliseconds wait, std::stop_token stop) {
  State& state = *state_;
  const auto deadline = std::chrono::steady_clock::now() + wait;
  const microseconds slow = state.files.works() ? slow_look : slow_look_without_inotify;
  microseconds next_look = first_look;  // an event may have come between two calls
  for (;;) {
    auto version = state.look();
    if (!version) return failed(version);
    if (*version >= 0 && *version != state.seen) {
      state.seen = *version;
      return true;
    }
    if (state.database.files() != Files::in_place) return true;
    const nanoseconds left = deadline - std::chrono::steady_clock::now();
    if (stop.stop_requested() || left <= nanoseconds(0)) return false;
    const microseconds span = next_look > last_look ? slow : next_look;
    if (state.files.sleep(std::min<nanoseconds>(span, left), stop)) {
      next_look = first_look;
    } else if (next_look <= last_look) {
      next_look *= 2;
    }
  }
}

}  // namespace headwater::sqlite
