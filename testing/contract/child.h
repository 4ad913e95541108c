// A program run by a test: what it prints is read, and it is killed and waited for at the latest
// when this goes away.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace headwater::testing {

class Child {
 public:
  /// command[0] is the program's path. Its standard output is read here; its errors go to the
  /// test's.
  explicit Child(const std::vector<std::string>& command);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  /// Blocks. None: the program has closed its output.
  std::optional<std::string> line();
  void signal(int number) const;
  /// Blocks until it has ended: its exit code, or minus the signal that ended it.
  int wait();

 private:
  pid_t process_ = -1;
  int output_ = -1;
  std::string read_;
};

}  // namespace headwater::testing
