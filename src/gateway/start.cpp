#include "src/gateway/start.h"

#include <utility>

#include "src/base/consumer_name.h"
#include "src/consumer/follower.h"
#include "src/gateway/errors.h"

namespace headwater::gateway {
namespace {

/// Fails if retention has removed the event at `from`, or if the stream never had it.
Result<std::uint64_t> checked(StreamReader& reader, std::uint64_t from, const std::string& relay,
                              const std::stop_token& stop) {
  if (from == 0) return from;
  auto range = reader.range();
  if (!range) return failed(range);
  if (from < range->first) return fail(aged_out(relay, from, range->first));
  // Only the stream knows whether there ever will be anything.
  if (from > range->last) {
    auto there = reader.read(from, consumer::one_event, Milliseconds(0), stop);
    if (!there) return failed(there);
  }
  return from;
}

}  // namespace

Result<Start> start_from(const std::string& words) {
  if (const auto first = consumer::beginning_in(words)) return Start{.first = *first};
  return fail(
      bad_request("'" + words + "' is not a place in a stream",
                  "from=earliest, from=latest, a sequence such as from=4711, or a time such "
                  "as from=2026-11-23T08:15:30Z"));
}

Result<Start> start_from(const serve::Parameters& parameters, Start::At usual) {
  const std::string* from = nullptr;
  const std::string* consumer = nullptr;
  for (const auto& [name, value] : parameters) {
    if (name == "from") from = &value;
    if (name == "consumer") consumer = &value;
  }
  if (from != nullptr && consumer != nullptr) {
    return fail(bad_request("from and consumer are both a place to start", "give one of them"));
  }
  if (from != nullptr) return start_from(*from);
  if (consumer == nullptr) return Start{.first = {.at = usual}};
  if (!is_consumer_name(*consumer)) {
    return fail(bad_request("this is not a consumer's name", "give a name of 1 to 200 bytes"));
  }
  return Start{.consumer = *consumer};
}

Result<std::uint64_t> resolve(StreamReader& reader, const Start& start, const std::string& relay,
                              const std::stop_token& stop) {
  if (!start.consumer.empty()) {
    auto place = reader.acknowledged(start.consumer);
    if (!place) return failed(place);
    const std::uint64_t last = place->value_or(0);
    return checked(reader, last == 0 ? 0 : last + 1, relay, stop);
  }
  if (start.first.at == Start::At::earliest) return 0;
  if (start.first.at == Start::At::sequence) {
    return checked(reader, start.first.sequence, relay, stop);
  }
  return consumer::first_sequence(reader, start.first, stop);
}

Result<std::vector<StoredEvent>> read_from(StreamReader& reader, const std::string& relay,
                                           std::uint64_t from, const ReadLimits& limits,
                                           Milliseconds wait, const std::stop_token& stop) {
  auto events = reader.read(from, limits, wait, stop);
  if (!events || events->empty() || from == 0 || events->front().sequence == from) return events;
  // Sequences may skip numbers, so only the stream knows whether there was something.
  auto range = reader.range();
  if (!range) return failed(range);
  if (range->first > from) return fail(aged_out(relay, from, range->first));
  return events;
}

}  // namespace headwater::gateway
