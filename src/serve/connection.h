// HTTP/1.1 on a socket that never blocks: requests, one after the other, and their replies.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "src/base/clock.h"
#include "src/serve/channel.h"
#include "src/serve/outgoing.h"
#include "src/serve/reply.h"

namespace headwater::serve {

/// What one connection may cost.
struct ConnectionLimits {
  std::size_t head_bytes = 8192;
  /// Of a request's body; nothing: bodies are not read, and a connection has one request.
  std::optional<std::size_t> body_bytes{};
  std::size_t unsent_bytes = 65'536;  ///< A reply is asked for more below this.
  int send_buffer = 0;                ///< The system's bytes for the socket; 0: its default.
  Milliseconds request{5'000};        ///< From the connection, or the reply before, to a request.
  Milliseconds stalled{5'000};        ///< Without one byte sent, although some are waiting.
  /// Of the whole connection; nothing: no limit.
  std::optional<Milliseconds> life = Milliseconds(5'000);
};

/// Why a request has no reply from the server's Handle.
struct Refusal {
  int status;
  const char* name;
  const char* message;
  const char* next;
};
using Refuse = Answer (*)(const Refusal&);
/// The message as a line of text.
[[nodiscard]] Answer refuse_in_text(const Refusal& refusal);

/// What the connections of a server share.
struct Service {
  Handle handle;
  ConnectionLimits limits;
  Refuse refuse = &refuse_in_text;
};

class Connection {
 public:
  /// `full`: the server has too many clients; the first request gets 503.
  Connection(Channel channel, const Service& service, bool full, SteadyTime now);

  [[nodiscard]] int socket() const { return channel_.socket(); }
  /// What poll() must wait for.
  [[nodiscard]] short events() const;
  /// Whether it has a reply that may have more to send although nothing has happened to the socket.
  [[nodiscard]] bool has_room() const { return state_ == State::replying && out_.empty(); }
  /// Whether nobody loses anything if it is closed: no request has arrived, or the last one has its
  /// answer and the client does not close.
  [[nodiscard]] bool is_idle() const { return state_ != State::replying; }
  [[nodiscard]] bool is_full() const { return full_; }
  /// When go_on() is due, whatever happens.
  [[nodiscard]] SteadyTime wake_at() const;
  /// Receives, replies and sends what it can without waiting. `revents` is poll()'s. Returns false
  /// when the connection is done.
  [[nodiscard]] bool go_on(short revents, SteadyTime now);

 private:
  enum class State { receiving, replying, closing };
  enum class Step { on, waits, over };

  [[nodiscard]] Step receive(SteadyTime now);
  [[nodiscard]] Step reply(SteadyTime now);
  [[nodiscard]] Step discard();
  [[nodiscard]] std::optional<bool> send(SteadyTime now);
  /// Whether the received bytes contain a request, or suffice to refuse one.
  [[nodiscard]] bool take_request(SteadyTime now);
  [[nodiscard]] bool take_head(std::string_view head, SteadyTime now);
  [[nodiscard]] bool take_body(SteadyTime now);
  void begin(SteadyTime now);
  void refuse(const Refusal& refusal);
  [[nodiscard]] SteadyTime deadline() const;

  Channel channel_;
  const Service* service_;
  bool full_;
  SteadyTime end_;    ///< Of the connection's life.
  SteadyTime since_;  ///< Of the state, or the last byte sent.
  State state_ = State::receiving;
  std::string in_;
  std::size_t empty_bytes_ = 0;     ///< Of the empty lines before the request.
  std::optional<Request> request_;  ///< Whose body is awaited.
  std::size_t body_ = 0;            ///< Its length.
  Outgoing out_;
  std::unique_ptr<Reply> reply_;
  bool replied_ = false;  ///< The reply is complete in out_.
  bool keeps_ = false;    ///< Another request may follow.
  bool again_ = false;    ///< Has stopped to let others have their turn.
  std::size_t discarded_ = 0;
};

}  // namespace headwater::serve
