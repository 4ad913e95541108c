#include "src/kubernetes/addresses.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/number_in.h"
#include "src/config/substitute.h"

namespace headwater::kubernetes {
namespace {

constexpr std::string_view scheme_end = "://";

std::string_view without_scheme(std::string_view address) {
  const std::size_t at = address.find(scheme_end);
  return at == std::string_view::npos ? address : address.substr(at + scheme_end.size());
}

/// Where the login ends; npos: there is none. A '/' in a password that is not percent-encoded does
/// not end the login, but an '@' among the options is not its end.
std::size_t login_end(std::string_view rest) {
  const std::size_t end = rest.find('?');
  return rest.substr(0, end).rfind('@');
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::optional<std::uint16_t> port_of(std::string_view server) {
  const std::size_t colon = server.rfind(':');
  // An IPv6 address has colons of its own, and brackets.
  const std::size_t bracket = server.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && bracket > colon)) {
    return std::nullopt;
  }
  const auto port = whole_number<std::uint16_t>(server.substr(colon + 1));
  return port && *port > 0 ? port : std::nullopt;
}

}  // namespace

std::string masked(const std::string& written) {
  const auto pieces = config::pieces_of(written);
  if (!pieces) return written;
  std::string text;
  for (const config::Piece& piece : *pieces) {
    if (piece.kind == config::Piece::Kind::text) {
      text += piece.text;
    } else {
      text += unknown_part;
    }
  }
  return text;
}

std::string_view login_of(std::string_view address) {
  const std::string_view rest = without_scheme(address);
  const std::size_t end = login_end(rest);
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

std::optional<std::vector<std::uint16_t>> ports_of(std::string_view address) {
  std::vector<std::uint16_t> ports;
  const std::size_t first = address.find(scheme_end);
  const bool several = first != address.rfind(scheme_end);
  if (several) {
    for (const std::string_view one : split(address)) {
      const auto found = ports_of(one);
      if (!found) return std::nullopt;
      ports.insert(ports.end(), found->begin(), found->end());
    }
    return ports;
  }
  // The servers of mongodb+srv:// are in DNS, with their ports.
  if (first != std::string_view::npos && address.substr(0, first).ends_with("+srv")) {
    return std::nullopt;
  }
  std::string_view rest = without_scheme(address);
  const std::size_t login = login_end(rest);
  if (login != std::string_view::npos) rest.remove_prefix(login + 1);
  for (const std::string_view server : split(rest.substr(0, rest.find_first_of("/?")))) {
    const auto port = port_of(server);
    if (!port) return std::nullopt;
    ports.push_back(*port);
  }
  return ports;
}

}  // namespace headwater::kubernetes
