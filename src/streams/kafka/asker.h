// Queries of the topics' present content. Unless stated otherwise, of committed transactions only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/base/wake.h"
#include "src/streams/kafka/client.h"
#include "src/streams/kafka/record.h"

namespace headwater::kafka {

/// The offset of the first record that still exists, and the offset after the last one: the last
/// stable one, or for a surveyor the last of all.
struct Ends {
  std::int64_t low = 0;
  std::int64_t end = 0;
};

/// Reads one partition from an offset. Reads nothing before start().
class Partition {
 public:
  /// `wake`, if not null, is signalled when there is something to read. It must outlive the client.
  Partition(const Client& client, Topic topic, std::int32_t number, Wake* wake);
  ~Partition();
  Partition(Partition&&) noexcept = default;
  Partition& operator=(Partition&&) = delete;
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  /// Restarts, if it was started before. Returns false on failure: see rd_kafka_last_error().
  [[nodiscard]] bool start(std::int64_t offset);
  void stop();
  /// A record, or an event such as the end (see rd_kafka_message_t::err). Null if none comes in
  /// time.
  [[nodiscard]] Message next(int milliseconds);
  [[nodiscard]] rd_kafka_topic_t* topic() const { return topic_.get(); }
  [[nodiscard]] std::int32_t number() const { return number_; }

 private:
  Topic topic_;
  Queue queue_;
  std::int32_t number_;
  bool started_ = false;
  std::vector<Message> taken_;  // from the queue; the next one is the last
};

/// The offset of a logical offset of a partition: RD_KAFKA_OFFSET_BEGINNING or _END, which is the
/// last stable offset or, for a surveyor, the end.
Result<std::int64_t> offset_at(const Client& client, const std::string& topic,
                               std::int32_t partition, std::int64_t place,
                               const Deadline& deadline);

/// The same for its first `count` partitions, in one request to each broker.
Result<std::vector<std::int64_t>> offsets_at(const Client& client, const std::string& topic,
                                             std::int32_t count, std::int64_t place,
                                             const Deadline& deadline);

class Asker {
 public:
  /// Sees committed transactions; as Role::surveyor, also open ones.
  static Result<std::unique_ptr<Asker>> open(const Options& options, Role role = Role::asker);

  struct Found {
    State state;
    std::int64_t end = 0;  ///< Where the positions continue.
  };
  /// The state of the topic of events. Fails with `stream.position_lost` if there are events but no
  /// position, because a new start would repeat them. If an open transaction may hide the position,
  /// fails with `stream.undecided`.
  Result<Found> state(const Deadline& deadline);
  /// The last record of the positions with this key, or null. `end`, if not null, receives the
  /// offset after everything that was read.
  Result<Message> last(const std::string& key, const Deadline& deadline,
                       std::int64_t* end = nullptr);

  /// Fails with `stream.events_lost` if the events end before the ends in `state`, which was read
  /// earlier. `partitions`: their present number.
  Result<void> whole(const State& state, std::int32_t partitions, const Deadline& deadline);
  /// The ends of the first `partitions` partitions of the events. If there are committed events
  /// after those of `state`, fails with `stream.conflict` if the positions have also moved, and
  /// otherwise with `stream.position_lost`. No transaction may be open.
  Result<std::vector<std::int64_t>> ends_of(const State& state, std::int32_t partitions,
                                            const Deadline& deadline);

  Result<std::int32_t> partitions(const std::string& topic, const Deadline& deadline);
  Result<Ends> ends(const std::string& topic, std::int32_t partition, const Deadline& deadline);
  /// A surveyor, owned by this one.
  Result<Asker*> surveyor();
  /// Waits a little until everything in the positions is committed or aborted, because an open
  /// transaction hides what follows it. Fails with retry, `stream.undecided`.
  Result<void> wait_until_decided(const Deadline& deadline);
  /// The first record at or after this offset, or null.
  Result<Message> first(const std::string& topic, std::int32_t partition, std::int64_t offset,
                        const Deadline& deadline);
  [[nodiscard]] const Client& client() const { return *client_; }

 private:
  Asker(const Options& options, std::unique_ptr<Client> client)
      : options_(options), client_(std::move(client)) {}
  Result<Partition*> partition(const std::string& topic, std::int32_t number);
  Error later_event(const State& state, std::uint64_t sequence, const Deadline& deadline);
  /// Whether the topic never had an event.
  Result<bool> empty(const Deadline& deadline);
  /// The last record with this key between these offsets of the partition, or null.
  Result<Message> last_from(Partition& from, const std::string& key, std::int64_t begin,
                            std::int64_t end, const Deadline& deadline);

  Options options_;
  std::unique_ptr<Client> client_;
  std::map<std::pair<std::string, std::int32_t>, Partition> started_;  // after client_
  std::unique_ptr<Asker> surveyor_;
};

}  // namespace headwater::kafka
