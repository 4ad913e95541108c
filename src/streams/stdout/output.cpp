#include "src/streams/stdout/output.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

#include "src/base/no_pipe_signal.h"
#include "src/streams/shared/errors.h"

namespace headwater::stdout_stream {
namespace {

using Known = streams::Known<int>;

constexpr const char* let_write = "give this user write permission for it and its folder: ls -ld ";
constexpr const char* look_at_path = "check the path: ls -ld ";

/// A `next` that ends with a blank goes on with the name of what was written to.
constexpr std::array known_codes{
    Known{EPIPE, Remedy::stop, "stream.broken_pipe",
          "start both again; events that were not acknowledged are repeated"},
    Known{ENOSPC, Remedy::retry, "stream.disk_full", "free disk space: df -h"},
    Known{EDQUOT, Remedy::retry, "stream.disk_full", "free disk space: df -h"},
    Known{EIO, Remedy::retry, "stream.io_error", ""},
    Known{EINTR, Remedy::retry, "stream.io_error", ""},
    Known{ENOMEM, Remedy::retry, "stream.io_error", ""},
    Known{EMFILE, Remedy::retry, "stream.io_error", ""},
    Known{ENFILE, Remedy::retry, "stream.io_error", ""},
    Known{EACCES, Remedy::stop, "stream.read_only", let_write},
    Known{EPERM, Remedy::stop, "stream.read_only", let_write},
    Known{EROFS, Remedy::stop, "stream.read_only", let_write},
    Known{EBADF, Remedy::stop, "stream.cannot_open", look_at_path},
    Known{ENOENT, Remedy::stop, "stream.cannot_open", look_at_path},
    Known{ENOTDIR, Remedy::stop, "stream.cannot_open", look_at_path},
};

}  // namespace

Error output_error(int code, const std::string& where) {
  const std::string message = where + ": " +
                              (code == EPIPE ? "the program that read it has ended"
                                             : std::generic_category().message(code));
  const auto* row = find_code(known_codes, code);
  if (row == nullptr) return streams::hopeless("stream.io_error", message, "");
  Error error = row->error(message);
  if (error.next.ends_with(' ')) error.next += where;
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
