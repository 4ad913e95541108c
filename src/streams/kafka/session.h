// A reader's connections, and its place in each partition.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/wake.h"
#include "src/event/known_names.h"
#include "src/streams/kafka/asker.h"

namespace headwater::kafka {

/// A call that asks each partition gives each of them the whole deadline.
class Session {
 public:
  static Result<std::unique_ptr<Session>> open(const Options& options, const Deadline& deadline);

  /// The last committed sequence that it knows.
  [[nodiscard]] std::uint64_t last() const { return last_; }
  /// The life of the two topics; empty before the first append to them.
  [[nodiscard]] const std::string& life() const { return life_; }
  /// Asks for it instead of waiting for it.
  Result<void> refresh(const Deadline& deadline);
  /// Reads the new positions.
  Result<void> listen();
  /// The next event read is the first with this sequence or a later one.
  Result<void> seek(std::uint64_t from, const Deadline& deadline);
  /// The smallest sequence that the next event can have.
  [[nodiscard]] std::uint64_t next() const { return next_; }

  /// The event at next(), or the first after it if that is gone. Null if it has not arrived.
  Result<const StoredEvent*> peek(const Deadline& deadline);
  /// Removes and returns the event that peek() returned.
  StoredEvent take();

  /// The first sequence that still exists.
  Result<std::optional<std::uint64_t>> first(const Deadline& deadline);
  [[nodiscard]] Asker& asker() { return *asker_; }
  [[nodiscard]] const Wake& wake() const { return wake_; }
  [[nodiscard]] Error late() const;

 private:
  struct Place {
    Partition partition;
    std::optional<StoredEvent> head{};
    std::int64_t done = 0;  ///< Everything before this offset was read.
    std::int64_t high = 0;  ///< The end of the partition when survey() asked.
  };

  explicit Session(Options options) : options_(std::move(options)) {}
  Result<void> start(const Deadline& deadline);
  /// Fails with `stream.recreated` if it belongs to another life.
  Result<void> hear(const State& state);
  Result<Place*> add_place();
  /// Adds the partitions that were created since.
  Result<void> grow(const Deadline& deadline);
  Result<void> fill(Place& place);
  /// Asks for the ends of all partitions, for the gap at next().
  Result<void> survey(const Deadline& deadline);
  Result<std::int64_t> offset_of(std::uint64_t sequence, std::int32_t partition,
                                 const Deadline& deadline);

  Options options_;
  Wake wake_;
  std::unique_ptr<Asker> asker_;
  std::unique_ptr<Client> follower_;
  std::optional<Partition> positions_;
  KnownNames known_;
  std::vector<Place> places_;
  Place* found_ = nullptr;
  std::int64_t heard_ = 0;  ///< Offset in the positions after what listen() read.
  std::string life_;
  std::uint64_t last_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t surveyed_ = 0;  ///< Events up to this one are before the ends that survey() found.
  std::uint64_t counted_ = 0;   ///< Events up to this one are in these partitions.
};

}  // namespace headwater::kafka
