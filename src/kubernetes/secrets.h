// Recognises secrets that stand in the open.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/kubernetes/manifests.h"

namespace headwater::kubernetes {

/// Whether a name ends with a word for a secret, however its words are joined: "PGPASSWORD",
/// "stream.nats.password", "api-token".
[[nodiscard]] bool ends_with_secret(std::string_view name);

/// Whether the name of a variable or option says that its value is secret: "NATS_PASSWORD",
/// "api-key", "PGPASSWORD"; not "PARTITION_KEY" or "TOKEN_FILE".
[[nodiscard]] bool names_secret(std::string_view name);

/// Whether a value is itself the secret: not empty, not ${NAME} or $(NAME), not encrypted by SOPS,
/// not a path, a number or a truth value.
[[nodiscard]] bool is_literal(std::string_view value);

/// Whether a text contains a URI with a literal password.
[[nodiscard]] bool has_password_in_uri(std::string_view text);

/// Whether a text contains parameters of a connection, one of them a literal password:
/// "host=db password=p". https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
[[nodiscard]] bool has_password_in_conninfo(std::string_view text);

/// What in a text is secret whatever it is called: "a URI with a password", "a private key"; empty:
/// nothing.
[[nodiscard]] std::string secret_shown_in(std::string_view text);

/// A secret in a text value.
struct OpenSecret {
  int line;          ///< Of the file that contains the text.
  std::string what;  ///< "'password' has its value in the open"
};

/// Those in the text of a configuration: keys that name a secret, and secret_shown_in().
[[nodiscard]] std::vector<OpenSecret> secrets_in(const yaml::Node& text, const Text& file);

/// Whether a text is a configuration of Headwater.
[[nodiscard]] bool is_configuration(const std::string& key, const std::string& text);

}  // namespace headwater::kubernetes
