// One relay's way into a topic.
//
// Why nothing is lost, repeated or out of order:
// - The events of an append and the record of the positions that says "the tail is now here" are
//   one transaction: both are in the topics or neither is (read_committed readers see no other).
// - Only one producer can commit to a topic: its transactional id follows from the topic's name.
//   Taking it over (init_transactions) fences the one before, and commits or aborts what that one
//   had begun before it returns. The tail is compared *after* that, so that a commit that was on
//   its way, whoever's it was, is in what is compared. From then on the producer knows the tail
//   without asking: had anybody else written, it would be fenced.
// - Others may write to the positions as well (consumers that acknowledge; relays that share them).
//   A transaction of theirs that is open hides what comes behind it, and with that the tail: the
//   comparison waits until nothing is hidden.
// - What this presumes is that the broker forgets nothing while the producer lives. A connection
//   that broke may mean a broker that came back older, so then the producer is dropped: the next
//   append takes over anew and compares again.
// - One of the two topics may have lost its end, or be another, and the other not (they may be on
//   different brokers). The record of the positions says at which offsets its events end. Whoever
//   asks for the tail compares that with where the partitions end, which needs no reading and waits
//   for no transaction; whoever has taken over looks as well whether events are behind it. If they
//   do not agree the relay stops: going on would leave a gap, or repeat.
// - A producer that had any error is dropped as well. Whether librdkafka's sequence numbers are
//   still right after an error (its issue 4438) does not matter, as nothing more is committed.
// - A commit without an answer is asked for again (with the same producer: that fences nobody)
//   before tail() answers, so that the tail cannot change behind the core's back by that commit. If
//   it is not to be settled, it is by the next take-over, before the comparison.
// - tail() reads, up to the last stable offset, and touches no transactional id: a standby may ask
//   as often as it likes.
// - Kafka acknowledges a commit before readers see it. append(), or tail() if it has settled one,
//   waits until they do, so that whoever asks for the tail afterwards gets this one.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "src/ports/stream.h"
#include "src/streams/kafka/asker.h"
#include "src/streams/kafka/kafka.h"
#include "src/streams/kafka/producer.h"

namespace headwater::kafka {

class Writer final : public StreamWriter {
 public:
  Writer(std::string relay, Options options, const Clock& clock);

  using StreamWriter::append;
  using StreamWriter::tail;
  Result<Durable> tail(std::stop_token stop) override;
  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source,
                         std::stop_token stop) override;
  /// Retention is the broker's.
  [[nodiscard]] StreamLimits limits() const override { return {.event = largest_}; }
  Result<bool> maintain() override { return false; }
  /// The topic belongs to nobody from now on; the numbers go on.
  Result<bool> forget();

 private:
  Result<Durable> tail_within(const Deadline& deadline);
  Result<Durable> append_within(const Tail& expected, std::span<const Event> events,
                                const Position& position, const std::string& source,
                                const Deadline& deadline);
  Result<void> settle(const Deadline& deadline);
  [[nodiscard]] Error explained(Error error);
  enum class Loss { stops, is_forgotten };
  /// The state now, of this relay or of nobody.
  Result<Asker::Found> look(const Deadline& deadline, Loss loss);
  void learn_largest(const Deadline& deadline);
  [[nodiscard]] std::optional<std::size_t> topics_limit(const Deadline& deadline) const;
  [[nodiscard]] Options with_batches_that_fit(const Deadline& deadline) const;
  Result<void> take_over(const Tail& expected, const Deadline& deadline, Loss loss);
  Result<Tail> write(std::span<const Event> events, State next, const Deadline& deadline);
  /// Until readers see state_.
  Result<void> wait_until_seen(const Deadline& deadline);
  Error mismatch(const Tail& found) const;

  std::string relay_;
  Options options_;
  const Clock* clock_;
  std::size_t largest_ = options_.max_event;
  bool largest_known_ = false;
  std::unique_ptr<Asker> asker_;
  bool known_ = false;           ///< Both topics were there once.
  std::int32_t partitions_ = 0;  ///< Of the events, when asker_ was opened.
  std::unique_ptr<Client> follower_;
  std::optional<Partition> seen_;  // after follower_
  std::unique_ptr<Producer> producer_;
  State state_;  // as producer_ knows it, or will have it once it is settled
};

}  // namespace headwater::kafka
