// The server of a stream or a source under test.
#pragma once

#include "testing/rig/tcp_proxy.h"

namespace headwater::rig {

/// Kills and pauses a server, and disturbs the network between relays and it.
class ServerUnderTest {
 public:
  virtual ~ServerUnderTest() = default;

  /// The proxy that relays connect through. The test itself connects directly.
  virtual TcpProxy& proxy() = 0;

  /// SIGKILL. Returns once the process has ended.
  virtual void kill_server() = 0;
  /// Starts it again with the same port and data. Returns once it accepts writes.
  virtual void start_server() = 0;
  /// SIGSTOP and SIGCONT. A paused server keeps its connections and does not answer.
  virtual void pause_server() = 0;
  virtual void resume_server() = 0;
};

}  // namespace headwater::rig
