#include "src/kubernetes/open_secrets.h"

#include <cctype>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/config/section.h"
#include "src/kubernetes/addresses.h"
#include "src/kubernetes/secrets.h"

namespace headwater::kubernetes {
namespace {

bool is_known(std::string_view text) {
  return !text.empty() && text.find(unknown_part) == std::string_view::npos;
}

/// Of "user:password@host". NATS takes a login without a colon as a token:
/// https://docs.nats.io/using-nats/developer/connecting/token
bool has_password(std::string_view address) {
  const std::string_view login = login_of(address);
  const std::size_t colon = login.find(':');
  if (colon != std::string_view::npos) return is_known(login.substr(colon + 1));
  const bool of_nats = address.starts_with("nats://") || address.starts_with("tls://");
  return of_nats && is_known(login);
}

/// Of "?sslpassword=…", of libpq's "host=… password=…", and of "AWS_SESSION_TOKEN:…".
bool has_secret_option(std::string_view address) {
  for (std::size_t at = address.find_first_of("=:"); at != std::string_view::npos;
       at = address.find_first_of("=:", at + 1)) {
    const std::size_t blank = address.substr(0, at).find_last_of("?& ,;=");
    const std::size_t begin = blank == std::string_view::npos ? 0 : blank + 1;
    const std::string_view value =
        address.substr(at + 1, address.find_first_of("& ,;", at + 1) - at - 1);
    const bool names_host = value.starts_with("//");
    if (!names_host && ends_with_secret(address.substr(begin, at - begin)) && is_known(value)) {
      return true;
    }
  }
  return false;
}

/// "stream.nats.password" → "NATS_PASSWORD"
std::string variable_for(const std::string& key, const std::string& end) {
  const std::size_t last = key.rfind('.');
  const std::size_t before = last == std::string::npos ? last : key.rfind('.', last - 1);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  std::string name = end.empty() ? key.substr(begin) : key.substr(begin, last - begin) + end;
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    c = std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
  }
  return name;
}

}  // namespace

std::optional<SecretInFile> find_open_secret(const std::vector<config::ReadText>& texts) {
  for (const config::ReadText& text : texts) {
    const std::string value = masked(text.written);
    const bool is_path = text.use != config::TextUse::plain && text.use != config::TextUse::address;
    if (is_path || value.empty()) continue;
    if (ends_with_secret(text.key) && is_known(value)) {
      return SecretInFile{text.key, text.line, "is a secret", variable_for(text.key, "")};
    }
    if (value.find("PRIVATE KEY-----") != std::string::npos) {
      return SecretInFile{text.key, text.line, "is a private key", variable_for(text.key, "")};
    }
    const bool is_url = value.find("://") != std::string::npos;
    const bool is_address = text.use == config::TextUse::address;
    if ((is_url && has_password(value)) || (is_address && has_secret_option(value))) {
      return SecretInFile{text.key, text.line, "has a password in it",
                          variable_for(text.key, "_PASSWORD")};
    }
  }
  return std::nullopt;
}

}  // namespace headwater::kubernetes
