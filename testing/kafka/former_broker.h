// A broker that was killed, as the controller of its successor sees it.
#pragma once

#include <cstdint>

#include "src/base/clock.h"

namespace headwater::rig {

/// A controller takes a broker that was killed for alive, and admits no other under its number,
/// until its session times out after seconds. This asks the controller to unregister it, as
/// `kafka-cluster.sh unregister` does. One thread.
class FormerBroker {
 public:
  /// `controller`: the port on which the controller will listen. Nobody does yet.
  explicit FormerBroker(std::uint16_t controller)
      : controller_(controller), alone_(SystemClock().steady()) {}

  /// Whether it need not be waited for any more. Call it again, and often, while it is false.
  [[nodiscard]] bool gone();

 private:
  std::uint16_t controller_;
  SteadyTime alone_;  // when nobody listened there
  bool gone_ = false;
};

}  // namespace headwater::rig
