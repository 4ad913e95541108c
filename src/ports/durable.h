// Where a relay's events end in the stream, and the proof that they are durable.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "src/event/position.h"

namespace headwater {

/// The end of one relay's events. append() compares it; it is the only truth about what was
/// published.
struct Tail {
  std::uint64_t sequence = 0;  ///< Of the relay's last event; 0 if there is none.
  Position position;           ///< Saved with that event, or by a later append without events.
  std::string source;          ///< Identity of the source of the events; empty if there are none.

  bool operator==(const Tail&) const = default;
};

/// A tail the stream has confirmed as durable. Only a stream's writer creates one. A source takes
/// this type, so it cannot forget changes of an append that was merely accepted.
class Durable {
 public:
  static Durable confirmed_by_stream(Tail tail) { return Durable(std::move(tail)); }
  [[nodiscard]] const Tail& tail() const { return tail_; }

 private:
  explicit Durable(Tail tail) : tail_(std::move(tail)) {}
  Tail tail_;
};

}  // namespace headwater
