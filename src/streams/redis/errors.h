// What goes wrong with a Redis, in the words of Error.
#pragma once

#include <string>
#include <string_view>

#include "src/base/error.h"

namespace headwater::redis {

/// `server` is its name for people, in all of them.

/// Not there, not answering, or the way is broken.
[[nodiscard]] Error unavailable(const std::string& server, const std::string& why);
/// TLS did not come about.
[[nodiscard]] Error untrusted(const std::string& server, const std::string& why);
/// An error reply, by its first word: "OOM command not allowed ...".
[[nodiscard]] Error refused(const std::string& server, std::string_view reply);
/// The same of what answers a password: some servers repeat in it what they were sent.
[[nodiscard]] Error login_refused(const std::string& server, std::string_view reply);
/// What no repetition mends.
[[nodiscard]] Error hopeless(std::string name, std::string message, std::string next);

}  // namespace headwater::redis
