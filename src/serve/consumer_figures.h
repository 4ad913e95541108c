// What `headwater consume` shows of its consumer: in metrics, in its health and in its status.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/consumer/consumer.h"
#include "src/json/json.h"
#include "src/serve/health.h"
#include "src/serve/status.h"

namespace headwater {

struct ConsumerFigures {
  std::string consumer;  ///< Its name, which becomes a label, as the next.
  std::string relay;     ///< Whose stream it reads.
  std::string stream;    ///< In words.
  bool started = false;  ///< It has its place in the stream.
  consumer::Progress progress;
  std::uint64_t handler_restarts = 0;
  /// How far it was behind when it looked last.
  std::optional<consumer::Lag> lag{};
};

/// docs/consumers.md lists them.
[[nodiscard]] std::vector<prometheus::MetricFamily> consumer_families(
    const Process& process, const ConsumerFigures& figures, SteadyTime now);
/// Whether it goes on. One that waits for events does.
[[nodiscard]] Health consumer_readiness(const ConsumerFigures& figures, SteadyTime now);
/// docs/formats/status.md.
[[nodiscard]] Json consumer_status(const Process& process, const ConsumerFigures& figures,
                                   const Clock& clock);

}  // namespace headwater
