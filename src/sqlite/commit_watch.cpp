#include "src/sqlite/commit_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "src/base/descriptor.h"
#include "src/base/wake.h"

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

}  // namespace

struct CommitWatch::State {
  State(Database& watched, Statement version_statement)
      : database(watched),
        version(std::move(version_statement)),
        events(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    // SQLite names the -wal after the file that a link leads to.
    std::error_code unresolved;
    std::filesystem::path path = std::filesystem::canonical(database.path(), unresolved);
    if (unresolved) path = std::filesystem::absolute(database.path());
    name = path.filename().string();
    watching = events.get() >= 0 && ::inotify_add_watch(events.get(), path.parent_path().c_str(),
                                                        IN_MODIFY | IN_CREATE | IN_DELETE |
                                                            IN_MOVED_TO | IN_MOVED_FROM) >= 0;
  }

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

  /// Sleeps until a file event, a stop or the end of `span`. Returns true if one of the database's
  /// files was moved.
  bool sleep(nanoseconds span) {
    std::array<pollfd, 2> waits{{{.fd = stopped.get(), .events = POLLIN, .revents = 0},
                                 {.fd = events.get(), .events = POLLIN, .revents = 0}}};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
    const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (span - seconds).count()};
    if (::ppoll(waits.data(), watching ? 2 : 1, &timeout, nullptr) <= 0) return false;
    return watching && (waits[1].revents & POLLIN) != 0 && drain();
  }

  bool drain() {
    bool ours = false;
    alignas(inotify_event) std::array<char, 16 * (sizeof(inotify_event) + NAME_MAX + 1)> buffer{};
    for (;;) {
      const ssize_t size = ::read(events.get(), buffer.data(), buffer.size());
      if (size <= 0) return ours;
      for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
        inotify_event event{};
        std::memcpy(&event, buffer.data() + at, sizeof(event));
        const char* of = buffer.data() + at + sizeof(event);
        ours = ours || event.len == 0 || is_ours(std::string_view(of, ::strnlen(of, event.len)));
        at += sizeof(event) + event.len;
      }
    }
  }

  [[nodiscard]] bool is_ours(std::string_view file) const {
    if (!file.starts_with(name)) return false;
    file.remove_prefix(name.size());
    return file.empty() || file == "-wal" || file == "-shm" || file == "-journal";
  }

  Database& database;
  Statement version;
  Descriptor events;
  Wake stopped;
  std::string name;
  bool watching = false;
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
  state.stopped.drain();  // of the stop of an earlier call
  const std::stop_callback wake(stop, [&state] { state.stopped.signal(); });
  const auto deadline = std::chrono::steady_clock::now() + wait;
  const microseconds slow = state.watching ? slow_look : slow_look_without_inotify;
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
    if (state.sleep(std::min<nanoseconds>(span, left))) {
      next_look = first_look;
    } else if (next_look <= last_look) {
      next_look *= 2;
    }
  }
}

}  // namespace headwater::sqlite
