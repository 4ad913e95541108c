#include "src/base/address.h"

#include <algorithm>

#include "src/base/number_in.h"

namespace headwater {
namespace {

constexpr auto npos = std::string_view::npos;

/// Takes what stands before `end` off the text, and `size` bytes from there on.
std::string_view take(std::string_view& text, std::size_t end, std::size_t size) {
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), taken.size() + size));
  return taken;
}

tl::unexpected<const char*> wrong(const char* why) { return tl::unexpected<const char*>(why); }

}  // namespace

tl::expected<Address, const char*> split_address(std::string_view text) {
  Address found;
  // The last one, because a substituted password may contain any letter.
  if (const auto at = text.rfind('@'); at != npos) found.login = take(text, at, 1);
  std::string_view place = take(text, text.find('/'), 1);
  found.path = text;
  const bool in_brackets = place.starts_with('[');
  if (in_brackets) {
    place.remove_prefix(1);
    if (place.find(']') == npos) return wrong("has a '[' without a ']'");
    found.host = take(place, place.find(']'), 1);
  } else {
    found.host = take(place, place.rfind(':'), 0);
  }
  if (found.host.empty()) return wrong("does not name a host");
  if (in_brackets != (found.host.find(':') != npos)) {
    return wrong("has brackets around a name, or none around an address with colons: [::1]");
  }
  if (place.empty()) return found;
  found.port = place.front() == ':' ? whole_number<std::uint16_t>(place.substr(1)) : std::nullopt;
  if (found.port.value_or(0) != 0) return found;
  return wrong("does not have a number from 1 to 65535 as its port");
}

}  // namespace headwater
