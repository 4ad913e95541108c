// Names of Kubernetes objects, from names that follow other rules.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace headwater::kubernetes {

/// Of a DNS label (RFC 1123), which the names of most objects have to be.
constexpr std::size_t longest_label = 63;

/// Lower-case letters, digits and '-', not at the ends.
[[nodiscard]] bool is_dns_label(std::string_view text);

/// `text` if it is a DNS label. Otherwise the nearest label and a hash of `text`, so that different
/// texts have different labels; also for a text that could be such a result. Begins with `text`'s
/// first letter or digit.
[[nodiscard]] std::string dns_label(std::string_view text);

/// Of the objects of a relay: "headwater-orders".
[[nodiscard]] std::string object_name(std::string_view relay);

/// The key of a file in a Secret: its name, with a hash of its path unless the name can be a key.
[[nodiscard]] std::string secret_key(std::string_view path);
/// The same, always with the hash.
[[nodiscard]] std::string hashed_secret_key(std::string_view path);

}  // namespace headwater::kubernetes
