#include "src/sources/postgresql/feed/visibility.h"

#include <algorithm>

#include "src/base/number_in.h"

namespace headwater::postgresql {

std::optional<Snapshot> Snapshot::from(std::string_view text) {
  Snapshot snapshot;
  const auto first = take_number(text);
  if (!first || !text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  const auto next = take_number(text);
  if (!next || !text.starts_with(':')) return std::nullopt;
  snapshot.first_running_ = *first;
  snapshot.next_ = *next;
  while (text.size() > 1) {
    text.remove_prefix(1);
    const auto running = take_number(text);
    if (!running) return std::nullopt;
    snapshot.running_.push_back(*running);
  }
  return snapshot;
}

/// Of the numbers that end like this one, the one nearest to the next transaction's is meant.
bool Snapshot::shows(Xid xid) const {
  const auto distance = static_cast<std::int32_t>(xid - static_cast<Xid>(next_));
  if (distance >= 0) return false;
  const std::uint64_t whole = next_ - static_cast<std::uint64_t>(-std::int64_t{distance});
  return whole < first_running_ || std::ranges::find(running_, whole) == running_.end();
}

void Returned::keep(bool wanted) {
  wanted_ = wanted;
  if (!wanted) xids_.clear();
}

void Returned::add(Xid xid) {
  if (wanted_ && (xids_.empty() || xids_.back() != xid)) xids_.push_back(xid);
}

bool Returned::all_in(const Snapshot& snapshot) {
  std::erase_if(xids_, [&](Xid xid) { return snapshot.shows(xid); });
  return xids_.empty();
}

}  // namespace headwater::postgresql
