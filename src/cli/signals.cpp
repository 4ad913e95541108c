#include "src/cli/signals.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <utility>

#include "src/cli/exit_code.h"
#include "src/cli/log.h"

namespace headwater::cli {
namespace {

itimerspec once_after(Milliseconds span) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
  const std::chrono::nanoseconds rest = span - seconds;
  return {.it_interval = {}, .it_value = {.tv_sec = seconds.count(), .tv_nsec = rest.count()}};
}

constexpr int interrupted = 128 + SIGINT;

}  // namespace

Signals::Signals(Log& log, SignalOptions options) : log_(log), options_(std::move(options)) {
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  hangups_are_ignored_ = hangup.sa_handler == SIG_IGN;  // NOLINT: the system's own cast
  sigset_t ours;
  ::sigemptyset(&ours);
  ::sigaddset(&ours, SIGINT);
  ::sigaddset(&ours, SIGTERM);
  ::sigaddset(&ours, SIGHUP);
  ::sigaddset(&ours, SIGUSR1);
  ::sigaddset(&ours, SIGUSR2);
  // A closed pipe is an error of write(), not the end of the process.
  ::sigaddset(&ours, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &ours, &before_);
  ::sigdelset(&ours, SIGPIPE);
  signals_ = Descriptor(::signalfd(-1, &ours, SFD_CLOEXEC));
  thread_ = std::thread([this] { wait_for_signals(); });
}

Signals::~Signals() {
  end_.signal();
  thread_.join();
  if (stopper_.joinable()) stopper_.join();
  // A pending SIGPIPE would be delivered now.
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  const timespec now{};
  while (::sigtimedwait(&pipe, nullptr, &now) > 0) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Signals::is_end(const signalfd_siginfo& info) {
  switch (info.ssi_signo) {
    case SIGUSR1:
    case SIGUSR2:
      log_.change_level(info.ssi_signo == SIGUSR1);
      return false;
    case SIGHUP:
      // The kernel sends it when the terminal is closed.
      if (info.ssi_code == SI_KERNEL || !options_.reload) return !hangups_are_ignored_;
      options_.reload();
      return false;
    default:
      return true;
  }
}

void Signals::wait_for_signals() {
  // poll() ignores a negative descriptor.
  int output = options_.watch_output ? STDOUT_FILENO : -1;
  const Descriptor grace(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  for (bool asked = false;;) {
    // A closed pipe shows as an error, which is always reported.
    pollfd waiting[] = {{signals_.get(), POLLIN, 0},
                        {end_.get(), POLLIN, 0},
                        {grace.get(), POLLIN, 0},
                        {output, 0, 0}};
    if (::poll(waiting, 4, -1) < 0) continue;  // EINTR
    if (waiting[1].revents != 0) return;
    if (waiting[2].revents != 0) ::_exit(ExitCode::done);
    if (waiting[3].revents != 0) {
      output = -1;
      request_stop();
    }
    if (waiting[0].revents == 0) continue;
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != sizeof info) continue;
    if (asked && info.ssi_signo == SIGINT) ::_exit(interrupted);
    if (!is_end(info) || asked) continue;
    asked = true;
    const itimerspec end = once_after(options_.grace);
    ::timerfd_settime(grace.get(), 0, &end, nullptr);
    request_stop();
  }
}

/// The callbacks of a stop may block on what is stuck, so they must not delay the deadline.
void Signals::request_stop() {
  if (stopper_.joinable()) return;
  stopper_ = std::thread([this] { stop_.request_stop(); });
}

}  // namespace headwater::cli
