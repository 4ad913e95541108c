// One relay in this process: three threads around the state machine of core.h.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/event/change.h"
#include "src/event/event.h"
#include "src/ports/source.h"
#include "src/ports/stream.h"
#include "src/relay/observer.h"
#include "src/relay/options.h"

namespace headwater {

/// Appends what is published for a change to `events`: at least one event, the last with the
/// change's position, none larger than `limit` bytes as published_size() measures them. Called from
/// one thread. An error stops the relay, after everything before the change is in the stream.
using ShapeFunction =
    std::function<Result<void>(Change&& change, std::size_t limit, std::vector<Event>& events)>;

/// Everything handed in by reference must outlive the relay, and is used by it alone while run()
/// runs, the clock excepted.
class Relay {
 public:
  Relay(const RelayOptions& options, Source& source, StreamWriter& writer, ShapeFunction shape,
        const Clock& clock, RelayObserver& observer);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// Relays until `stop` is requested, until everything is in the stream (only with
  /// options.until_current), or until no repetition helps: then the error. Blocks; call it once.
  /// After a stop: reads nothing more, lets the append under way end, makes one more of what has
  /// been shaped if appends are quick, and returns.
  Result<void> run(std::stop_token stop);

  /// Any thread, any time; never blocks for long.
  [[nodiscard]] RelayProgress progress() const;

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace headwater
