// A logged-in connection to one Redis.
#pragma once

#include <hiredis.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/streams/redis/transport.h"

namespace headwater::redis {

/// One answer, or a part of one. A view of an Answer's content.
class Reply {
 public:
  explicit Reply(const redisReply* reply) : reply_(reply) {}

  /// The text of a string, a status or an error; the digits of an integer; otherwise empty.
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] std::int64_t integer() const { return reply_->integer; }
  [[nodiscard]] bool nil() const { return reply_->type == REDIS_REPLY_NIL; }
  [[nodiscard]] bool failed() const { return reply_->type == REDIS_REPLY_ERROR; }
  /// The size of a list; otherwise 0.
  [[nodiscard]] std::size_t size() const;
  /// An element of a list; empty text after its end.
  [[nodiscard]] Reply operator[](std::size_t at) const;
  /// The value of `name` in a list of names and values.
  [[nodiscard]] std::optional<Reply> find(std::string_view name) const;

 private:
  const redisReply* reply_;
};

/// Owns a reply.
class Answer {
 public:
  explicit Answer(void* reply) : reply_(static_cast<redisReply*>(reply)) {}
  [[nodiscard]] Reply get() const { return Reply(reply_.get()); }

 private:
  struct Free {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
  };
  std::unique_ptr<redisReply, Free> reply_;
};

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
  Connection(Transport transport, std::string server);
  Result<void> log_in(const Server& server);
  /// receive(), but error replies are returned as answers.
  Result<std::optional<Answer>> receive_any(Milliseconds patience, int wake);

  struct Free {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };
  Transport transport_;
  std::unique_ptr<redisReader, Free> reader_;
  std::string server_;
};

}  // namespace headwater::redis
