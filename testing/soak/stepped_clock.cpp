// A library that a relay is started with (LD_PRELOAD). The relay's wall clock is the machine's plus
// an offset, which the file in HEADWATER_CLOCK holds in nanoseconds and which may change at any time.
// The monotonic clock is left alone.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t second = 1'000'000'000;
/// As long as a wait may overlook that the clock was stepped.
constexpr std::int64_t slice = second / 20;

const std::atomic<std::int64_t>* mapped() {
  const char* path = std::getenv("HEADWATER_CLOCK");
  const int file = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* memory = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<const std::atomic<std::int64_t>*>(memory);
}

std::int64_t offset() {
  static const std::atomic<std::int64_t>* const shared = mapped();
  return shared == nullptr ? 0 : shared->load();
}

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * second + time.tv_nsec; }
timespec time_of(std::int64_t nanoseconds) {
  return {.tv_sec = nanoseconds / second, .tv_nsec = nanoseconds % second};
}

/// Asks the system, because the C library's function is the one below.
std::int64_t machine_time() {
  timespec time{};
  ::syscall(SYS_clock_gettime, CLOCK_REALTIME, &time);
  return nanoseconds(time);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto code = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    *time = time_of(nanoseconds(*time) + offset());
  }
  return code;
}

int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  const std::int64_t now = machine_time() + offset();
  time->tv_sec = now / second;
  time->tv_usec = now % second / 1000;
  return 0;
}

time_t time(time_t* time) noexcept {
  const time_t now = (machine_time() + offset()) / second;
  if (time != nullptr) *time = now;
  return now;
}

/// Waits until a time by the stepped clock, as the system does when its own clock is stepped.
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* end) {
  using Wait = int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*);
  static const auto wait = reinterpret_cast<Wait>(::dlsym(RTLD_NEXT, "pthread_cond_timedwait"));
  // A condition may have the monotonic clock, which counts from the start of the machine.
  constexpr std::time_t earliest = 1'000'000'000;
  if (end->tv_sec < earliest) return wait(condition, mutex, end);
  for (;;) {
    const std::int64_t now = machine_time();
    const std::int64_t left = nanoseconds(*end) - (now + offset());
    if (left <= 0) return ETIMEDOUT;
    const timespec until = time_of(now + std::min(left, slice));
    const int code = wait(condition, mutex, &until);
    if (code != ETIMEDOUT) return code;
  }
}
}
