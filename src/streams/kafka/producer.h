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

/// After any failure only settle() may be called, and then nothing: librdkafka's sequence numbers
/// are not trusted after an error (its issue 4438).
class Producer {
 public:
  /// Fences the previous owner of the transactional id and settles its open transaction: when this
  /// returns, that is either in the topics or never will be.
  static Result<std::unique_ptr<Producer>> take_over(const Options& options,
                                                     const Deadline& deadline);

  /// Sets where the partitions of the events end now. Called before the first append.
  void begin_at(std::vector<std::int64_t> ends) { ends_ = std::move(ends); }

  /// Writes events and state, with the new ends of the partitions, in one transaction. After a
  /// failure the result may be in doubt: see settled().
  Result<void> append(std::span<const Event> events, const State& state, const Deadline& deadline);

  /// Whether no transaction of this producer is in doubt.
  [[nodiscard]] bool settled() const { return settled_; }
  /// Settles a transaction in doubt. Returns true if it did so by a commit. After a retry error it
  /// is still in doubt.
  Result<bool> settle(const Deadline& deadline);

  /// Whether another append may use it: there was no error and no broken connection.
  [[nodiscard]] bool sound() const { return sound_ && client_->disconnections() == 0; }

 private:
  Producer(const Options& options, std::unique_ptr<Client> client)
      : options_(options), client_(std::move(client)) {}

  /// One that is going on.
  struct Append {
    std::span<const Event> events;
    const Deadline& deadline;
    std::size_t delivered = 0;  ///< Of the events; the broker has them.
    std::size_t sent = 0;       ///< Of the events, those delivered included.
  };
  /// A part of it for one partition.
  struct Batch {
    std::size_t bytes = 0;
    std::size_t records = 0;
  };

  [[nodiscard]] std::int32_t partition_for(const Event& event) const;
  [[nodiscard]] bool has_tombstone(const Event& event) const;
  Result<void> send(rd_kafka_topic_t* topic, Record& record, Append& append);
  Result<void> send_event(const Event& event, std::uint64_t sequence, std::int32_t partition,
                          Append& append);
  Result<void> send_all(const State& state, Append& append);
  Result<void> send_in_batches(const std::vector<std::int32_t>& partitions,
                               std::uint64_t before_first, Append& append);
  /// Waits until the broker has answered all that was sent.
  Result<void> deliver(Append& append);
  /// Commits it; names the event that the broker has refused.
  Result<void> finish(const Append& append);
  /// Why the transaction has failed: the library says so when it refuses the commit.
  Error why_failed(const Append& append);
  Result<void> commit(const Deadline& deadline);
  /// Aborts the transaction if possible. Returns `why`.
  Error abandon(Error why);
  /// The error of a failed call. A fatal failure settles everything.
  Error judge(const rd_kafka_error_t& failure, const std::string& what);
  Error judge(rd_kafka_resp_err_t code, const std::string& what);

  Options options_;
  std::unique_ptr<Client> client_;
  Topic events_;
  Topic positions_;
  std::vector<std::int64_t> ends_;
  Batch largest_batch_;  // that the library sends at once
  bool sound_ = true;
  bool settled_ = true;
};

}  // namespace headwater::kafka
