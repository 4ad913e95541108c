// The status of a process (docs/formats/status.md) as a page for a browser.
#pragma once

#include <string>

#include "src/json/json.h"

namespace headwater {

/// HTML that loads itself again every few seconds. Needs no script and nothing from elsewhere.
[[nodiscard]] std::string to_page(const Json& status);

}  // namespace headwater
