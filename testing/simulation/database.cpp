#include "testing/simulation/database.h"

#include <algorithm>

namespace headwater::simulation {

Database::Database(World& world)
    : world_(&world),
      history_(world.chance.between(0, 1) * 40),
      changes_of_(world.chance.between(1, 12) + 1) {}

void Database::commit(std::uint64_t changes) {
  world_->trace([&] { return "commit of " + std::to_string(changes); });
  Chance& chance = world_->chance;
  for (std::uint64_t i = 0; i < changes; ++i) {
    Change change;
    // A few changes are larger than all queues together.
    change.size = chance.in_thousand(10) ? 20'000 : chance.between(0, 500);
    if (!chance.in_thousand(250)) {
      change.row = chance.between(1, rows());
      change.previous = last_change(change.row, head());
      change.exists = !exists(change.row, head()) || chance.in_thousand(700);
      changes_of_[change.row].push_back(head() + 1);
      newest_in_scope_ = head() + 1;
      largest_ = std::max(largest_, change.size);
    }
    log_.push_back(change);
  }
  for (const auto& wake : on_commit) wake();
}

void Database::release(const Place& place) {
  const std::uint64_t needed_now = needed(place);
  if (needed_now > history_) forgotten_ = std::max(forgotten_, needed_now - history_);
}

void Database::lose() {
  forgotten_ = world_->chance.between(forgotten_, head());
  world_->trace([&] { return "the changes up to " + std::to_string(forgotten_) + " are lost"; });
}

std::uint64_t Database::last_change(std::uint64_t row, std::uint64_t number) const {
  const auto& changes = changes_of_[row];
  const auto after = std::ranges::upper_bound(changes, number);
  return after == changes.begin() ? 0 : *std::prev(after);
}

bool Database::exists(std::uint64_t row, std::uint64_t number) const {
  const std::uint64_t last = last_change(row, number);
  return last != 0 && change(last).exists;
}

/// While rows are still being read, the feed also needs to know which of them changed meanwhile.
std::uint64_t Database::needed(const Place& place) const {
  const bool reading = world_->source.reads_ahead && place.row < rows();
  return reading ? std::min(place.began, place.change) : place.change;
}

bool Database::is_covered(const Place& place, std::uint64_t row) const {
  if (row <= place.row) return true;
  if (!world_->source.reads_ahead) return false;
  if (last_change(row, place.change) > place.began) return true;
  return place.ahead && place.change < head() && change(place.change + 1).row == row;
}

}  // namespace headwater::simulation
