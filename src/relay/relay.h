// One relay at work: the core's three lanes, each on a thread of its own.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/event/change.h"
#include "src/event/event.h"
#include "src/ports/source.h"
#include "src/ports/stream.h"
#include "src/relay/observer.h"
#include "src/relay/options.h"

namespace headwater {

/// Makes an event of a change of the source with this identity. Pure; called on one thread.
using Shaper = std::function<Result<Event>(const Change&, const std::string& source)>;

class Relay {
 public:
  /// Everything handed in must outlive the relay.
  Relay(RelayOptions options, Source& source, StreamWriter& stream, Shaper shaper,
        const Clock& clock, RelayObserver& observer);
  ~Relay();

  /// Runs until `stop` is requested (then the append under way is finished, well within a second),
  /// until everything is in the stream (options.until_current), or until an error that no
  /// repetition mends, which it gives. Blocks. Once.
  Result<void> run(std::stop_token stop);

  /// From any thread, at any time.
  [[nodiscard]] RelayProgress progress() const;

 private:
  class Lanes;
  std::unique_ptr<Lanes> lanes_;
};

}  // namespace headwater
