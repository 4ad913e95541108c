#include "src/base/file_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstring>
#include <utility>

namespace headwater {

FileWatch::FileWatch(const std::string& path, std::uint32_t events, Concerns concerns)
    : concerns_(std::move(concerns)),
      events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      works_(events_.is_open() && ::inotify_add_watch(events_.get(), path.c_str(), events) >= 0) {}

bool FileWatch::sleep(std::chrono::nanoseconds longest, const std::stop_token& stop) {
  stopped_.drain();  // of the stop of an earlier call
  const std::stop_callback wake(stop, [this] { stopped_.signal(); });
  std::array<pollfd, 2> waits{{{.fd = stopped_.get(), .events = POLLIN, .revents = 0},
                               {.fd = events_.get(), .events = POLLIN, .revents = 0}}};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(longest);
  const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (longest - seconds).count()};
  if (::ppoll(waits.data(), works_ ? 2 : 1, &timeout, nullptr) <= 0) return false;
  return works_ && (waits[1].revents & POLLIN) != 0 && drain();
}

bool FileWatch::drain() {
  bool counts = false;
  alignas(inotify_event) std::array<char, 16 * (sizeof(inotify_event) + NAME_MAX + 1)> buffer{};
  for (;;) {
    const ssize_t size = ::read(events_.get(), buffer.data(), buffer.size());
    if (size <= 0) return counts;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof(event));
      const char* name = buffer.data() + at + sizeof(event);
      // An event about the path itself, or a lost one, has no name.
      counts = counts || event.len == 0 || !concerns_ ||
               concerns_(std::string_view(name, ::strnlen(name, event.len)));
      at += sizeof(event) + event.len;
    }
  }
}

}  // namespace headwater
