// The figures of relays as Prometheus has them.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "src/serve/metrics.h"

namespace headwater {

/// One label `relay` for each; what a relay cannot tell is left out.
[[nodiscard]] std::vector<prometheus::MetricFamily> to_families(
    const std::vector<RelayFigures>& relays, SteadyTime now);

}  // namespace headwater
