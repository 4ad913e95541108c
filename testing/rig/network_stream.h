// A stream under test that a server stores.
#pragma once

#include "testing/rig/server_under_test.h"

namespace headwater::rig {

/// While the server is down, events() is empty and progress() is 0.
class NetworkStream : public ServerUnderTest {
 public:
  /// Loses the server's replies from now on; at the latest from the next request that makes an
  /// append visible.
  virtual void lose_replies() { proxy().lose_replies(); }
  /// How many of two hundred random kills may hit the server. It depends on how fast it starts.
  [[nodiscard]] virtual int server_kills() const = 0;
  /// Divides the repetitions of a quick run, for a client that is slow to reconnect.
  [[nodiscard]] virtual int slowness() const { return 1; }
};

}  // namespace headwater::rig
