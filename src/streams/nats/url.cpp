#include "src/streams/nats/url.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string_view>

#include "src/base/number_in.h"

namespace headwater::nats {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_port(std::string_view text) { return whole_number<std::uint16_t>(text).value_or(0) != 0; }

bool is_name(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
}

/// Colons of its own and, perhaps, a zone.
bool is_address_6(std::string_view host) {
  return host.find(':') != npos && std::ranges::all_of(host, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == ':' || c == '.' || c == '%';
         });
}

}  // namespace

bool is_url(const std::string& url) {
  std::string_view rest = url;
  if (const auto scheme = rest.find("://"); scheme != npos) {
    const auto name = rest.substr(0, scheme);
    if (name != "nats" && name != "tls") return false;
    rest.remove_prefix(scheme + 3);
  }
  // The last one: a password may have others.
  if (const auto at = rest.rfind('@'); at != npos) rest.remove_prefix(at + 1);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  std::size_t end = rest.rfind(':');
  if (rest.starts_with('[')) {
    const auto closing = rest.find(']');
    if (closing == npos || !is_address_6(rest.substr(1, closing - 1))) return false;
    end = closing + 1;
    return end == rest.size() || (rest[end] == ':' && is_port(rest.substr(end + 1)));
  }
  return is_name(rest.substr(0, end)) && (end == npos || is_port(rest.substr(end + 1)));
}

}  // namespace headwater::nats
