// A child process that a test starts, pauses, resumes and kills.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {

/// How a process ended: by `signal`, or by itself with `code` if `signal` is 0.
struct Exit {
  int code = 0;
  int signal = 0;
  bool operator==(const Exit&) const = default;
};

struct Command {
  std::vector<std::string> words;  ///< The program and its arguments.
  std::string folder{};            ///< Its working directory; empty: that of the test.
  std::string output{};            ///< The file to append stdout to; empty: a new one.
  /// No file may grow beyond this size. To the program, the disk looks full.
  std::optional<std::uint64_t> file_limit{};
  /// Drops root's right to ignore file permissions, so that they also apply in tests run as root.
  bool bound_by_permissions = false;
};

/// A child process. The destructor kills and reaps it. The system kills it if the thread that
/// started it ends first. One thread.
class Process {
 public:
  explicit Process(const Command& command);
  ~Process();
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();

  void signal(int number) const;
  /// Changes Command::file_limit.
  void set_file_limit(std::uint64_t bytes) const;
  /// SIGSTOP. Returns once the process is stopped or has ended.
  void pause();
  void resume() const;
  /// SIGKILL. Returns once the process has ended.
  Exit kill();
  /// SIGTERM, then wait().
  std::optional<Exit> terminate();

  /// Blocks until the process ends. nullopt if that takes longer than `deadline`; negative: no
  /// limit.
  std::optional<Exit> wait(Milliseconds deadline = patience);
  /// Blocks until a signal has stopped the process. Returns false if it ended, or if `deadline`
  /// passed.
  [[nodiscard]] bool wait_paused(Milliseconds deadline = patience);

  [[nodiscard]] std::string output() const;
  /// What it wrote to stderr.
  [[nodiscard]] std::string errors() const;
  /// Peak resident memory so far, in bytes; 0 once it has ended.
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

/// Runs a command to its end. The exit is {-1, -1} if it does not end in time.
struct Outcome {
  Exit exit;
  std::string output;
  std::string errors;
};
[[nodiscard]] Outcome run(const Command& command, Milliseconds deadline = patience);

}  // namespace headwater::rig
