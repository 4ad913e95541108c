#include "src/cli/log_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace headwater::cli {
namespace {

constexpr std::size_t most_held = std::size_t{256} << 10U;
constexpr int last_patience_ms = 500;

bool is_ready(int descriptor, int wait_ms) {
  pollfd waiting{.fd = descriptor, .events = POLLOUT, .revents = 0};
  return ::poll(&waiting, 1, wait_ms) > 0;
}

}  // namespace

LogOutput::LogOutput(int descriptor) : given_(descriptor) {
  struct stat what {};
  if (::fstat(given_, &what) != 0 || S_ISREG(what.st_mode)) return;
  kind_ = S_ISSOCK(what.st_mode) ? Kind::socket : Kind::pipe;
  if (kind_ == Kind::socket) return;
  // O_NONBLOCK on the given descriptor would affect every other process that shares it.
  const std::string path = "/proc/self/fd/" + std::to_string(given_);
  own_ = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

LogOutput::~LogOutput() {
  flush();
  while (!held_.empty() && is_ready(given_, last_patience_ms)) flush();
  if (own_ >= 0) ::close(own_);
}

void LogOutput::put(std::string_view lines) {
  flush();
  if (held_.size() + lines.size() > most_held) return drop(lines);
  held_ += lines;
  flush();
}

void LogOutput::flush() {
  while (!held_.empty()) {
    const long written = write_some();
    if (written > 0) {
      held_.erase(0, static_cast<std::size_t>(written));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    // It accepts no more, like a full disk or a pipe that nobody reads.
    drop(held_);
    held_.clear();
  }
}

/// As ::write() does.
long LogOutput::write_some() {
  if (kind_ == Kind::socket) {
    return ::send(given_, held_.data(), held_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  if (own_ >= 0) return ::write(own_, held_.data(), held_.size());
  if (kind_ == Kind::file) return ::write(given_, held_.data(), held_.size());
  if (!is_ready(given_, 0)) {
    errno = EAGAIN;
    return -1;
  }
  // A pipe that is ready accepts this much without waiting.
  return ::write(given_, held_.data(), std::min<std::size_t>(held_.size(), PIPE_BUF));
}

void LogOutput::drop(std::string_view lines) {
  dropped_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

std::uint64_t LogOutput::take_dropped() {
  flush();
  if (held_.size() > most_held / 2) return 0;
  return std::exchange(dropped_, 0);
}

}  // namespace headwater::cli
