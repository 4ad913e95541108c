#include "testing/soak/count.h"

#include <string_view>
#include <unordered_map>

namespace headwater::soak {

Count count(const std::vector<std::string>& committed, const std::vector<std::string>& events) {
  struct Change {
    std::uint64_t number;
    bool published = false;
  };
  std::unordered_map<std::string_view, Change> changes;
  changes.reserve(committed.size());
  for (const std::string& id : committed) changes.emplace(id, Change{.number = changes.size()});
  Count found{.committed = committed.size(), .events = events.size(), .lost = changes.size()};
  std::uint64_t newest = 0;
  for (const std::string& id : events) {
    const auto change = changes.find(id);
    if (change == changes.end()) {
      ++found.unknown;
    } else if (change->second.published) {
      ++found.repeated;
    } else {
      change->second.published = true;
      --found.lost;
      if (change->second.number < newest) ++found.out_of_order;
      newest = std::max(newest, change->second.number);
    }
  }
  return found;
}

}  // namespace headwater::soak
