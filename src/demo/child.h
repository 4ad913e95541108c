// A process that the demo starts; one of its outputs is read line by line.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"

namespace headwater::demo {

/// The destructor kills and reaps it. One thread. Dies with the thread that started it.
class Child {
 public:
  enum class Reads { output, errors };

  /// The other output is appended to the file `rest`. stdin is a pipe that close_input() closes.
  static Result<Child> start(const std::vector<std::string>& words, Reads reads,
                             const std::string& rest);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The descriptor to poll for lines; -1 once there can be no more.
  [[nodiscard]] int descriptor() const { return output_; }
  /// Returns the whole lines so far, without waiting. Reaps the process once there can be no more.
  std::vector<std::string> lines();

  void signal(int number) const;
  void close_input();
  /// -1 if a signal ended it; nullopt while it may run.
  [[nodiscard]] std::optional<int> exit_code() const { return exit_code_; }

 private:
  Child(pid_t pid, int input, int output) : pid_(pid), input_(input), output_(output) {}
  void reap();

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string partial_;
  std::optional<int> exit_code_;
};

}  // namespace headwater::demo
