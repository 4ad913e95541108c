// What may stand as an address of a server.
#pragma once

#include <string>

namespace headwater::nats {

/// "nats://host:4222", "tls://user:password@host", "host", "[::1]:4222". What cnats cannot use, it
/// would only tell when it connects, and show parts of.
[[nodiscard]] bool is_url(const std::string& url);

}  // namespace headwater::nats
