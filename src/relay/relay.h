// One relay in this process: a thread for each lane around the state machine of core.h.
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
#include "src/ports/hint.h"
#include "src/ports/source.h"
#include "src/ports/stream.h"
#include "src/relay/observer.h"
#include "src/relay/options.h"

namespace headwater {

/// Appends the events of a change to `events`: at least one, the last with the change's position,
/// none larger than `limit` bytes as published_size() measures them. Called from one thread. An
/// error stops the relay, after everything before the change is in the stream.
using ShapeFunction =
    std::function<Result<void>(Change&& change, std::size_t limit, std::vector<Event>& events)>;

/// All arguments passed by reference must outlive the relay. While run() runs, only the relay may
/// use them, except the clock.
class Relay {
 public:
  /// `hint` may be null; options.hint_interval is its own then.
  Relay(const RelayOptions& options, Source& source, StreamWriter& writer, ShapeFunction shape,
        const Clock& clock, RelayObserver& observer, LeaderHint* hint = nullptr);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// Relays until `stop` is requested, until everything is in the stream (only with
  /// options.until_current), or until an error that no retry fixes, which it returns. Blocks; call
  /// it once. After a stop: reads nothing more, finishes the current append, makes one more with
  /// the events already shaped if appends are fast, and returns.
  Result<void> run(std::stop_token stop);

  /// Any thread may call at any time; never blocks for long.
  [[nodiscard]] RelayProgress progress() const;

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace headwater
