// Messages sent to JetStream without waiting for each acknowledgement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/json/json.h"
#include "src/streams/nats/connection.h"
#include "src/streams/nats/handles.h"

namespace headwater::nats {

/// JetStream's answer to one message.
struct Ack {
  std::uint64_t sequence = 0;  ///< Of the stored message; 0 if it was refused.
  bool duplicate = false;      ///< The message id was known, and nothing was compared.
  int code = 0;                ///< JetStream's error code, if it was refused.
  std::string words{};
};

/// Parses JetStream's `answer`. An unreadable one becomes a refusal with a code that JetStream does
/// not use: the message may or may not be in the stream.
[[nodiscard]] Ack ack_from(std::string_view answer);

/// JetStream's code in the `error` of an answer. Never 0, which means success; -1 if it is
/// unreadable.
[[nodiscard]] int code_in(const Json& error);

struct Answer {
  std::size_t at = 0;  ///< The index of the message in the batch.
  Ack ack;
  bool empty = false;  ///< Only says that the message has arrived; `ack` is meaningless.
};

/// One batch of messages and the answers to them, which arrive at the connection's inbox. The
/// connection must outlive it and can have one batch at a time. One thread.
class Batch {
 public:
  static Result<Batch> begin(Connection& connection, std::stop_token stop = {});

  /// The reply subject of the next message, for whose acknowledgement next() waits. A message sent
  /// without it is not acknowledged.
  [[nodiscard]] std::string ask();
  /// Unique: no other batch ever has it.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Sends without waiting. `bytes`: its approximate size.
  Result<void> send(Message message, std::size_t bytes);
  [[nodiscard]] std::size_t sent() const { return sent_; }
  /// The bytes sent after the last message that is acknowledged.
  [[nodiscard]] std::size_t unanswered_bytes() const { return unanswered_bytes_; }
  /// Whether answers are still expected.
  [[nodiscard]] bool waits() const { return answered_ < asked_.size(); }
  /// Answers come in the order of the messages. Blocks until the next one, for as long as the
  /// messages since the previous one may take, because each answer shows that the connection works.
  /// Fails with retry if there is none or a stop is requested: the message may or may not be in the
  /// stream.
  Result<Answer> next();

 private:
  Batch(const Connection& connection, std::string name, natsSubscription* answers,
        std::stop_token stop)
      : connection_(&connection),
        name_(std::move(name)),
        answers_(answers),
        stop_(std::move(stop)) {}

  [[nodiscard]] bool is_ours(natsMsg* answer) const;
  natsStatus wait_for(Message& answer, Milliseconds wait);

  const Connection* connection_;
  std::string name_;
  natsSubscription* answers_;  ///< The connection's.
  std::stop_token stop_;
  std::size_t sent_ = 0;
  std::size_t unanswered_bytes_ = 0;
  struct Asked {
    std::size_t at;
    std::size_t bytes = 0;  ///< Sent since the previous one, including its own.
  };
  std::vector<Asked> asked_;  ///< The messages that are acknowledged.
  std::size_t answered_ = 0;  ///< Of these.
  /// Sent, not yet freed: the library frees in a thread of its own, which each time must be woken.
  std::vector<Message> spent_;
  std::size_t spent_bytes_ = 0;
};

}  // namespace headwater::nats
