#include "src/gateway/access.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cctype>

namespace headwater::gateway {
namespace {

/// "Bearer TOKEN"; the scheme's name in any case.
std::string_view bearer_in(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() < scheme.size()) return {};
  const bool is_bearer = std::ranges::equal(
      scheme, authorization.substr(0, scheme.size()), {}, {},
      [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return is_bearer ? authorization.substr(scheme.size()) : std::string_view();
}

}  // namespace

Access::Access(const std::vector<Token>& tokens) {
  for (const Token& each : tokens) {
    known_.push_back({.hash = hash_of(each.token), .rights = each.rights});
  }
}

Access::Hash Access::hash_of(std::string_view token) {
  Hash hash{};
  std::string bytes(token);
  ::SHA256(static_cast<const unsigned char*>(static_cast<const void*>(bytes.data())), bytes.size(),
           hash.data());
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return hash;
}

const Rights* Access::rights_of(const serve::Request& request) const {
  if (known_.empty()) return &everything_;
  const std::string* const authorization = request.header("authorization");
  if (authorization == nullptr) return nullptr;
  const Hash hash = hash_of(bearer_in(*authorization));
  const Rights* found = nullptr;
  for (const Known& each : known_) {
    if (CRYPTO_memcmp(each.hash.data(), hash.data(), hash.size()) == 0) found = &each.rights;
  }
  return found;
}

bool Access::names_this_machine(const serve::Request& request) const {
  const std::string* const host = request.header("host");
  if (!known_.empty() || host == nullptr) return true;
  std::string_view name = *host;
  if (name.starts_with("[::1]")) return true;
  name = name.substr(0, name.find(':'));
  const bool is_address =
      std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
  return name == "localhost" || (is_address && name.starts_with("127."));
}

}  // namespace headwater::gateway
