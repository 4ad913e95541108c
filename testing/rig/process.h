// A program that a test starts, stops, wakes and kills, by its own process id and no other.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {

/// How a process ended: `signal` is 0 if it left by itself, with `code`.
struct Exit {
  int code = 0;
  int signal = 0;
  bool operator==(const Exit&) const = default;
};

struct Command {
  std::vector<std::string> words;  ///< The program and its arguments.
  std::string folder{};            ///< Where it runs; empty: here.
  std::string output{};            ///< The file stdout is appended to; empty: one of its own.
  /// No file may grow beyond this many bytes: the disk is full as far as the program can tell.
  std::optional<std::uint64_t> file_limit{};
  /// Without root's right to override a file's permissions, so that they mean something to a test
  /// run as root.
  bool bound_by_permissions = false;
};

/// One child process. Killed and reaped on destruction, and killed by the system if the thread that
/// started it dies first. One thread.
class Process {
 public:
  explicit Process(const Command& command);
  ~Process();
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();

  void signal(int number) const;
  /// Raises or lowers what Command::file_limit set.
  void set_file_limit(std::uint64_t bytes) const;
  /// SIGSTOP; returns once it stands still (or has ended).
  void pause();
  void resume() const;
  /// SIGKILL; returns once it is gone.
  Exit kill();
  /// SIGTERM, then wait().
  std::optional<Exit> terminate();

  /// Blocks until the process ends; nothing if it does not within `deadline`. Negative: for ever.
  std::optional<Exit> wait(Milliseconds deadline = patience);
  /// Blocks until the process stands still because something stopped it; false if it ended, or did
  /// not within `deadline`.
  [[nodiscard]] bool wait_paused(Milliseconds deadline = patience);

  [[nodiscard]] std::string output() const;
  /// What it wrote to stderr.
  [[nodiscard]] std::string errors() const;
  /// Bytes of memory it had at its largest so far; 0 once it has ended.
  [[nodiscard]] std::uint64_t peak_memory() const;

 private:
  void take(Process& other);
  void end();
  void reap();

  pid_t pid_ = -1;
  int watch_ = -1;  // a pidfd: readable once the process has ended
  std::optional<Exit> exit_;
  std::string output_;
  std::string errors_;
  bool own_output_ = false;
};

/// Runs it to its end. Exit{-1, -1} if it does not end.
struct Outcome {
  Exit exit;
  std::string output;
  std::string errors;
};
[[nodiscard]] Outcome run(const Command& command, Milliseconds deadline = patience);

}  // namespace headwater::rig
