// SCRAM-SHA-256 without channel binding, the client's half: RFC 5802, with the hash of RFC 7677.
// Both sides prove that they know the password, and neither sends it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/error.h"

namespace headwater::rethinkdb {

struct Credentials {
  std::string user = "admin";
  /// Its bytes count as they are: the server prepares neither names nor passwords
  /// (src/crypto/saslprep.cc returns what it is given).
  std::string password{};
};

/// A server that asks for more is refused, because each costs about a microsecond. RethinkDB's own
/// are 4,096, or 1 for an admin without a password
/// (src/clustering/administration/auth/password.hpp, metadata.hpp).
inline constexpr std::uint32_t most_iterations = 1'000'000;

/// 144 random bits as text, as a client's nonce must be.
[[nodiscard]] std::string new_nonce();

/// The keys that a password makes: SaltedPassword of RFC 5802. Both halves need it. `iterations`: 1
/// to most_iterations. Computes for about a microsecond for each.
[[nodiscard]] std::string salted_password(std::string_view password, std::string_view salt,
                                          std::uint32_t iterations);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);
[[nodiscard]] std::string sha256(std::string_view bytes);
/// Of two texts of the same size.
[[nodiscard]] std::string exclusive_or(std::string_view one, std::string_view other);
/// Takes as long for any two texts of the same size.
[[nodiscard]] bool same_secret(std::string_view one, std::string_view other);

/// One login. The calls come in the order of the declarations. Errors are stop: `source.bad_message`
/// (not SCRAM, or an extension that must be understood), `source.untrusted` (the server does not
/// know the password).
class ScramClient {
 public:
  /// `nonce`: from new_nonce(), except in tests.
  ScramClient(Credentials credentials, std::string nonce);

  [[nodiscard]] std::string first_message() const;
  /// The answer to the server's first message. Computes for as long as salted_password().
  Result<std::string> final_message(std::string_view server_first);
  /// Whether the server's last message proves that it knows the password, too.
  [[nodiscard]] Result<void> verify(std::string_view server_final) const;

 private:
  Credentials credentials_;
  std::string nonce_;
  std::string server_signature_;  // expected
};

}  // namespace headwater::rethinkdb
