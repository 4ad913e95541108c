// Which names a consumer may have, the same on the command line, in the library and over HTTP.
#pragma once

#include <cstddef>
#include <string_view>

namespace headwater {

/// In bytes. The name becomes a part of names whose length streams limit.
inline constexpr std::size_t longest_consumer_name = 200;

/// Databases and streams end a text at NUL, or refuse it.
[[nodiscard]] constexpr bool is_consumer_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_consumer_name &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace headwater
