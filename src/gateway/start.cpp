#include "src/gateway/start.h"

#include <optional>
#include <utility>

#include "src/base/number_in.h"
#include "src/event/time_text.h"
#include "src/gateway/errors.h"

namespace headwater::gateway {
namespace {

constexpr std::size_t longest_consumer = 200;
constexpr ReadLimits one{.count = 1, .bytes = 1};

/// With or without milliseconds.
std::optional<WallTime> time_in(const std::string& text) {
  if (const auto time = time_from(text)) return time;
  if (!text.ends_with('Z')) return std::nullopt;
  return time_from(text.substr(0, text.size() - 1) + ".000Z");
}

/// The first event at this time or later, by bisection: times rise with the sequences, nearly.
Result<std::uint64_t> first_at(StreamReader& reader, const StreamRange& range, WallTime time,
                               const std::stop_token& stop) {
  std::uint64_t begin = range.first;
  std::uint64_t end = range.last + 1;
  while (begin < end && !stop.stop_requested()) {
    const std::uint64_t middle = begin + (end - begin) / 2;
    auto found = reader.read(middle, one, Milliseconds(0), stop);
    if (!found) return failed(found);
    if (found->empty() || found->front().event.time >= time) {
      end = middle;
    } else {
      begin = found->front().sequence + 1;
    }
  }
  return begin;
}

Result<std::uint64_t> checked(StreamReader& reader, const StreamRange& range, std::uint64_t from,
                              const std::string& relay, const std::stop_token& stop) {
  if (from != 0 && from < range.first) return fail(aged_out(relay, from, range.first));
  // Only the stream knows whether there ever will be anything.
  if (from > range.last) {
    auto there = reader.read(from, one, Milliseconds(0), stop);
    if (!there) return failed(there);
  }
  return from;
}

}  // namespace

bool is_consumer_name(const std::string& name) {
  return !name.empty() && name.size() <= longest_consumer && name.find('\0') == std::string::npos;
}

Result<Start> start_from(const std::string& words) {
  if (words == "earliest") return Start{.kind = Start::Kind::earliest};
  if (words == "latest") return Start{.kind = Start::Kind::latest};
  if (const auto sequence = whole_number(words)) {
    return Start{.kind = Start::Kind::sequence, .sequence = *sequence};
  }
  if (const auto time = time_in(words)) return Start{.kind = Start::Kind::time, .time = *time};
  return fail(
      bad_request("'" + words + "' is not a place in a stream",
                  "from=earliest, from=latest, a sequence such as from=4711, or a time such "
                  "as from=2026-11-23T08:15:30Z"));
}

Result<Start> start_from(const serve::Parameters& parameters, Start::Kind usual) {
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
  if (consumer == nullptr) return Start{.kind = usual};
  if (!is_consumer_name(*consumer)) {
    return fail(bad_request("this is not a consumer's name", "give a name of 1 to 200 bytes"));
  }
  return Start{.kind = Start::Kind::consumer, .consumer = *consumer};
}

Result<std::uint64_t> resolve(StreamReader& reader, const Start& start, const std::string& relay,
                              const std::stop_token& stop) {
  auto range = reader.range();
  if (!range) return failed(range);
  switch (start.kind) {
    case Start::Kind::earliest:
      break;
    case Start::Kind::latest:
      return range->last + 1;
    case Start::Kind::sequence:
      return checked(reader, *range, start.sequence, relay, stop);
    case Start::Kind::time:
      return first_at(reader, *range, start.time, stop);
    case Start::Kind::consumer: {
      auto place = reader.acknowledged(start.consumer);
      if (!place) return failed(place);
      const std::uint64_t last = place->value_or(0);
      return checked(reader, *range, last == 0 ? 0 : last + 1, relay, stop);
    }
  }
  return 0;
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
