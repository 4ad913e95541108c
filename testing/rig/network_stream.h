// What a stream under test has in addition, where a server keeps it.
#pragma once

#include "testing/rig/tcp_proxy.h"

namespace headwater::rig {

/// The server, and the way that relays take to it.
class NetworkStream {
 public:
  virtual ~NetworkStream() = default;

  /// The configuration leads through it; what the test itself asks the server goes around it.
  virtual TcpProxy& way() = 0;

  /// What the server answers is lost from now on, or from the next request on that lets an append
  /// become visible.
  virtual void lose_answers() { way().lose_replies(); }

  /// SIGKILL; returns when it is gone. While it is down there are no events(), and progress()
  /// tells nothing.
  virtual void kill_server() = 0;
  /// On the same port, with what it still has; returns when it takes appends.
  virtual void start_server() = 0;
  /// SIGSTOP and SIGCONT: it keeps its connections and says nothing.
  virtual void pause_server() = 0;
  virtual void resume_server() = 0;
  /// Of two hundred random kills, how many may be the server's, as quickly as it starts.
  [[nodiscard]] virtual int server_kills() const = 0;
  /// Of what is done again and again, a quick run does only one in so many: where a client finds
  /// its way back to the server slowly.
  [[nodiscard]] virtual int slowness() const { return 1; }
};

}  // namespace headwater::rig
