// One request to an HTTP server.
#pragma once

#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/http/client.h"

namespace headwater::http {

/// GET http://ADDRESS PATH. Blocks and fails as a Client's requests do.
Result<Answer> get(const std::string& address, const std::string& path, Milliseconds patience);

}  // namespace headwater::http
