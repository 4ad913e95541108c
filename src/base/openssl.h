// What every user of OpenSSL needs. Inline, so that only its users link OpenSSL.
#pragma once

#include <openssl/err.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>

#include "src/base/error.h"

namespace headwater {

/// The latest error of this thread, for a person. Removes all of them from OpenSSL's queue.
[[nodiscard]] inline std::string openssl_error() {
  std::string text;
  for (unsigned long code = ERR_get_error(); code != 0; code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    text = reason == nullptr ? "error " + std::to_string(code) : reason;
  }
  return text.empty() ? "no reason given" : text;
}

/// That it could not read a certificate or key, whose path this is, just now.
[[nodiscard]] inline Error bad_certificate(const std::string& name, const std::string& path) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = name,
          .message = "cannot use " + path + " for TLS: " + openssl_error(),
          .next =
              "check the file, in PEM format, and that the key belongs to the certificate: "
              "ls -l " +
              path};
}

/// OpenSSL takes lengths as int. A longer buffer is used in part.
[[nodiscard]] inline int openssl_length(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace headwater
