// The errors of a Redis, as Error.
#pragma once

#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/streams/shared/errors.h"

namespace headwater::redis {

/// In all of them, `server` is its name in the message.

/// It is down or does not answer, or the connection is broken.
[[nodiscard]] Error unavailable(const std::string& server, const std::string& why);
/// The TLS handshake failed.
[[nodiscard]] Error untrusted(const std::string& server, const std::string& why);
/// What a network::Transport says of the way to it.
[[nodiscard]] Error broken(const std::string& server, const Error& error);
/// An error reply, by its first word: "OOM command not allowed ...".
[[nodiscard]] Error refused(const std::string& server, std::string_view reply);
/// The same for the reply to a password, which some servers repeat in it.
[[nodiscard]] Error login_refused(const std::string& server, std::string_view reply);
using streams::hopeless;

}  // namespace headwater::redis
