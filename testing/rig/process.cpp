#include "testing/rig/process.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

std::string make_file() {
  std::string name = std::filesystem::temp_directory_path() / "headwater-output-XXXXXX";
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) {
    std::perror(name.c_str());
    std::abort();
  }
  ::close(file);
  return name;
}

// Runs in the child between fork and exec, where only async-signal-safe calls are allowed, and no
// heap memory.
[[noreturn]] void become(const Command& command, char* const* words, const char* output,
                         const char* errors, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died before prctl()
  const int out = ::open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const int err = ::open(errors, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(err, 2) < 0) ::_exit(127);
  if (!command.folder.empty() && ::chdir(command.folder.c_str()) != 0) ::_exit(127);
  if (command.file_limit) {
    // Only the soft limit, which set_file_limit() can raise again.
    const rlimit limit{.rlim_cur = *command.file_limit, .rlim_max = RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, SIG_IGN);  // so that a write beyond the limit fails with EFBIG
  }
  if (command.bound_by_permissions) {
    ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);
    ::prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH);
  }
  ::execv(words[0], words);
  ::_exit(127);
}

}  // namespace

Process::Process(const Command& command)
    : output_(command.output.empty() ? make_file() : command.output),
      errors_(make_file()),
      own_output_(command.output.empty()) {
  std::vector<char*> words;
  words.reserve(command.words.size() + 1);
  for (const std::string& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(command, words.data(), output_.c_str(), errors_.c_str(), parent);
  if (pid_ > 0) watch_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (watch_ < 0) {
    std::perror("starting a process");
    std::abort();
  }
}

Process::~Process() { end(); }

Process::Process(Process&& other) noexcept { take(other); }

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    end();
    take(other);
  }
  return *this;
}

void Process::take(Process& other) {
  pid_ = std::exchange(other.pid_, -1);
  watch_ = std::exchange(other.watch_, -1);
  exit_ = other.exit_;
  output_ = std::exchange(other.output_, {});
  errors_ = std::exchange(other.errors_, {});
  own_output_ = other.own_output_;
}

void Process::end() {
  if (pid_ < 0) return;
  kill();
  ::close(watch_);
  if (own_output_) ::unlink(output_.c_str());
  ::unlink(errors_.c_str());
}

bool Process::running() { return !wait(Milliseconds(0)); }

void Process::signal(int number) const {
  if (!exit_) ::kill(pid_, number);
}

void Process::set_file_limit(std::uint64_t bytes) const {
  const rlimit limit{.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};
  ::prlimit(pid_, RLIMIT_FSIZE, &limit, nullptr);
}

void Process::pause() {
  signal(SIGSTOP);
  siginfo_t info{};
  if (!exit_) ::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT);
}

void Process::resume() const { signal(SIGCONT); }

Exit Process::kill() {
  signal(SIGKILL);
  return wait(Milliseconds(-1)).value_or(Exit{});
}

std::optional<Exit> Process::terminate() {
  signal(SIGTERM);
  return wait();
}

std::optional<Exit> Process::wait(Milliseconds deadline) {
  if (exit_) return exit_;
  pollfd ended{.fd = watch_, .events = POLLIN, .revents = 0};
  const int found = ::poll(&ended, 1, static_cast<int>(deadline.count()));
  if (found > 0) reap();
  return exit_;
}

void Process::reap() {
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return;
  exit_ = WIFSIGNALED(status) ? Exit{.code = 0, .signal = WTERMSIG(status)}
                              : Exit{.code = WEXITSTATUS(status), .signal = 0};
}

bool Process::wait_paused(Milliseconds deadline) {
  bool paused = false;
  const auto settled = [&] {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT | WNOHANG);
    paused = info.si_pid == pid_ && info.si_code == CLD_STOPPED;
    return info.si_pid == pid_;
  };
  return !exit_ && wait_until(settled, deadline) && paused;
}

std::string Process::output() const { return contents(output_); }
std::string Process::errors() const { return contents(errors_); }

std::uint64_t Process::peak_memory() const {
  const std::string status = contents("/proc/" + std::to_string(pid_) + "/status");
  const auto at = status.find("VmHWM:");
  if (at == std::string::npos) return 0;
  return std::strtoull(status.c_str() + at + 6, nullptr, 10) * 1024;
}

Outcome run(const Command& command, Milliseconds deadline) {
  Process process(command);
  const auto exit = process.wait(deadline);
  return {.exit = exit.value_or(Exit{.code = -1, .signal = -1}),
          .output = process.output(),
          .errors = process.errors()};
}

}  // namespace headwater::rig
