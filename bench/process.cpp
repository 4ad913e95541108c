#include "bench/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace headwater::bench {
namespace {

/// Resets the peak memory of this process, because a child's peak starts at that of its parent.
void forget_own_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

std::string last_lines(const std::filesystem::path& file) {
  constexpr std::size_t kept = 1000;
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  const std::string text = out.str();
  return text.size() > kept ? text.substr(text.size() - kept) : text;
}

}  // namespace

Error bench_error(const std::string& message) {
  return Error{.name = "bench.failed", .message = message};
}

Result<Process> Process::start(const std::filesystem::path& program,
                               const std::vector<std::string>& arguments,
                               const std::filesystem::path& log) {
  std::string name = program.string();
  std::vector<std::string> copies = arguments;
  std::vector<char*> words{name.data()};
  for (auto& copy : copies) words.push_back(copy.data());
  words.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  forget_own_peak();
  pid_t id = 0;
  const int code = posix_spawn(&id, name.c_str(), &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) return fail(bench_error("cannot start " + name + ": " + std::strerror(code)));
  return Process(id, log);
}

Process::Process(Process&& other) noexcept
    : id_(std::exchange(other.id_, 0)), log_(std::move(other.log_)) {}

Process::~Process() {
  if (id_ == 0) return;
  kill(id_, SIGKILL);
  waitpid(id_, nullptr, 0);
}

Result<Ended> Process::wait() {
  int status = 0;
  rusage usage{};
  if (wait4(std::exchange(id_, 0), &status, 0, &usage) < 0) {
    return fail(bench_error(std::string("cannot wait for a child: ") + std::strerror(errno)));
  }
  Ended ended;
  ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended.peak_mebibytes = static_cast<double>(usage.ru_maxrss) / 1024;
  if (ended.exit_code != 0) {
    return fail(bench_error("a child ended with " + std::to_string(ended.exit_code) +
                            "; it said:\n" + last_lines(log_)));
  }
  return ended;
}

Result<Ended> Process::stop() {
  kill(id_, SIGTERM);
  return wait();
}

Result<double> Process::processor_seconds() const {
  auto seconds = bench::processor_seconds(id_);
  if (seconds) return seconds;
  return fail(bench_error("the relay has ended:\n" + last_lines(log_)));
}

Result<double> processor_seconds(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(in, line);
  // The name, in brackets, may contain blanks. So the fields are counted after it: utime and stime,
  // the 14th and 15th of the line, are the 12th and 13th from there.
  const auto bracket = line.rfind(')');
  if (bracket == std::string::npos) {
    return fail(bench_error("process " + std::to_string(process) + " is gone"));
  }
  std::istringstream fields(line.substr(bracket + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

Result<Ended> run(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                  const std::filesystem::path& log) {
  auto process = Process::start(program, arguments, log);
  if (!process) return failed(process);
  return process->wait();
}

}  // namespace headwater::bench
