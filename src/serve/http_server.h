// A small HTTP server whose use of memory, descriptors and time has bounds, whatever is done to it.
#pragma once

#include <poll.h>

#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "src/base/clock.h"
#include "src/serve/connection.h"

namespace headwater::serve {

/// A socket that listens at `host` and `port` (0: one that is free), or, closed, why there is none.
struct Listening {
  Descriptor socket;
  int port = 0;
  int error = 0;  ///< As errno has it; 0: there is no such host.
};
[[nodiscard]] Listening listen_at(const std::string& host, int port);

/// Answers from a thread of its own until it is destroyed, which takes no longer than `respond`.
/// Accepts everybody, and has at most 64 connections open: one more closes the oldest, so that
/// those that say nothing keep nobody out. No connection lives longer than five seconds.
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
  Descriptor wake_;
  Respond respond_;
  const Clock* clock_;
  bool resting_ = false;  ///< No descriptor is left, and none of the open ones is ours.
  std::list<Connection> connections_;  ///< In the order in which they came.
  std::jthread thread_;                ///< Last: it uses the others.
};

}  // namespace headwater::serve
