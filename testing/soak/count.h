// Compares what was committed with what is in the stream.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace headwater::soak {

struct Count {
  std::uint64_t committed = 0;
  std::uint64_t events = 0;
  std::uint64_t lost = 0;          ///< Committed changes without an event.
  std::uint64_t repeated = 0;      ///< Events of a change that already had one.
  std::uint64_t out_of_order = 0;  ///< Events after one whose change was committed later.
  std::uint64_t unknown = 0;       ///< Events of no committed change.

  [[nodiscard]] bool right() const {
    return lost + repeated + out_of_order + unknown == 0 && committed == events;
  }
};

/// `committed`: the ids of all changes in the order of their commits, each once. `events`: those of
/// the events, in the stream's order.
[[nodiscard]] Count count(const std::vector<std::string>& committed,
                          const std::vector<std::string>& events);

}  // namespace headwater::soak
