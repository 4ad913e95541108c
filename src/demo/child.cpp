#include "src/demo/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace headwater::demo {
namespace {

void close_if_open(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

Error cannot_start(const std::string& program) {
  return {.name = "demo.cannot_start",
          .message = "cannot start " + program + ": " + std::strerror(errno),
          .next = "raise the limits of processes and files: ulimit -a"};
}

struct Descriptors {
  int in;
  int out;
  int err;
};

// Between fork and exec: only calls that are safe there, no memory from the heap.
[[noreturn]] void become(char* const* words, const Descriptors& descriptors, pid_t parent) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Only the demo gets Ctrl-C at the terminal; it ends its processes itself.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  if (::dup2(descriptors.in, 0) < 0 || ::dup2(descriptors.out, 1) < 0 ||
      ::dup2(descriptors.err, 2) < 0) {
    ::_exit(127);
  }
  ::execv(words[0], words);
  ::_exit(127);
}

}  // namespace

Result<Child> Child::start(const std::vector<std::string>& words, Reads reads,
                           const std::string& rest) {
  std::array<int, 2> input{-1, -1};
  std::array<int, 2> output{-1, -1};
  int other = ::open(rest.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const bool ready =
      other >= 0 && ::pipe2(input.data(), O_CLOEXEC) == 0 && ::pipe2(output.data(), O_CLOEXEC) == 0;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const Descriptors descriptors{.in = input[0],
                                .out = reads == Reads::output ? output[1] : other,
                                .err = reads == Reads::errors ? output[1] : other};
  const pid_t parent = ::getpid();
  const pid_t pid = ready ? ::fork() : -1;
  if (pid == 0) become(arguments.data(), descriptors, parent);
  const Error error = cannot_start(words.front());
  close_if_open(other);
  close_if_open(input[0]);
  close_if_open(output[1]);
  if (pid < 0) {
    close_if_open(input[1]);
    close_if_open(output[0]);
    return fail(error);
  }
  ::fcntl(output[0], F_SETFL, O_NONBLOCK);
  return Child(pid, input[1], output[0]);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)),
      partial_(std::move(other.partial_)),
      exit_code_(other.exit_code_) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(input_, other.input_);
  std::swap(output_, other.output_);
  std::swap(partial_, other.partial_);
  std::swap(exit_code_, other.exit_code_);
  return *this;
}

Child::~Child() {
  if (pid_ < 0) return;
  signal(SIGKILL);
  close_if_open(input_);
  close_if_open(output_);
  reap();
}

std::vector<std::string> Child::lines() {
  std::vector<std::string> found;
  std::array<char, 65'536> buffer{};
  while (output_ >= 0) {
    const ssize_t got = ::read(output_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    if (got <= 0) {
      close_if_open(output_);
      reap();
      break;
    }
    partial_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = partial_.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    found.push_back(partial_.substr(begin, end - begin));
  }
  partial_.erase(0, begin);
  return found;
}

void Child::signal(int number) const {
  if (pid_ >= 0 && !exit_code_) ::kill(pid_, number);
}

void Child::close_input() { close_if_open(input_); }

void Child::reap() {
  if (pid_ < 0 || exit_code_) return;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace headwater::demo
