#include "src/streams/stdout/output.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

namespace headwater::stdout_stream {
namespace {

/// While one exists, this thread gets no SIGPIPE.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigset_t pending;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;
  ~NoPipeSignal() {
    // A pending SIGPIPE of the write would arrive as soon as it is unblocked.
    const timespec at_once{};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

Remedy remedy_of(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EIO:
    case EINTR:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return Remedy::retry;
    default:
      return Remedy::stop;
  }
}

}  // namespace

Error output_error(int code, const std::string& where) {
  Error error{.remedy = remedy_of(code),
              .origin = Origin::stream,
              .name = "stream.io_error",
              .message = where + ": " + std::generic_category().message(code)};
  if (code == EPIPE) {
    error.name = "stream.broken_pipe";
    error.message = where + ": the program that read it has ended";
    error.next = "start both again; events that were not acknowledged are repeated";
  } else if (code == ENOSPC || code == EDQUOT) {
    error.name = "stream.disk_full";
    error.next = "free disk space: df -h";
  } else if (code == EACCES || code == EPERM || code == EROFS) {
    error.name = "stream.read_only";
    error.next = "give this user write permission for " + where + " and its folder";
  } else if (code == EBADF || code == ENOENT || code == ENOTDIR) {
    error.name = "stream.cannot_open";
    error.next = "check the path: ls -ld " + where;
  }
  return error;
}

Result<void> write_all(int descriptor, std::string_view bytes, const std::string& where) {
  const NoPipeSignal guard;
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // The descriptor is non-blocking, maybe because it is shared with a terminal.
      pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return fail(output_error(errno, where));
    }
  }
  return {};
}

}  // namespace headwater::stdout_stream
