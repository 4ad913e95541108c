// A small HTTP server that bounds its memory, descriptors and time, whatever clients do.
#pragma once

#include <poll.h>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "src/base/clock.h"
#include "src/base/descriptor.h"
#include "src/base/wake.h"
#include "src/serve/channel.h"
#include "src/serve/connection.h"

namespace headwater::serve {

/// A socket that listens on `host` and `port` (0: any free port); or a closed one with the reason.
struct Listening {
  Descriptor socket;
  int port = 0;
  int error = 0;  ///< An errno; 0: there is no such host.

  /// Why it does not listen, for a person.
  [[nodiscard]] std::string reason() const;
};
[[nodiscard]] Listening listen_at(const std::string& host, int port);

/// What a server does with one client more than it may have.
enum class WhenFull {
  close_oldest,  ///< Idle clients do not shut others out.
  refuse,        ///< Closes the oldest that waits for no answer; if all do, the new one gets 503.
};

struct ServerLimits {
  std::size_t connections = 64;
  WhenFull when_full = WhenFull::close_oldest;
};

/// The answer to GET `path`, without a query. Must not block for long.
using Respond = std::function<Answer(std::string_view path)>;
/// Answers GET and HEAD.
[[nodiscard]] Service service_of(Respond respond);

/// Serves from its own thread until it is destroyed, which takes no longer than the service's
/// `handle`. Accepts every client, and bounds memory, descriptors and time by the limits.
class HttpServer {
 public:
  /// At most 64 connections; one more closes the oldest. Each has one request, GET or HEAD, with a
  /// head of up to 8 KiB; no body is read. No connection lives longer than five seconds.
  HttpServer(Descriptor listener, Respond respond, const Clock& clock);
  /// With TLS if there is a context. A signal of `wake` asks every unfinished reply with room for
  /// more. `clock` must outlive it.
  HttpServer(Descriptor listener, Service service, ServerLimits limits,
             std::optional<TlsContext> tls, std::shared_ptr<const Wake> wake, const Clock& clock);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  void serve();
  [[nodiscard]] int poll_timeout(SteadyTime now) const;
  void go_on(const std::vector<pollfd>& ready, SteadyTime now);
  void accept_some(SteadyTime now);
  /// Makes room for one more. Returns false if it must be refused, because all others are at work.
  [[nodiscard]] bool make_room();
  [[nodiscard]] bool close_oldest();

  Descriptor listener_;
  std::shared_ptr<const Wake> wake_;
  Service service_;
  ServerLimits limits_;
  std::optional<TlsContext> tls_;
  const Clock* clock_;
  bool resting_ = false;               ///< Out of descriptors, and none of the open ones is ours.
  std::list<Connection> connections_;  ///< In the order of their arrival.
  std::jthread thread_;                ///< Last: it uses the others.
};

}  // namespace headwater::serve
