#include "testing/contract/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace headwater::testing {

Child::Child(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  std::vector<std::string> copy = command;
  for (std::string& each : copy) arguments.push_back(each.data());
  arguments.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  if (::posix_spawn(&process_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) {
    process_ = -1;
  }
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  output_ = ends[0];
}

Child::Child(Child&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      output_(std::exchange(other.output_, -1)),
      read_(std::move(other.read_)) {}

Child::~Child() {
  if (process_ > 0) {
    signal(SIGKILL);
    wait();
  }
  if (output_ >= 0) ::close(output_);
}

std::optional<std::string> Child::line() {
  for (;;) {
    if (const auto end = read_.find('\n'); end != std::string::npos) {
      std::string found = read_.substr(0, end);
      read_.erase(0, end + 1);
      return found;
    }
    std::array<char, 4096> buffer{};
    const ssize_t size = ::read(output_, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return std::nullopt;
    read_.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

void Child::signal(int number) const {
  if (process_ > 0) ::kill(process_, number);
}

int Child::wait() {
  int status = 0;
  if (process_ <= 0) return 127;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace headwater::testing
