#include "src/streams/kafka/wake.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace headwater::kafka {

Wake::Wake() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
Wake::~Wake() { ::close(fd_); }

void Wake::signal() const {
  const std::uint64_t one = 1;
  // Full means that it is awake.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void Wake::drain() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto taken = ::read(fd_, &count, sizeof count);
}

void Wake::wait(int milliseconds) const {
  pollfd one{.fd = fd_, .events = POLLIN, .revents = 0};
  ::poll(&one, 1, milliseconds);
}

}  // namespace headwater::kafka
