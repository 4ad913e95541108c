// One request over HTTP/1.1 and its answer, on a socket that never blocks.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "src/base/clock.h"
#include "src/base/descriptor.h"

namespace headwater::serve {

struct Answer {
  int status = 200;
  std::string type;
  std::string body;
};
/// The answer to GET `path`, without a query. Must not block for long.
using Respond = std::function<Answer(std::string_view path)>;

/// Serves GET and HEAD, one request for each connection. Reads the head, up to 8 KiB; drops a body.
class Connection {
 public:
  Connection(Descriptor socket, SteadyTime deadline)
      : socket_(std::move(socket)), deadline_(deadline) {}

  [[nodiscard]] int socket() const { return socket_.get(); }
  /// Whether it must send next; otherwise it must receive.
  [[nodiscard]] bool sends() const { return state_ == State::sending; }
  /// The connection is closed at this time at the latest.
  [[nodiscard]] SteadyTime deadline() const { return deadline_; }

  /// Receives or sends what it can without waiting. Returns false when the connection is done.
  [[nodiscard]] bool go_on(const Respond& respond);

 private:
  enum class State { receiving, sending, closing };

  [[nodiscard]] bool receive(const Respond& respond);
  [[nodiscard]] bool send();
  [[nodiscard]] bool discard();

  Descriptor socket_;
  SteadyTime deadline_;
  State state_ = State::receiving;
  std::string head_;
  std::string unsent_;
  std::size_t discarded_ = 0;
};

}  // namespace headwater::serve
