// Makes a restarted Kafka broker forget its killed predecessor.
#pragma once

#include <cstdint>

#include "src/base/clock.h"

namespace headwater::rig {

/// After a broker was killed, the controller considers it alive and registers no other broker with
/// its id until the session times out, several seconds later. This asks the controller to
/// unregister the killed broker, as `kafka-cluster.sh unregister` does. One thread.
class FormerBroker {
 public:
  /// `controller`: the port on which the restarted controller will listen. It must not listen yet.
  explicit FormerBroker(std::uint16_t controller)
      : controller_(controller), unreachable_at_(SystemClock().steady()) {}

  /// Whether the controller has unregistered it, or soon will by itself. Call it often while false.
  [[nodiscard]] bool gone();

 private:
  std::uint16_t controller_;
  SteadyTime unreachable_at_;  // when the controller did not listen yet
  bool gone_ = false;
};

}  // namespace headwater::rig
