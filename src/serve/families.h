// The figures of relays in Prometheus's format. docs/cli.md lists them.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "src/base/clock.h"
#include "src/serve/figures.h"
#include "src/serve/status.h"

namespace headwater {

[[nodiscard]] prometheus::MetricFamily build_info(const Process& process);

/// Each has a label `relay`, except what is of the whole process; unknown figures are left out.
[[nodiscard]] std::vector<prometheus::MetricFamily> to_families(
    const Process& process, const std::vector<RelayFigures>& relays, const Clock& clock);

}  // namespace headwater
