#include "src/rethinkdb/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "src/base/invariant.h"
#include "src/base/number_in.h"
#include "src/base/openssl.h"
#include "src/event/encoding.h"
#include "src/rethinkdb/failure.h"

namespace headwater::rethinkdb {
namespace {

/// OpenSSL's bytes.
using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

std::string text_of(const Digest& digest) { return {digest.begin(), digest.end()}; }

const unsigned char* bytes_of(std::string_view text) {
  return static_cast<const unsigned char*>(static_cast<const void*>(text.data()));
}

std::string base64(std::string_view bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

/// A comma separates, and '=' escapes (RFC 5802, 5.1: saslname).
std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '=') {
      text += "=3D";
    } else if (c == ',') {
      text += "=2C";
    } else {
      text += c;
    }
  }
  return text;
}

/// "n,," in base64: no channel is bound.
constexpr std::string_view no_channel = "c=biws";

/// Takes "NAME=VALUE" off the message, with the comma after it.
std::optional<std::string_view> take_attribute(std::string_view& message, char name) {
  if (message.size() < 2 || message[0] != name || message[1] != '=') return std::nullopt;
  const std::size_t comma = std::min(message.find(','), message.size());
  const auto value = message.substr(2, comma - 2);
  message.remove_prefix(std::min(comma + 1, message.size()));
  return value;
}

struct Challenge {
  std::string nonce{};
  std::string salt{};
  std::uint32_t iterations = 0;
};

/// RFC 5802, 7: server-first-message. What comes after the iterations is to be ignored; what comes
/// before the nonce must be understood, and nothing is.
std::optional<Challenge> challenge_of(std::string_view message) {
  const auto nonce = take_attribute(message, 'r');
  const auto salt = nonce ? take_attribute(message, 's') : std::nullopt;
  const auto count = salt ? take_attribute(message, 'i') : std::nullopt;
  if (!count) return std::nullopt;
  auto bytes = base64_decoded(*salt);
  const auto iterations = whole_number<std::uint32_t>(*count).value_or(0);
  if (!bytes || bytes->empty() || iterations == 0) return std::nullopt;
  return Challenge{
      .nonce = std::string(*nonce), .salt = *std::move(bytes), .iterations = iterations};
}

}  // namespace

std::string new_nonce() {
  std::array<unsigned char, 18> random{};
  // Without random numbers nothing that is secret could be, so nothing may go on.
  invariant(RAND_bytes(random.data(), openssl_length(random.size())) == 1, "there is randomness");
  return base64(std::string(random.begin(), random.end()));
}

std::string salted_password(std::string_view password, std::string_view salt,
                            std::uint32_t iterations) {
  Digest digest{};
  const int done =
      PKCS5_PBKDF2_HMAC(password.empty() ? "" : password.data(), openssl_length(password.size()),
                        bytes_of(salt), openssl_length(salt.size()), static_cast<int>(iterations),
                        EVP_sha256(), openssl_length(digest.size()), digest.data());
  invariant(done == 1, "SHA-256 can be computed");
  return text_of(digest);
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  Digest digest{};
  const auto* const done = HMAC(EVP_sha256(), key.data(), openssl_length(key.size()),
                                bytes_of(text), text.size(), digest.data(), nullptr);
  invariant(done != nullptr, "SHA-256 can be computed");
  return text_of(digest);
}

std::string sha256(std::string_view bytes) {
  Digest digest{};
  SHA256(bytes_of(bytes), bytes.size(), digest.data());
  return text_of(digest);
}

std::string exclusive_or(std::string_view one, std::string_view other) {
  invariant(one.size() == other.size(), "both texts have the same size");
  std::string result(one);
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = static_cast<char>(result[i] ^ other[i]);
  }
  return result;
}

bool same_secret(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

ScramClient::ScramClient(Credentials credentials, std::string nonce)
    : credentials_(std::move(credentials)), nonce_(std::move(nonce)) {}

std::string ScramClient::first_message() const {
  return "n,,n=" + escaped(credentials_.user) + ",r=" + nonce_;
}

Result<std::string> ScramClient::final_message(std::string_view server_first) {
  const auto challenge = challenge_of(server_first);
  if (!challenge) return fail(bad_message("the server's challenge is not SCRAM-SHA-256"));
  if (!challenge->nonce.starts_with(nonce_) || challenge->nonce.size() == nonce_.size()) {
    return fail(bad_message("the server's challenge is the answer to somebody else"));
  }
  if (challenge->iterations > most_iterations) {
    return fail(bad_message("the server asks for " + std::to_string(challenge->iterations) +
                            " iterations of SCRAM-SHA-256; more than " +
                            std::to_string(most_iterations) + " are refused"));
  }
  const std::string salted =
      salted_password(credentials_.password, challenge->salt, challenge->iterations);
  const std::string client_key = hmac_sha256(salted, "Client Key");
  const std::string without_proof = std::string(no_channel) + ",r=" + challenge->nonce;
  const std::string said = first_message().substr(std::string_view("n,,").size()) + "," +
                           std::string(server_first) + "," + without_proof;
  server_signature_ = hmac_sha256(hmac_sha256(salted, "Server Key"), said);
  const std::string proof = exclusive_or(client_key, hmac_sha256(sha256(client_key), said));
  return without_proof + ",p=" + base64(proof);
}

Result<void> ScramClient::verify(std::string_view server_final) const {
  const auto signature = take_attribute(server_final, 'v');
  const auto bytes = signature ? base64_decoded(*signature) : std::nullopt;
  if (!bytes) return fail(bad_message("the server's proof is not SCRAM-SHA-256"));
  if (same_secret(*bytes, server_signature_)) return {};
  return fail({.remedy = Remedy::stop,
               .origin = Origin::source,
               .name = "source.untrusted",
               .message = "rethinkdb: what listens there accepts the password of " +
                          credentials_.user + ", but does not know it",
               .next = "find out who answers on the way to the server; use TLS with its ca"});
}

}  // namespace headwater::rethinkdb
