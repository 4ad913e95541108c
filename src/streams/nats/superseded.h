// Messages with only a position, which a later message has replaced. Those of an idle source would
// fill the stream: up to 86,400 a day.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/streams/nats/connection.h"

namespace headwater::nats {

/// Remembers those of one writer, and removes a few at a time. Messages of a person or of another
/// relay stay; so does the last one of each earlier process.
class Superseded {
 public:
  /// The stream ends with message `sequence`, which replaces this writer's earlier positions.
  void appended(std::uint64_t sequence, bool only_position);

  /// Removes a few. Returns true if there are more. If that is not allowed or fails, it waits for
  /// an hour, because a relay must not stop for that. Blocks for one round trip for each message.
  Result<bool> remove_some(const Connection& connection, const std::string& stream, SteadyTime now);

 private:
  std::optional<std::uint64_t> last_;  // the stream's end, if that is only a position
  std::deque<std::uint64_t> waiting_;
  std::optional<SteadyTime> rests_until_;
};

}  // namespace headwater::nats
