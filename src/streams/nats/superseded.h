// Messages that only told a position, which a later one tells better. An idle source's would fill
// the stream: up to 86,400 a day.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/streams/nats/connection.h"

namespace headwater::nats {

/// Remembers those of one writer, and removes them a few at a time. What a person or another relay
/// wrote stays; so does what this one wrote in an earlier life, one message at the most for each.
class Superseded {
 public:
  /// The stream ends with message `sequence`, and whatever this writer wrote before is superseded.
  void appended(std::uint64_t sequence, bool only_position);

  /// Removes a few; true if there are more. Where that is not allowed, or does not work for another
  /// reason, it rests for an hour: that is no reason to hold up a relay. Blocks for a round trip
  /// each.
  Result<bool> remove_some(const Connection& connection, const std::string& stream, SteadyTime now);

 private:
  std::optional<std::uint64_t> last_;  // the stream's end, if it only tells a position
  std::deque<std::uint64_t> waiting_;
  std::optional<SteadyTime> rests_until_;
};

}  // namespace headwater::nats
