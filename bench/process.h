// The real program, run as a child.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "src/base/error.h"

namespace headwater::bench {

/// How a child ended.
struct Ended {
  int exit_code = 0;          ///< 128 + the signal for one that was killed.
  double peak_mebibytes = 0;  ///< Its peak resident memory.
};

/// The destructor kills the child. One thread.
class Process {
 public:
  /// `log` gets the output of the child.
  static Result<Process> start(const std::filesystem::path& program,
                               const std::vector<std::string>& arguments,
                               const std::filesystem::path& log);

  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();

  /// Blocks until the child ends. Fails unless its exit code is 0.
  Result<Ended> wait();
  /// SIGTERM, then wait().
  Result<Ended> stop();
  /// processor_seconds() of the child.
  [[nodiscard]] Result<double> processor_seconds() const;

 private:
  Process(pid_t id, std::filesystem::path log) : id_(id), log_(std::move(log)) {}

  pid_t id_ = 0;
  std::filesystem::path log_;
};

/// Runs a program to its end. Fails unless its exit code is 0.
Result<Ended> run(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                  const std::filesystem::path& log);

/// The processor time of a process so far, user and system, in seconds.
[[nodiscard]] Result<double> processor_seconds(pid_t process);

/// A failure of the measurement itself.
[[nodiscard]] Error bench_error(const std::string& message);

}  // namespace headwater::bench
