#include "src/streams/nats/superseded.h"

#include <chrono>

namespace headwater::nats {
namespace {

constexpr std::size_t most_waiting = 10'000;
constexpr int most_at_once = 8;
constexpr std::chrono::hours pause_when_refused{1};

}  // namespace

void Superseded::appended(std::uint64_t sequence, bool only_position) {
  if (last_ && *last_ < sequence) waiting_.push_back(*last_);
  if (waiting_.size() > most_waiting) waiting_.pop_front();
  last_.reset();
  if (only_position) last_ = sequence;
}

Result<bool> Superseded::remove_some(const Connection& connection, const std::string& stream,
                                     SteadyTime now) {
  if (rests_until_ && now < *rests_until_) return false;
  for (int count = 0; count < most_at_once && !waiting_.empty(); ++count) {
    if (auto removed = connection.remove(stream, waiting_.front()); !removed) {
      rests_until_ = now + pause_when_refused;
      return failed(removed);
    }
    waiting_.pop_front();
  }
  return !waiting_.empty();
}

}  // namespace headwater::nats
