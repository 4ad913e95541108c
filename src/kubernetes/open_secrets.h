// Secrets that stand in a configuration file itself. It becomes a ConfigMap, which is no place for
// them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/config/section.h"

namespace headwater::kubernetes {

struct SecretInFile {
  std::string key;  ///< "stream.nats.password"
  int line = 0;
  std::string what;      ///< "is a secret", "has a password in it"
  std::string variable;  ///< What to call it in the environment: "NATS_PASSWORD".
};

/// The first of them. A key that ends with `password`, `passphrase`, `secret` or `token` is a secret,
/// and so are the password of an address and a private key.
[[nodiscard]] std::optional<SecretInFile> find_open_secret(
    const std::vector<config::ReadText>& texts);

}  // namespace headwater::kubernetes
