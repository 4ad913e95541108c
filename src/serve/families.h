// The figures of relays in Prometheus's format.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "src/serve/metrics.h"

namespace headwater {

/// Each has a label `relay`; unknown figures are left out.
[[nodiscard]] std::vector<prometheus::MetricFamily> to_families(
    const std::vector<RelayFigures>& relays, SteadyTime now);

}  // namespace headwater
