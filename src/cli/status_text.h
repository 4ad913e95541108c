// The status of a process (docs/formats/status.md) for people.
#pragma once

#include <string>

#include "src/json/json.h"

namespace headwater::cli {

/// A few lines for each relay and consumer; with the process's `address` before them if there are several.
[[nodiscard]] std::string status_text(const Json& status, bool with_address);

/// Whether all relays do their work or stand by, and all consumers go on.
[[nodiscard]] bool is_ready(const Json& status);

}  // namespace headwater::cli
