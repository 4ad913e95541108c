// When the consumer had acknowledged what. Ids have no time of their own; a mark is the time by
// which all ids up to a sequence had been claimed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace headwater::client::inbox {

struct Mark {
  std::int64_t time = 0;           ///< In seconds, by the server's clock.
  std::uint64_t acknowledged = 0;  ///< The consumer's place then.
};

/// What forget_some() does to the marks and the ids.
struct Forgetting {
  std::vector<std::uint64_t> remove;  ///< Marks that are of no more use.
  bool add = false;                   ///< A mark of now.
  std::uint64_t up_to = 0;            ///< Ids up to this sequence may be forgotten.
};

/// `marks` rise in time. At most one is made in a hundredth of `keep`.
[[nodiscard]] inline Forgetting plan(const std::vector<Mark>& marks, std::int64_t now,
                                     std::int64_t keep, std::uint64_t acknowledged) {
  Forgetting plan;
  std::vector<Mark> valid;
  for (const Mark& mark : marks) {
    // The consumer started again further back, or the clock was set back. What the mark says of
    // ids that are claimed from now on would be wrong.
    if (mark.acknowledged > acknowledged || mark.time > now) {
      plan.remove.push_back(mark.acknowledged);
    } else {
      valid.push_back(mark);
    }
  }
  std::size_t old = 0;
  while (old < valid.size() && valid[old].time < now - keep) ++old;
  if (old > 0) plan.up_to = valid[old - 1].acknowledged;
  // The newest old one stays: until the next is old, it says what may be forgotten.
  for (std::size_t i = 0; i + 1 < old; ++i) plan.remove.push_back(valid[i].acknowledged);
  plan.add = acknowledged > 0 && (valid.empty() || (acknowledged > valid.back().acknowledged &&
                                                    now - valid.back().time >= keep / 100));
  return plan;
}

}  // namespace headwater::client::inbox
