// One request to an HTTP server.
#pragma once

#include <cstddef>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"

namespace headwater::http {

struct Answer {
  int status = 0;
  std::string body;
};

/// An answer is not larger than this.
inline constexpr std::size_t largest_answer = std::size_t{16} << 20U;

/// GET http://ADDRESS PATH. Blocks for `patience` at the most for each step: to connect, to send and
/// to hear more. Fails with retry, `http.no_answer`; its origin and `next` are the caller's affair.
Result<Answer> get(const std::string& address, const std::string& path, Milliseconds patience);

}  // namespace headwater::http
