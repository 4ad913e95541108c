// A connection to a NATS server or cluster, and the JetStream requests over it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/streams/nats/handles.h"
#include "src/streams/nats/nats.h"

namespace headwater::nats {

/// How long an answer may take.
constexpr Milliseconds patience{4'000};
/// The longest time for an answer that comes after many bytes, so that a relay can still be
/// stopped.
constexpr Milliseconds most_patience{15'000};
/// The slowest supported connection: a megabit a second, the rest of a small site's uplink.
constexpr std::size_t least_bytes_a_second = std::size_t{128} << 10U;

/// For an answer that comes after so many bytes.
[[nodiscard]] constexpr Milliseconds patience_for(std::size_t bytes) {
  constexpr std::size_t second = 1'000;
  // Avoids an overflow.
  if (bytes / least_bytes_a_second >= most_patience.count() / second) return most_patience;
  return std::min(most_patience, patience + Milliseconds(bytes * second / least_bytes_a_second));
}

/// Identifies the stream: one that is deleted and created again has another creation time. A
/// restored one has the same.
[[nodiscard]] inline std::string life_of(const jsStreamInfo& info) {
  return std::to_string(info.Created);
}

/// The messages of a stream, in order and without a gap. The connection must outlive it.
class Delivery {
 public:
  Delivery(natsConnection* connection, Handle<natsSubscription> subscription)
      : connection_(connection), subscription_(std::move(subscription)) {}
  /// Closes the connection if the server no longer answers.
  ~Delivery();
  Delivery(Delivery&&) = default;
  Delivery& operator=(Delivery&&) = delete;

  /// NATS_TIMEOUT if none comes in time; ends with another status when `stop` is requested.
  natsStatus next(Message& message, Milliseconds wait, const std::stop_token& stop = {});

 private:
  natsConnection* connection_;
  Handle<natsSubscription> subscription_;
  std::uint64_t delivered_ = 0;
};

/// One thread at a time. Each call blocks for at most `patience`, or `most_patience` if it fetches
/// a message. It does not reconnect: after a failure it is closed and another one opened, so that
/// no answer is matched to the wrong request.
class Connection {
 public:
  static Result<Connection> open(const Options& options);

  /// The error of a failed call; `doing` says which. `code` is JetStream's error code, or 0.
  [[nodiscard]] Error error_of(const std::string& doing, natsStatus status, int code) const;

  [[nodiscard]] natsConnection* nats() const { return connection_.get(); }
  [[nodiscard]] jsCtx* jetstream() const { return jetstream_.get(); }

  /// Fails with stream.no_jetstream if JetStream does not answer. For `init` and `check`; for a
  /// running relay, that is a server that is starting.
  Result<void> has_jetstream() const;
  /// The account's usage and limits.
  Result<Handle<jsAccountInfo>> account() const;
  /// Fails with stream.not_prepared if the stream does not exist.
  Result<Handle<jsStreamInfo>> info(const std::string& stream) const;
  /// The message with this sequence, or null. From the stream's leader.
  Result<Message> message(const std::string& stream, std::uint64_t sequence) const;
  /// Deletes the message, if it exists.
  Result<void> remove(const std::string& stream, std::uint64_t sequence) const;
  /// The last message whose subject matches, or null. From the stream's leader.
  Result<Message> last(const std::string& stream, const std::string& subject) const;

  enum class Read { whole, headers };
  /// Its messages with this subject, in order, as they arrive. Leaves nothing on the server.
  Result<Delivery> read(const std::string& stream, const std::string& subject, std::uint64_t from,
                        Read what) const;

  /// Answers to messages arrive at all subjects that begin with `prefix` and a dot.
  struct Inbox {
    std::string prefix;
    natsSubscription* answers = nullptr;  ///< The connection's.
  };
  Result<Inbox> inbox();

  /// A value of the stream's key-value bucket, and its revision.
  struct Beside {
    std::string value;  ///< Empty if there is none.
    std::uint64_t revision = 0;
  };
  Result<Beside> beside(const std::string& stream, const std::string& key) const;
  /// Returns false, and writes nothing, if the revision is no longer `revision`.
  Result<bool> put_beside(const std::string& stream, const std::string& key,
                          const std::string& value, std::uint64_t revision) const;
  Result<void> remove_beside(const std::string& stream, const std::string& key) const;
  /// Creates the bucket.
  Result<void> make_beside(const std::string& stream, int replicas) const;

 private:
  Connection() = default;
  Result<Handle<kvStore>> bucket(const std::string& stream) const;

  std::string inbox_;
  Handle<natsSubscription> answers_;  ///< Destroyed after the connection, see ~Delivery.
  Handle<natsConnection> connection_;
  Handle<jsCtx> jetstream_;
};

}  // namespace headwater::nats
