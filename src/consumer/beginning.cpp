#include "src/consumer/beginning.h"

#include "src/base/number_in.h"
#include "src/consumer/follower.h"
#include "src/event/time_text.h"

namespace headwater::consumer {
namespace {

/// The first sequence between `low` and `high` at which the next event is not before `time`; `high`
/// if there is none.
Result<std::uint64_t> bisect(StreamReader& reader, std::uint64_t low, std::uint64_t high,
                             WallTime time, const std::stop_token& stop) {
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    auto found = reader.read(middle, one_event, Milliseconds(0), stop);
    if (!found) return failed(found);
    const bool early = !found->empty() && found->front().event.time < time;
    if (early) {
      low = found->front().sequence + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

std::optional<Beginning> beginning_in(const std::string& words) {
  if (words == "earliest") return Beginning{};
  if (words == "latest") return Beginning{.at = Beginning::At::latest};
  if (const auto sequence = whole_number(words)) {
    return Beginning{.at = Beginning::At::sequence, .sequence = *sequence};
  }
  const auto time = typed_time_from(words);
  if (!time) return std::nullopt;
  return Beginning{.at = Beginning::At::time, .time = *time};
}

Result<std::uint64_t> first_sequence(StreamReader& reader, const Beginning& beginning,
                                     const std::stop_token& stop) {
  if (beginning.at == Beginning::At::sequence) return beginning.sequence;
  auto range = reader.range();
  if (!range) return failed(range);
  if (beginning.at == Beginning::At::earliest) return range->first;
  if (beginning.at == Beginning::At::latest) return range->last + 1;
  return bisect(reader, range->first, range->last + 1, beginning.time, stop);
}

}  // namespace headwater::consumer
