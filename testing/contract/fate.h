// When a child process kills itself.
#pragma once

#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

namespace headwater::testing {

/// Counts steps, and kills the process at one of them or shortly after it. 0 steps: never.
class Fate {
 public:
  Fate(std::uint64_t steps, long microseconds) : left_(steps), microseconds_(microseconds) {}

  void step() {
    if (left_ == 0 || --left_ > 0) return;
    if (microseconds_ == 0) die();
    std::signal(SIGALRM, [](int) { die(); });
    const itimerval after{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = microseconds_}};
    ::setitimer(ITIMER_REAL, &after, nullptr);
  }

 private:
  static void die() { ::kill(::getpid(), SIGKILL); }

  std::uint64_t left_;
  long microseconds_;
};

}  // namespace headwater::testing
