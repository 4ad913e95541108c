#include "src/sources/shared/from_config.h"

#include <array>
#include <utility>

namespace headwater::sources {

Policies read_policies(config::Section& section, Policies defaults) {
  constexpr std::array on_lost{OnLost::stop, OnLost::snapshot, OnLost::skip};
  constexpr std::array on_large{OnLarge::stop, OnLarge::gap};
  Policies read = std::move(defaults);
  read.snapshot = section.choice_or("snapshot", {"never", "initial"}, read.snapshot ? 1 : 0) == 1;
  read.on_lost = on_lost[section.choice_or("on_lost_position", {"stop", "snapshot", "skip"},
                                           static_cast<std::size_t>(read.on_lost))];
  read.large.policy = on_large[section.choice_or("on_large_change", {"stop", "gap"},
                                                 static_cast<std::size_t>(read.large.policy))];
  read.large.most = section.size("max_change").value_or(read.large.most);
  return read;
}

}  // namespace headwater::sources
