#include "src/streams/nats/url.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "src/base/address.h"

namespace headwater::nats {
namespace {

/// With colons it is an address of version 6 and, perhaps, a zone.
bool is_host(std::string_view host) {
  const std::string_view others = host.find(':') == std::string_view::npos ? "-._" : ":.%";
  return std::ranges::all_of(host, [&](unsigned char c) {
    return std::isalnum(c) != 0 || others.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

bool is_url(const std::string& url) {
  std::string_view rest = url;
  if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) {
    const auto name = rest.substr(0, scheme);
    if (name != "nats" && name != "tls") return false;
    rest.remove_prefix(scheme + 3);
  }
  const auto address = split_address(rest);
  return address && address->path.empty() && is_host(address->host);
}

}  // namespace headwater::nats
