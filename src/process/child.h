// A process that this one starts; one of its outputs is read line by line.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/base/descriptor.h"
#include "src/base/error.h"

namespace headwater {

/// The destructor kills and reaps it, and whatever it has started in its process group. One thread.
/// Dies with the thread that started it.
class Child {
 public:
  enum class Reads { output, errors };

  struct Start {
    /// The program, which is looked for in PATH unless it has a slash, and its arguments.
    std::vector<std::string> words;
    Reads reads = Reads::output;
    /// The other output is appended to this file; empty: it stays this process' own.
    std::string rest{};
    /// "NAME=value", beside this process' environment.
    std::vector<std::string> environment{};
  };

  /// stdin is a pipe. Fails with stop, `process.cannot_start`.
  static Result<Child> start(const Start& start);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The descriptor to poll for lines; -1 once there can be no more.
  [[nodiscard]] int descriptor() const { return output_.get(); }
  /// Returns the whole lines so far, without waiting; a child that writes without end is cut off
  /// after a megabyte until the next call. Reaps the process once there can be no more.
  std::vector<std::string> lines();
  /// Bytes of a line without its end yet.
  [[nodiscard]] std::size_t unfinished() const { return partial_.size(); }

  /// The descriptor to poll for writing; -1 after close_input(). It does not block.
  [[nodiscard]] int input() const { return input_.get(); }
  /// Writes what the pipe takes, without waiting. Returns how much that was; nothing: the child has
  /// closed it.
  std::optional<std::size_t> write(std::string_view bytes);

  /// To it and to its process group.
  void signal(int number) const;
  /// A descriptor that polls as readable once it has ended.
  [[nodiscard]] int ended() const { return process_.get(); }
  void close_input();
  /// Blocks until it has ended, or `patience` is over; then returns false.
  [[nodiscard]] bool wait(Milliseconds patience);
  /// -1 if a signal ended it; nullopt while it may run.
  [[nodiscard]] std::optional<int> exit_code() const { return exit_code_; }

 private:
  Child(pid_t pid, Descriptor input, Descriptor output, Descriptor process)
      : pid_(pid),
        input_(std::move(input)),
        output_(std::move(output)),
        process_(std::move(process)) {}
  void reap();

  pid_t pid_ = -1;
  Descriptor input_;
  Descriptor output_;
  Descriptor process_;  // a pidfd
  std::string partial_;
  std::optional<int> exit_code_;
};

}  // namespace headwater
