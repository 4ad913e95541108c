// What an address in a configuration says without being resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headwater::kubernetes {

/// Stands for a ${NAME} or ${file:PATH} in a text; nobody writes this character into a configuration.
constexpr char unknown_part = '\x01';

/// `written` with `unknown_part` for each ${NAME} and ${file:PATH}.
[[nodiscard]] std::string masked(const std::string& written);

/// What an address says before the '@', without the scheme: "user:password". Empty: nothing.
[[nodiscard]] std::string_view login_of(std::string_view address);

/// The ports of the servers in a masked address: a URL, a connection string, or "host:port" several
/// times with commas. Nothing if one of them does not name its port.
[[nodiscard]] std::optional<std::vector<std::uint16_t>> ports_of(std::string_view address);

}  // namespace headwater::kubernetes
