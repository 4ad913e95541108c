// A transactional producer: the only one that can write to its topic until another takes over.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "src/streams/kafka/client.h"
#include "src/streams/kafka/record.h"

namespace headwater::kafka {

/// After anything but success it is good for nothing but settle(), and then for nothing at all:
/// what librdkafka makes of its sequence numbers after an error is not relied upon (its issue
/// 4438).
class Producer {
 public:
  /// Fences whoever had the transactional id, and settles what that one had begun: when this
  /// returns, it is in the topics for good or never will be.
  static Result<std::unique_ptr<Producer>> take_over(const Options& options,
                                                     const Deadline& deadline);

  /// Where the partitions of the events end now, for everybody. Before the first append.
  void begin_at(std::vector<std::int64_t> ends) { ends_ = std::move(ends); }

  /// Events and state, with the ends they make, in one transaction. On failure the state may be in
  /// doubt: see settled().
  Result<void> append(std::span<const Event> events, const State& state, const Deadline& deadline);

  /// Whether nothing of this producer may still come to be.
  [[nodiscard]] bool settled() const { return settled_; }
  /// Brings about that nothing is in doubt, and says whether that was by a commit now; if it fails
  /// with retry, something still is.
  Result<bool> settle(const Deadline& deadline);

  /// Whether it may be used for another append: no error and no broken connection so far.
  [[nodiscard]] bool sound() const { return sound_ && client_->disconnections() == 0; }

 private:
  Producer(const Options& options, std::unique_ptr<Client> client)
      : options_(options), client_(std::move(client)) {}
  Result<void> send(rd_kafka_topic_t* topic, Record& record, const Deadline& deadline);
  [[nodiscard]] std::int32_t partition_for(const Event& event) const;
  [[nodiscard]] bool has_tombstone(const Event& event) const;
  Result<void> send_event(const Event& event, std::uint64_t sequence, std::int32_t partition,
                          const Deadline& deadline);
  Result<void> send_all(std::span<const Event> events, const State& state,
                        const Deadline& deadline);
  Result<void> commit(const Deadline& deadline);
  /// Ends the transaction as far as that can be done; gives `why` back.
  Error abandon(Error why);
  /// What a failed call means; a fatal failure settles everything.
  Error judge(const rd_kafka_error_t& failure, const std::string& what);

  Options options_;
  std::unique_ptr<Client> client_;
  Topic events_;
  Topic positions_;
  std::vector<std::int64_t> ends_;
  bool sound_ = true;
  bool settled_ = true;
};

}  // namespace headwater::kafka
