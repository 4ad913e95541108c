// A small HTTP server that bounds its memory, descriptors and time, whatever clients do.
#pragma once

#include <poll.h>

#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "src/base/clock.h"
#include "src/base/wake.h"
#include "src/serve/connection.h"

namespace headwater::serve {

/// A socket that listens on `host` and `port` (0: any free port); or a closed one with the reason.
struct Listening {
  Descriptor socket;
  int port = 0;
  int error = 0;  ///< An errno; 0: there is no such host.
};
[[nodiscard]] Listening listen_at(const std::string& host, int port);

/// Answers from its own thread until it is destroyed, which takes no longer than `respond`. Accepts
/// every client, with at most 64 open connections: one more closes the oldest, so idle clients do
/// not shut others out. No connection lives longer than five seconds.
class HttpServer {
 public:
  /// `clock` must outlive it.
  HttpServer(Descriptor listener, Respond respond, const Clock& clock);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  void serve();
  [[nodiscard]] int poll_timeout(SteadyTime now) const;
  void go_on(const std::vector<pollfd>& ready);
  void close_expired(SteadyTime now);
  void accept_some(SteadyTime now);

  Descriptor listener_;
  Wake wake_;
  Respond respond_;
  const Clock* clock_;
  bool resting_ = false;               ///< Out of descriptors, and none of the open ones is ours.
  std::list<Connection> connections_;  ///< In the order of their arrival.
  std::jthread thread_;                ///< Last: it uses the others.
};

}  // namespace headwater::serve
