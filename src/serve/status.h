// The status of a process's relays as JSON: docs/formats/status.md.
#pragma once

#include <vector>

#include "src/base/clock.h"
#include "src/json/json.h"
#include "src/serve/figures.h"

namespace headwater {

struct Process {
  std::string version;
  WallTime started;
};

[[nodiscard]] Json to_status(const Process& process, const std::vector<RelayFigures>& relays,
                             const Clock& clock);

}  // namespace headwater
