// One relay's writer to a topic.
//
// Why nothing is lost, repeated or out of order:
// - The events of an append and the record of the positions that says "the tail is now here" are
//   one transaction: both are in the topics or neither is (read_committed readers see nothing
//   else).
// - Only one producer can commit to a topic: its transactional id follows from the topic's name.
//   Taking it over (init_transactions) fences the previous producer, and commits or aborts its open
//   transaction before it returns. The tail is compared *after* that, so the comparison includes
//   any commit that was in progress, whoever made it. From then on the producer knows the tail
//   without asking: if anybody else had written, it would be fenced.
// - Others may also write to the positions (consumers that acknowledge, relays that share them).
//   Their open transactions hide what follows, including the tail, so the comparison waits until
//   nothing is hidden.
// - This assumes that the broker forgets nothing while the producer lives. After a broken
//   connection the broker may have come back in an older state. So the producer is dropped then,
//   and the next append takes over and compares again.
// - One of the two topics may have lost its end or been created again without the other (they may
//   be on different brokers). The record of the positions has the offsets at which its events end.
//   tail() compares them with the ends of the partitions, which needs no reading and waits for no
//   transaction; after a take-over the writer also checks for events after them. If they do not
//   agree, the relay stops: it would leave a gap or repeat events.
// - A producer that had any error is also dropped. So it does not matter whether librdkafka's
//   sequence numbers are right after an error (its issue 4438): nothing more is committed.
// - A commit without an answer is requested again (with the same producer, which fences nobody)
//   before tail() returns, so that this commit cannot change the tail later. If that fails, the
//   next take-over settles it before the comparison.
// - tail() reads up to the last stable offset and uses no transactional id, so a standby may call
//   it as often as it likes.
// - Kafka acknowledges a commit before readers see it. append(), or tail() if it has settled a
//   commit, waits until they do, so that every later read of the tail returns this one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

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
  /// How full the brokers are cannot be asked.
  Result<StreamRoom> room() override;
  /// Removes the owner of the topic; the sequences continue.
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
  /// The oldest record of a partition.
  struct Oldest {
    std::int64_t offset = -1;
    std::optional<WallTime> time{};
  };
  Result<Oldest> oldest_at(std::int32_t partition, std::int64_t offset, const Deadline& deadline);

  std::string relay_;
  Options options_;
  const Clock* clock_;
  std::size_t largest_ = options_.max_event;
  bool largest_known_ = false;
  std::unique_ptr<Asker> asker_;
  bool known_ = false;           ///< Both topics were there once.
  std::int32_t partitions_ = 0;  ///< Of the events, when asker_ was opened.
  std::vector<Oldest> oldest_;   ///< Of each partition, as room() last found it.
  std::unique_ptr<Client> follower_;
  std::optional<Partition> seen_;  // after follower_
  std::unique_ptr<Producer> producer_;
  State state_;  // as producer_ knows it, or will have it once it is settled
};

}  // namespace headwater::kafka
