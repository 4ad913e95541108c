// What a stream under test has in addition, where a server keeps it.
#pragma once

#include "testing/rig/server_under_test.h"

namespace headwater::rig {

/// While the server is down there are no events(), and progress() tells nothing.
class NetworkStream : public ServerUnderTest {
 public:
  /// What the server answers is lost from now on, or from the next request on that lets an append
  /// become visible.
  virtual void lose_answers() { way().lose_replies(); }
  /// Of two hundred random kills, how many may be the server's, as quickly as it starts.
  [[nodiscard]] virtual int server_kills() const = 0;
  /// Of what is done again and again, a quick run does only one in so many: where a client finds
  /// its way back to the server slowly.
  [[nodiscard]] virtual int slowness() const { return 1; }
};

}  // namespace headwater::rig
