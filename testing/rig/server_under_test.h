// A server that keeps a stream or a source under test.
#pragma once

#include "testing/rig/tcp_proxy.h"

namespace headwater::rig {

/// The server, and the way that relays take to it.
class ServerUnderTest {
 public:
  virtual ~ServerUnderTest() = default;

  /// The configuration leads through it; what the test itself asks the server goes around it.
  virtual TcpProxy& way() = 0;

  /// SIGKILL; returns when it is gone.
  virtual void kill_server() = 0;
  /// On the same port, with what it still has; returns when it takes writes.
  virtual void start_server() = 0;
  /// SIGSTOP and SIGCONT: it keeps its connections and says nothing.
  virtual void pause_server() = 0;
  virtual void resume_server() = 0;
};

}  // namespace headwater::rig
