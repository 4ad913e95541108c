// What every user of OpenSSL needs. Inline, so that only its users link OpenSSL.
#pragma once

#include <openssl/err.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>

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

/// OpenSSL takes lengths as int. A longer buffer is used in part.
[[nodiscard]] inline int openssl_length(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace headwater
