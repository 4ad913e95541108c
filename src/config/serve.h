// The section `serve:` of a configuration file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "src/config/section.h"

namespace headwater::config {

/// Who may do what over HTTP.
struct ServeToken {
  std::string token;
  std::optional<std::vector<std::string>> relays;  ///< Nothing: all.
  bool may_consume = false;                        ///< Also move and remove consumers' places.
};

struct ServeConfig {
  std::string listen = "127.0.0.1:8080";
  std::string certificate;  ///< PEM file; empty: no TLS.
  std::string key;
  std::vector<ServeToken> tokens;  ///< Empty: anyone who can connect may do everything.
  std::size_t clients = 1'000;
  std::size_t client_buffer = std::size_t{256} << 10U;
};

/// Errors are noted in the section.
[[nodiscard]] ServeConfig read_serve(Section section);

}  // namespace headwater::config
