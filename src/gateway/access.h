// Who may do what: tokens and their rights.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "src/serve/request.h"

namespace headwater::gateway {

struct Rights {
  std::optional<std::set<std::string>> relays;  ///< Nothing: all.
  bool may_consume = false;

  [[nodiscard]] bool may_read(const std::string& relay) const {
    return !relays || relays->contains(relay);
  }
};

/// Knows only the hashes of the tokens. Any thread.
class Access {
 public:
  struct Token {
    std::string token;
    Rights rights;
  };
  /// Without tokens, a request from this machine may do everything.
  explicit Access(const std::vector<Token>& tokens);

  /// The rights of the request's bearer token; null: it has none, or an unknown one. Takes the same
  /// time whichever token it is.
  [[nodiscard]] const Rights* rights_of(const serve::Request& request) const;

  /// Whether the request's Host is this machine. A page of another site may be allowed to send
  /// requests here under its own name (DNS rebinding), so without tokens no other host is served.
  [[nodiscard]] bool names_this_machine(const serve::Request& request) const;

 private:
  using Hash = std::array<unsigned char, 32>;
  struct Known {
    Hash hash;
    Rights rights;
  };
  static Hash hash_of(std::string_view token);

  std::vector<Known> known_;
  Rights everything_{.relays = {}, .may_consume = true};
};

}  // namespace headwater::gateway
