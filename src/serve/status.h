// The status of a process's relays as JSON: docs/formats/status.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/json/json.h"
#include "src/serve/figures.h"

namespace headwater {

struct Process {
  std::string version;
  WallTime started;
};

/// An object with a number for each name.
[[nodiscard]] Json counts_by_name(const std::map<std::string, std::uint64_t, std::less<>>& counts);

[[nodiscard]] Json to_status(const Process& process, const std::vector<RelayFigures>& relays,
                             const Clock& clock);

}  // namespace headwater
