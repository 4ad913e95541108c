#include "src/sources/mongodb/audit/proof_start.h"

#include <limits>
#include <utility>
#include <vector>

#include "src/sources/mongodb/feed/change_decoder.h"
#include "src/sources/mongodb/feed/history.h"

namespace headwater::mongodb {

Result<StartFinder::Found> StartFinder::find() {
  const auto& last_break = observed_->last_break();
  auto start = last_break ? at_break() : at_first_row();
  if (!start || *start) return start;
  auto oldest = at_oldest_change(last_break ? last_break->sequence : 0);
  if (!oldest || *oldest || !past_->history_lost()) return oldest;
  return at_oldest_history();
}

Result<StartFinder::Found> StartFinder::if_readable(ProofStart start) {
  auto there = past_->try_open(start.position);
  if (!there) return failed(there);
  if (!*there) return Found();
  return Found(std::move(start));
}

/// Everything committed after the first piece was read must be in the stream.
Result<StartFinder::Found> StartFinder::at_first_row() {
  if (observed_->first_row() == 0) return Found();
  ClusterTime after = observed_->first_row_time();
  ++after.increment;
  return if_readable(
      {.position = audited_->position_at(after), .sequence = observed_->first_row()});
}

Result<StartFinder::Found> StartFinder::at_break() {
  const ObservedStream::Break& last = *observed_->last_break();
  if (const auto time = time_from(last.to)) {
    return if_readable({.position = audited_->position_at(*time), .sequence = last.sequence});
  }
  auto position = decode({last.to});
  if (!position) return Found();
  position->place.snapshot.reset();
  return if_readable({.position = std::move(*position), .sequence = last.sequence});
}

/// By bisection: what comes later is known for longer.
Result<StartFinder::Found> StartFinder::at_oldest_change(std::uint64_t after) {
  Found oldest;
  std::uint64_t low = after + 1;
  std::uint64_t high = observed_->last_sequence() + 1;
  // The very first, most of the time.
  for (std::uint64_t middle = low; low < high; middle = low + (high - low) / 2) {
    auto change = observed_->ledger().first_change(middle);
    if (!change) return failed(change);
    if (!*change || (*change)->sequence >= high) {
      high = middle;
      continue;
    }
    auto position = past_->just_after((*change)->id);
    if (!position) return failed(position);
    if (*position) {
      oldest = {.position = std::move(**position),
                .sequence = (*change)->sequence - 1,
                .id = (*change)->id};
      high = middle;
    } else {
      low = (*change)->sequence + 1;
    }
  }
  return oldest;
}

Result<StartFinder::Found> StartFinder::at_oldest_history() {
  auto window = oplog_window(*connection_);
  if (!window) return failed(window);
  if (!*window) return Found();
  return if_readable({.position = audited_->position_at((*window)->first),
                      .sequence = std::numeric_limits<std::int64_t>::max()});
}

/// Changes without a match that the server knows are older than the start.
Result<StartFinder::Found> StartFinder::earlier_than(const ProofStart& start) {
  Found found;
  if (start.id.empty()) return found;
  constexpr std::size_t most_candidates = 3;
  std::vector<std::string> candidates;
  auto visited = observed_->ledger().visit_unmatched(start.sequence, [&](const std::string& id) {
    if (candidates.size() < most_candidates) candidates.push_back(id);
  });
  if (!visited) return failed(visited);
  for (std::string& id : candidates) {
    auto position = past_->just_after(id);
    if (!position) return failed(position);
    if (!*position) continue;
    found = {.position = std::move(**position), .sequence = start.sequence, .id = std::move(id)};
    break;
  }
  return found;
}

}  // namespace headwater::mongodb
