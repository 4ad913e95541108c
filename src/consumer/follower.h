// Reads a stream from one place on, and notices when retention was faster.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/ports/stream.h"

namespace headwater::consumer {

/// For reads of a single event.
constexpr ReadLimits one_event{.count = 1, .bytes = 1};

/// How far a reader is behind the stream's end.
struct Lag {
  std::uint64_t events = 0;  ///< An upper bound, as sequences may skip numbers.
  Milliseconds time{0};      ///< Since the commit of the first event not read; 0: there is none.
  std::uint64_t end = 0;     ///< The stream's last sequence.
};

/// How far whoever reads from `next` on is behind. Blocks for two round trips.
Result<Lag> lag_of(StreamReader& reader, std::uint64_t next, WallTime now);

/// One thread. The reader must outlive it.
class Follower {
 public:
  /// `next` is the first sequence to read; 0: the earliest there is.
  Follower(StreamReader& reader, std::uint64_t next) : reader_(&reader), next_(next) {}

  /// Returns the next events, as StreamReader::read() does. Fails with stop, `stream.aged_out`, if
  /// retention has removed events between the last one returned and the first one left; the next
  /// read returns what is left.
  Result<std::vector<StoredEvent>> read(const ReadLimits& limits, Milliseconds wait,
                                        const std::stop_token& stop);

  /// The sequence after the last one that was read.
  [[nodiscard]] std::uint64_t next() const { return next_; }

  /// Reads past numbers without an event, if the stream ends with such: next() is then the one after
  /// the stream's last. Blocks for two round trips. For an idle reader.
  Result<void> pass_the_end(const std::stop_token& stop);

 private:
  /// How many of the events follow each other and the last one read without skipping a number.
  [[nodiscard]] std::size_t before_a_gap(const std::vector<StoredEvent>& events) const;

  StreamReader* reader_;
  std::uint64_t next_;
};

}  // namespace headwater::consumer
