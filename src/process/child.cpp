#include "src/process/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "src/base/no_pipe_signal.h"

namespace headwater {
namespace {

struct Pipe {
  bool open() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
    return true;
  }
  Descriptor read{};
  Descriptor write{};
};

/// As exec() wants them.
std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (const std::string& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

Error cannot_start(const std::string& program, int reason) {
  return {.name = "process.cannot_start",
          .message = "cannot start " + program + ": " + std::strerror(reason),
          .next = "see whether it is there and may be run, and the limits: ulimit -a"};
}

constexpr Milliseconds patience_to_end{2'000};
constexpr std::size_t most_at_once = std::size_t{1} << 20U;

struct Descriptors {
  int in;
  int out;
  int err;
};

// Between fork and exec: only calls that are safe there, no memory from the heap.
[[noreturn]] void become(char* const* words, char* const* environment,
                         const Descriptors& descriptors, pid_t parent, int failed) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Only this process gets Ctrl-C at the terminal; it ends its children itself.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  if (::dup2(descriptors.in, 0) < 0 || ::dup2(descriptors.out, 1) < 0 ||
      ::dup2(descriptors.err, 2) < 0) {
    ::_exit(127);
  }
  ::execvpe(words[0], words, environment);
  const int reason = errno;
  (void)!::write(failed, &reason, sizeof reason);
  ::_exit(127);
}

}  // namespace

Result<Child> Child::start(const Start& start) {
  Pipe input;
  Pipe output;
  // Closed by a successful exec; gets its errno if it fails.
  Pipe failed;
  const bool own_rest = start.rest.empty();
  const int rest_now = start.reads == Reads::output ? STDERR_FILENO : STDOUT_FILENO;
  const Descriptor other(
      own_rest ? ::fcntl(rest_now, F_DUPFD_CLOEXEC, 3)
               : ::open(start.rest.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  const std::string& program = start.words.front();
  if (!other.is_open() || !input.open() || !output.open() || !failed.open()) {
    return fail(cannot_start(program, errno));
  }
  std::vector<std::string> environment = start.environment;
  for (char** own = environ; *own != nullptr; ++own) environment.emplace_back(*own);
  std::vector<char*> words = pointers(start.words);
  std::vector<char*> variables = pointers(environment);
  const bool reads_output = start.reads == Reads::output;
  const Descriptors descriptors{.in = input.read.get(),
                                .out = reads_output ? output.write.get() : other.get(),
                                .err = reads_output ? other.get() : output.write.get()};
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail(cannot_start(program, errno));
  if (pid == 0) become(words.data(), variables.data(), descriptors, parent, failed.write.get());
  failed.write = Descriptor();
  int reason = 0;
  const bool has_failed = ::read(failed.read.get(), &reason, sizeof reason) == sizeof reason;
  ::fcntl(output.read.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(input.write.get(), F_SETFL, O_NONBLOCK);
  Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  Child child(pid, std::move(input.write), std::move(output.read), std::move(process));
  if (has_failed) return fail(cannot_start(program, reason));
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      process_(std::move(other.process_)),
      partial_(std::move(other.partial_)),
      exit_code_(other.exit_code_) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(input_, other.input_);
  std::swap(output_, other.output_);
  std::swap(process_, other.process_);
  std::swap(partial_, other.partial_);
  std::swap(exit_code_, other.exit_code_);
  return *this;
}

Child::~Child() {
  if (pid_ < 0) return;
  signal(SIGKILL);
  reap();
}

std::vector<std::string> Child::lines() {
  std::vector<std::string> found;
  std::array<char, 65'536> buffer{};
  std::size_t most = most_at_once;
  while (output_.is_open() && most > 0) {
    const ssize_t got = ::read(output_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    if (got <= 0) {
      output_ = Descriptor();
      // It is ending, or has closed its output to go on in silence.
      if (!wait(patience_to_end)) signal(SIGKILL);
      reap();
      break;
    }
    partial_.append(buffer.data(), static_cast<std::size_t>(got));
    most -= std::min(most, static_cast<std::size_t>(got));
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
  // It leads a group of its own since before exec.
  if (pid_ >= 0 && !exit_code_) ::kill(-pid_, number);
}

void Child::close_input() { input_ = Descriptor(); }

std::optional<std::size_t> Child::write(std::string_view bytes) {
  const NoPipeSignal no_signal;
  for (;;) {
    const ssize_t taken = ::write(input_.get(), bytes.data(), bytes.size());
    if (taken >= 0) return static_cast<std::size_t>(taken);
    if (errno == EAGAIN) return 0;
    if (errno != EINTR) return std::nullopt;
  }
}

bool Child::wait(Milliseconds patience) {
  if (pid_ < 0 || exit_code_) return true;
  pollfd ended{process_.get(), POLLIN, 0};
  int changed = 0;
  do {
    changed = ::poll(&ended, 1, static_cast<int>(patience.count()));
  } while (changed < 0 && errno == EINTR);
  if (changed <= 0) return false;
  reap();
  return true;
}

void Child::reap() {
  if (pid_ < 0 || exit_code_) return;
  int status = 0;
  // What it has left behind would work beside its successor. Until it is reaped, its number is no
  // other group's.
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace headwater
