// Where a server is, as a URL says it behind its scheme.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

namespace headwater {

/// "LOGIN@HOST:PORT/PATH". Views of the text it was taken from.
struct Address {
  std::string_view login{};
  std::string_view host{};  ///< Without the brackets of "[::1]", and so with colons.
  std::optional<std::uint16_t> port{};
  std::string_view path{};
};

/// Only the host has to be there. The error is what is wrong, with no part of the text: "does not
/// name a host".
[[nodiscard]] tl::expected<Address, const char*> split_address(std::string_view text);

}  // namespace headwater
