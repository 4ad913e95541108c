// A connection to a NATS server or cluster, and what is asked of JetStream over it.
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

/// How long an answer is waited for.
constexpr Milliseconds patience{4'000};
/// Where much has to get through before it: this long at the most, so that a relay that is told to
/// end does.
constexpr Milliseconds most_patience{15'000};
/// The slowest way to a server that is waited for without trouble: a megabit a second, which is
/// what is left of a small site's uplink.
constexpr std::size_t least_bytes_a_second = std::size_t{128} << 10U;

/// For an answer that comes only when so many bytes have got through.
[[nodiscard]] constexpr Milliseconds patience_for(std::size_t bytes) {
  constexpr std::size_t second = 1'000;
  // Without overflow: as much as that takes longer than anything is waited for.
  if (bytes / least_bytes_a_second >= most_patience.count() / second) return most_patience;
  return std::min(most_patience, patience + Milliseconds(bytes * second / least_bytes_a_second));
}

/// Which stream that is: one that is deleted and made again, by a person or with its server, was
/// created at another time. A restored one was not.
[[nodiscard]] inline std::string life_of(const jsStreamInfo& info) {
  return std::to_string(info.Created);
}

/// Messages of a stream as they come, in order and without a gap. The connection must outlive it.
class Delivery {
 public:
  Delivery(natsConnection* connection, Handle<natsSubscription> subscription)
      : connection_(connection), subscription_(std::move(subscription)) {}
  /// Closes the connection if the server does not answer any more.
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

/// Any one thread at a time. Every call blocks for at most `patience`, or `most_patience` where a
/// message is brought. It is never mended by itself: after a failure it is closed and another one
/// opened, so that no answer is taken for another's.
class Connection {
 public:
  static Result<Connection> open(const Options& options);

  /// What went wrong while `doing`; `code` is JetStream's number, 0 for none.
  [[nodiscard]] Error error_of(const std::string& doing, natsStatus status, int code) const;

  [[nodiscard]] natsConnection* nats() const { return connection_.get(); }
  [[nodiscard]] jsCtx* jetstream() const { return jetstream_.get(); }

  /// Fails with stream.no_jetstream where nobody answers for JetStream: for when somebody sets it
  /// up. To a relay at work that is a server that starts.
  Result<void> has_jetstream() const;
  /// What the account uses, and may use.
  Result<Handle<jsAccountInfo>> account() const;
  /// Fails with stream.not_prepared where the stream is not there.
  Result<Handle<jsStreamInfo>> info(const std::string& stream) const;
  /// The message with this sequence, or null. From the stream's leader.
  Result<Message> message(const std::string& stream, std::uint64_t sequence) const;
  /// Deletes this message, if it is there.
  Result<void> remove(const std::string& stream, std::uint64_t sequence) const;
  /// The last message with a subject that this one covers, or null. From the stream's leader.
  Result<Message> last(const std::string& stream, const std::string& subject) const;

  enum class Read { whole, headers };
  /// Its messages with this subject, in order, as they come; leaves no trace on the server.
  Result<Delivery> read(const std::string& stream, const std::string& subject, std::uint64_t from,
                        Read what) const;

  /// Where answers to messages arrive: at every subject that begins so and goes on with a point.
  struct Inbox {
    std::string prefix;
    natsSubscription* answers = nullptr;  ///< The connection's.
  };
  Result<Inbox> inbox();

  /// What is kept beside the stream under a key, and which writing of it that is.
  struct Beside {
    std::string value;  ///< Empty for nothing.
    std::uint64_t revision = 0;
  };
  Result<Beside> beside(const std::string& stream, const std::string& key) const;
  /// False, and nothing is written, if another writing came after `revision`.
  Result<bool> put_beside(const std::string& stream, const std::string& key,
                          const std::string& value, std::uint64_t revision) const;
  Result<void> remove_beside(const std::string& stream, const std::string& key) const;
  /// Makes the place for it.
  Result<void> make_beside(const std::string& stream, int replicas) const;

 private:
  Connection() = default;
  Result<Handle<kvStore>> bucket(const std::string& stream) const;

  std::string inbox_;
  Handle<natsSubscription> answers_;  ///< Goes after the connection, see ~Delivery.
  Handle<natsConnection> connection_;
  Handle<jsCtx> jetstream_;
};

}  // namespace headwater::nats
