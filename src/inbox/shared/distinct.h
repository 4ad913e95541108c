// The deliveries of one call without repeats.
#pragma once

#include <headwater/inbox/inbox.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace headwater::client::inbox {

/// The first delivery of an event in a call. Its sequence is the highest of all.
struct First {
  Delivery delivery;
  std::size_t index = 0;
};

/// One of each event, ordered by source and id. The same order for everybody, so that two
/// transactions that claim the same events do not wait for each other in a circle.
[[nodiscard]] std::vector<First> distinct(std::span<const Delivery> deliveries);

/// Source and id as one text: "SOURCE ID". A source, which is a URI reference, has no blanks.
[[nodiscard]] std::string key_of(const Delivery& delivery);

}  // namespace headwater::client::inbox
