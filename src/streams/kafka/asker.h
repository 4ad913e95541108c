// Questions about what stands in the topics now: committed transactions only, if nothing else is
// said.
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

/// Offsets: of the first record that is still there, and behind the last whose fate is settled or,
/// of what is undecided as well, behind the last.
struct Ends {
  std::int64_t low = 0;
  std::int64_t end = 0;
};

/// Reads one partition from an offset on; nothing before start().
class Partition {
 public:
  /// `wake`, if not null, is signalled when there is something to take; it must outlive the client.
  Partition(const Client& client, Topic topic, std::int32_t number, Wake* wake);
  ~Partition();
  Partition(Partition&&) noexcept = default;
  Partition& operator=(Partition&&) = delete;
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  /// Anew, if it was started before. False: rd_kafka_last_error() says why.
  [[nodiscard]] bool start(std::int64_t offset);
  void stop();
  /// A record, or an event such as the end (see rd_kafka_message_t::err); null if there is none
  /// within this time.
  [[nodiscard]] Message next(int milliseconds) const;
  [[nodiscard]] rd_kafka_topic_t* topic() const { return topic_.get(); }
  [[nodiscard]] std::int32_t number() const { return number_; }

 private:
  Topic topic_;
  Queue queue_;
  std::int32_t number_;
  bool started_ = false;
};

/// The offset of this logical place of a partition: RD_KAFKA_OFFSET_BEGINNING or _END, which is
/// behind what is settled or, for a surveyor, behind everything.
Result<std::int64_t> offset_at(const Client& client, const std::string& topic,
                               std::int32_t partition, std::int64_t place,
                               const Deadline& deadline);

/// The same of its first `count` partitions, in one request to each broker.
Result<std::vector<std::int64_t>> offsets_at(const Client& client, const std::string& topic,
                                             std::int32_t count, std::int64_t place,
                                             const Deadline& deadline);

class Asker {
 public:
  /// Of committed transactions; Role::surveyor: of whatever is there.
  static Result<std::unique_ptr<Asker>> open(const Options& options, Role role = Role::asker);

  struct Found {
    State state;
    std::int64_t end = 0;  ///< Where the positions go on.
  };
  /// The state of the topic of events. Fails with `stream.position_lost` if there are events and no
  /// position: to begin anew would repeat them. While it may only be hidden: `stream.undecided`.
  Result<Found> state(const Deadline& deadline);
  /// The last record of the positions with this key; null if there is none. `end`, if not null,
  /// gets the offset behind all that was looked at.
  Result<Message> last(const std::string& key, const Deadline& deadline,
                       std::int64_t* end = nullptr);

  /// Fails with `stream.events_lost` if the events end before where this state, which was read
  /// before, has them end. `partitions`: how many they have now.
  Result<void> whole(const State& state, std::int32_t partitions, const Deadline& deadline);
  /// Where each of so many partitions of the events ends. If there are committed events after those
  /// that `state` goes with, it fails: with `stream.conflict` where the positions have moved on
  /// since, too, else with `stream.position_lost`. For when nothing is undecided.
  Result<std::vector<std::int64_t>> ends_of(const State& state, std::int32_t partitions,
                                            const Deadline& deadline);

  Result<std::int32_t> partitions(const std::string& topic, const Deadline& deadline);
  Result<Ends> ends(const std::string& topic, std::int32_t partition, const Deadline& deadline);
  /// One that sees what is undecided as well. It is this one's.
  Result<Asker*> surveyor();
  /// Waits a little until whatever stands in the positions now is committed or aborted: what comes
  /// behind an open transaction is not to be seen. Fails with `stream.undecided`, retry.
  Result<void> wait_until_decided(const Deadline& deadline);
  /// The first record at this offset or behind it; null if there is none.
  Result<Message> first(const std::string& topic, std::int32_t partition, std::int64_t offset,
                        const Deadline& deadline);
  [[nodiscard]] const Client& client() const { return *client_; }

 private:
  Asker(const Options& options, std::unique_ptr<Client> client)
      : options_(options), client_(std::move(client)) {}
  Result<Partition*> partition(const std::string& topic, std::int32_t number);
  Error later_event(const State& state, std::uint64_t sequence, const Deadline& deadline);
  /// Whether no event was ever there.
  Result<bool> empty(const Deadline& deadline);
  /// The last record with this key in the partition between these offsets; null if there is none.
  Result<Message> last_from(Partition& from, const std::string& key, std::int64_t begin,
                            std::int64_t end, const Deadline& deadline);

  Options options_;
  std::unique_ptr<Client> client_;
  std::map<std::pair<std::string, std::int32_t>, Partition> started_;  // after client_
  std::unique_ptr<Asker> surveyor_;
};

}  // namespace headwater::kafka
