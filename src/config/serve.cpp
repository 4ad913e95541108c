#include "src/config/serve.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "src/config/config.h"

namespace headwater::config {
namespace {

constexpr std::size_t shortest_token = 16;
constexpr std::int64_t most_clients = 100'000;
constexpr std::uint64_t least_buffer = 16U << 10U;
constexpr std::uint64_t most_buffer = 1U << 30U;

/// The token's text may be a secret that was put into the file itself, so no error shows it.
ServeToken read_token(Section section) {
  ServeToken token;
  token.token = section.text("token");
  const bool printable =
      std::ranges::all_of(token.token, [](char c) { return c > ' ' && c < 0x7f; });
  if (!token.token.empty() && (token.token.size() < shortest_token || !printable)) {
    section.complain("token",
                     "must have at least 16 characters, without blanks, such as `openssl rand -hex "
                     "32` prints");
  }
  if (section.has("relays")) {
    token.relays = section.list_or_all("relays");
  } else {
    static_cast<void>(section.list("relays"));  // so that it is a known key
  }
  token.may_consume = section.choice_or("rights", {"read", "consume"}, 0) == 1;
  return token;
}

}  // namespace

ServeConfig read_serve(Section section) {
  ServeConfig serve;
  serve.listen = section.text_or("listen", serve.listen);
  if (!is_listen_address(serve.listen)) {
    section.complain("listen", "must be an address to listen on, such as 127.0.0.1:8080");
  }
  const bool has_tls = section.has("tls");
  Section tls = section.child("tls");
  // Also without `tls`, so that they are known keys.
  serve.certificate = has_tls ? tls.path("certificate") : tls.path_or_none("certificate");
  serve.key = has_tls ? tls.path("key") : tls.path_or_none("key");
  for (Section& token : section.sections("tokens")) serve.tokens.push_back(read_token(token));
  if (section.has("tokens") && serve.tokens.empty()) {
    section.complain("tokens",
                     "is empty: without the key, anyone who can connect may do everything");
  }
  serve.clients = static_cast<std::size_t>(
      section.integer_or("clients", static_cast<std::int64_t>(serve.clients), 1, most_clients));
  const auto buffer = section.size("client_buffer").value_or(serve.client_buffer);
  if (buffer < least_buffer || buffer > most_buffer) {
    section.complain("client_buffer", "must be between 16KiB and 1GiB");
  }
  serve.client_buffer = static_cast<std::size_t>(std::clamp(buffer, least_buffer, most_buffer));
  return serve;
}

}  // namespace headwater::config
