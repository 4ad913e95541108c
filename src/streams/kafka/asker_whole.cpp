// Whether the two topics still go together: one of them may have lost its end, or be another.
#include <algorithm>
#include <cstddef>

#include "src/streams/kafka/asker.h"
#include "src/streams/kafka/errors.h"

namespace headwater::kafka {
namespace {

constexpr int compare_again_ms = 50;
// A broker that has just come back may know of less for a moment.
constexpr int compare_for_ms = 2000;

/// The first partition that ends before the state says; the number of partitions if none does.
std::size_t short_one(const std::vector<std::int64_t>& ends, const State& state) {
  std::size_t at = 0;
  while (at < state.ends.size() && ends[at] >= state.ends[at]) ++at;
  return at;
}

Error events_lost(const Options& options, std::size_t partition, std::int64_t end,
                  const State& state) {
  return hopeless(
      "stream.events_lost",
      "Kafka: partition " + std::to_string(partition) + " of topic " + options.topic +
          " ends at offset " + std::to_string(end) + ", but " + options.positions_topic() +
          " says that its events go up to " + std::to_string(state.ends[partition]) +
          ": the topic has lost its end, or was created again",
      "restore it; or have what the source holds published again: headwater init -c FILE "
      "--remove, then headwater init -c FILE; docs/kafka.md, \"stream.events_lost\"");
}

Error position_lost(const Options& options, const State& state, std::uint64_t sequence) {
  return hopeless("stream.position_lost",
                  "Kafka: topic " + options.topic + " holds event " + std::to_string(sequence) +
                      ", but " + options.positions_topic() + " ends at event " +
                      std::to_string(state.last) + ": it has lost its end",
                  "restore it, or choose another stream.kafka.topic; docs/kafka.md, "
                  "\"stream.position_lost\"");
}

}  // namespace

Result<void> Asker::whole(const State& state, std::int32_t partitions, const Deadline& deadline) {
  if (state.ends.empty()) return {};
  auto all = surveyor();
  if (!all) return failed(all);
  // Of one that was added since nothing is said.
  const auto count = std::min(partitions, static_cast<std::int32_t>(state.ends.size()));
  const int until_left_ms = deadline.milliseconds() - compare_for_ms;
  for (;;) {
    auto ends = offsets_at((*all)->client(), options_.topic, count, RD_KAFKA_OFFSET_END, deadline);
    if (!ends) return failed(ends);
    ends->resize(std::max(ends->size(), state.ends.size()));
    const std::size_t found = short_one(*ends, state);
    if (found == state.ends.size()) return {};
    if (deadline.milliseconds() <= std::max(until_left_ms, 0)) {
      return fail(events_lost(options_, found, (*ends)[found], state));
    }
    rd_kafka_poll(client_->handle(), compare_again_ms);
  }
}

/// After the state's end there are the marker of its own transaction and aborted records. Only if
/// there is more than the marker, it is worth reading.
Result<std::vector<std::int64_t>> Asker::ends_of(const State& state, std::int32_t partitions,
                                                 const Deadline& deadline) {
  auto all = surveyor();
  if (!all) return failed(all);
  auto ends =
      offsets_at((*all)->client(), options_.topic, partitions, RD_KAFKA_OFFSET_END, deadline);
  if (!ends || state.ends.empty()) return ends;
  for (std::int32_t number = 0; number < partitions; ++number) {
    const auto at = static_cast<std::size_t>(number);
    const std::int64_t known = at < state.ends.size() ? state.ends[at] : 0;
    if ((*ends)[at] <= known + 1) continue;
    auto message = first(options_.topic, number, known, deadline);
    if (!message) return failed(message);
    const auto sequence = *message ? sequence_in(**message) : std::nullopt;
    if (sequence && *sequence > state.last) return fail(later_event(state, *sequence, deadline));
  }
  return ends;
}

/// Another relay may have appended since `state` was read.
Error Asker::later_event(const State& state, std::uint64_t sequence, const Deadline& deadline) {
  if (auto decided = wait_until_decided(deadline); !decided) return std::move(decided.error());
  auto now = this->state(deadline);
  if (!now) return std::move(now.error());
  if (now->state.last == state.last && now->state.tail == state.tail) {
    return position_lost(options_, state, sequence);
  }
  return conflict("topic " + options_.topic + " ends at event " + std::to_string(now->state.last) +
                  ", another relay has appended to it");
}

}  // namespace headwater::kafka
