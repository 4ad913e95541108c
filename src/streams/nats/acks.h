// Messages sent to JetStream ahead of their acknowledgements.
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

/// What JetStream answered to one message.
struct Ack {
  std::uint64_t sequence = 0;  ///< Where it stands; 0 if it was refused.
  bool duplicate = false;      ///< Its message id was there already, and nothing was compared.
  int code = 0;                ///< JetStream's number for why it was refused.
  std::string words{};
};

/// What JetStream's `answer` says. One that cannot be read is a refusal whose code JetStream does
/// not have: the message may or may not be in the stream.
[[nodiscard]] Ack ack_from(std::string_view answer);

/// JetStream's number in the `error` of an answer. Never 0, which stands for success; -1 if it
/// cannot be read.
[[nodiscard]] int code_in(const Json& error);

struct Answer {
  std::size_t at = 0;  ///< To which message of the batch.
  Ack ack;
  bool empty = false;  ///< Says only that the message came; `ack` says nothing.
};

/// One batch of messages and the answers to them, which come to the connection's inbox. The
/// connection must outlive it, and have one batch at a time. One thread.
class Batch {
 public:
  static Result<Batch> begin(Connection& connection, std::stop_token stop = {});

  /// Where the next message's acknowledgement has to go, which next() waits for. A message that is
  /// sent without this is not answered.
  [[nodiscard]] std::string ask();
  /// Unique for ever: no other batch has it.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Sends without waiting. `bytes`: about how large it is.
  Result<void> send(Message message, std::size_t bytes);
  [[nodiscard]] std::size_t sent() const { return sent_; }
  /// Of these, the bytes behind the last one that is answered.
  [[nodiscard]] std::size_t unanswered_bytes() const { return unanswered_bytes_; }
  /// Answers are to come.
  [[nodiscard]] bool waits() const { return answered_ < asked_.size(); }
  /// The answers come in the order of the messages. Blocks until the next one is there, for as long
  /// as the messages since the one before may take: each that comes shows that the way is sound.
  /// Fails with retry where there is none, or a stop is requested: the message may or may not be in
  /// the stream.
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
    std::size_t bytes = 0;  ///< Sent since the one before, with its own.
  };
  std::vector<Asked> asked_;  ///< The messages that are answered.
  std::size_t answered_ = 0;  ///< Of these.
  /// Sent, and not yet freed: the library does that in a thread of its own, which is woken for it.
  std::vector<Message> spent_;
  std::size_t spent_bytes_ = 0;
};

}  // namespace headwater::nats
