// A logged-in connection to one Redis.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/network/transport.h"
#include "src/streams/redis/redis.h"
#include "src/streams/redis/reply.h"

namespace headwater::redis {

/// How long the other side may be silent before it counts as down.
constexpr Milliseconds usual_patience{5'000};

/// After an error that is not an error reply it cannot be used any more, because answers would be
/// matched to the wrong commands. One thread.
class Connection {
 public:
  /// Connects and, if there are credentials, logs in.
  static Result<Connection> open(const Server& server);

  /// Sends one command and returns its answer. An error reply is an Error. Fails with
  /// `stream.stopped` if `wake` (a descriptor, or -1) becomes readable before the answer comes; that
  /// is an error as any other.
  Result<Answer> call(std::span<const std::string_view> words,
                      Milliseconds patience = usual_patience, int wake = -1);
  Result<Answer> call(std::initializer_list<std::string_view> words,
                      Milliseconds patience = usual_patience);

  /// The two halves of call(). Without an answer, `wake` came first.
  Result<void> send(std::span<const std::string_view> words);
  Result<std::optional<Answer>> receive(Milliseconds patience, int wake);

  [[nodiscard]] const std::string& server() const { return server_; }

 private:
  Connection(network::Transport transport, std::string server);
  Result<void> log_in(const Server& server);
  Result<void> send(const std::string& text);
  /// receive(), but error replies are returned as answers.
  Result<std::optional<Answer>> receive_any(Milliseconds patience, int wake);

  network::Transport transport_;
  AnswerParser parser_;
  std::string server_;
};

}  // namespace headwater::redis
