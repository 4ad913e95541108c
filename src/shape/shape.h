// Turns changes into events.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/event/event.h"

namespace headwater {

/// Makes the events of one source's changes. The same change gives the same event, byte for byte,
/// on any machine at any time. One thread at a time.
class Shaper {
 public:
  /// `source`: the source's identity.
  explicit Shaper(std::string source, OnLarge on_large = OnLarge::stop);

  /// No event may be larger than this many bytes, as published_size() measures them.
  void limit(std::size_t bytes) { limit_ = bytes; }

  /// Appends the change's event to `events`, with the change's id and position.
  ///
  /// An event that is too large is published without `before` if it then fits: the new state of a
  /// row, or its removal, matters more than the old state. Otherwise a gap event with the change's
  /// id replaces it, or apply() fails with `stream.event_too_large`. A failure leaves the change as
  /// it was.
  Result<void> apply(Change&& change, std::vector<Event>& events);

 private:
  [[nodiscard]] Event take(Change& change);
  [[nodiscard]] EventType type_of(const Change& change, bool of_a_table);
  [[nodiscard]] bool fits(const Event& event) const { return published_size(event) <= limit_; }
  Result<void> apply_large(Change& change, std::size_t size, std::vector<Event>& events);

  SharedText source_;
  OnLarge on_large_;
  std::size_t limit_ = std::numeric_limits<std::size_t>::max();
  /// The last one of each operation, because a table's changes mostly come together.
  std::array<EventType, 16> types_;
};

}  // namespace headwater
