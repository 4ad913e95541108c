// A reader's connections, and where it is in each partition.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/wake.h"
#include "src/streams/kafka/asker.h"

namespace headwater::kafka {

/// What asks each partition gives each as long as the deadline allows.
class Session {
 public:
  static Result<std::unique_ptr<Session>> open(const Options& options, const Deadline& deadline);

  /// The last sequence that is committed, as far as it has been heard of.
  [[nodiscard]] std::uint64_t last() const { return last_; }
  /// Of the two topics; empty while nothing was ever appended to them.
  [[nodiscard]] const std::string& life() const { return life_; }
  /// Asks for it, instead of waiting to be told.
  Result<void> refresh(const Deadline& deadline);
  /// Takes what has come of the positions.
  Result<void> listen();
  /// The next event read is the first with this sequence or a later one.
  Result<void> seek(std::uint64_t from, const Deadline& deadline);
  /// The sequence that the next event has at least.
  [[nodiscard]] std::uint64_t next() const { return next_; }

  /// The event at next(), or the first behind it if that is gone; null if it has not come yet.
  Result<const StoredEvent*> peek(const Deadline& deadline);
  /// The one that peek() gave.
  StoredEvent take();

  /// The first sequence that is still there.
  Result<std::optional<std::uint64_t>> first(const Deadline& deadline);
  [[nodiscard]] Asker& asker() { return *asker_; }
  [[nodiscard]] const Wake& wake() const { return wake_; }
  [[nodiscard]] Error late() const;

 private:
  struct Place {
    Partition partition;
    std::optional<StoredEvent> head{};
    std::int64_t done = 0;  ///< All before this offset has been taken.
    std::int64_t high = 0;  ///< Where the partition ended when survey() asked.
  };

  explicit Session(Options options) : options_(std::move(options)) {}
  Result<void> start(const Deadline& deadline);
  /// Fails with `stream.made_anew` if it is of another life.
  Result<void> hear(const State& state);
  Result<Place*> add_place();
  /// Takes up the partitions that somebody has added.
  Result<void> grow(const Deadline& deadline);
  Result<void> fill(Place& place);
  /// For the gap at next(): where all partitions end now.
  Result<void> survey(const Deadline& deadline);
  Result<std::int64_t> offset_of(std::uint64_t sequence, std::int32_t partition,
                                 const Deadline& deadline);

  Options options_;
  Wake wake_;
  std::unique_ptr<Asker> asker_;
  std::unique_ptr<Client> follower_;
  std::optional<Partition> positions_;
  std::vector<Place> places_;
  Place* found_ = nullptr;
  std::int64_t heard_ = 0;  ///< Offset in the positions behind what listen() has taken.
  std::string life_;
  std::uint64_t last_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t surveyed_ = 0;  ///< Events up to this one are before where survey() found the ends.
  std::uint64_t counted_ = 0;   ///< Events up to this one are in no other partitions than these.
};

}  // namespace headwater::kafka
