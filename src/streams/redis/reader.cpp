#include "src/streams/redis/reader.h"

#include <algorithm>
#include <array>
#include <stop_token>
#include <utility>

#include "src/base/number_in.h"
#include "src/base/wake.h"
#include "src/ports/place.h"
#include "src/streams/redis/entry.h"
#include "src/streams/redis/errors.h"
#include "src/streams/redis/prepared.h"
#include "src/streams/redis/scripts.h"

namespace headwater::redis {
namespace {

// An idle reader notices a silently lost server this late.
constexpr Milliseconds longest_block{10'000};
// The first count, before the size of events is known.
constexpr std::size_t first_portion = 16;
// The limit, even after small events: the next may be large, and all are in memory here and in the
// server. Larger counts do not speed up reading (measured with events of 400 bytes).
constexpr std::size_t largest_portion = 64;

}  // namespace

Reader::Reader(const Options& options) : options_(options), keys_(*keys_of(options.key)) {}

Result<void> Reader::open() {
  if (connection_) return {};
  auto connection = open_prepared(options_);
  if (!connection) return failed(connection);
  connection_.emplace(*std::move(connection));
  auto same = end_of_the_same();
  if (!same) return failed(same);
  return {};
}

std::string Reader::place() const {
  return "Redis " + options_.server.name() + ", key " + options_.key;
}

Result<void> Reader::ask_for_end() {
  const std::array<std::string_view, 4> words{"HMGET", keys_.tails, "life", "last"};
  auto sent = connection_->send(words);
  if (!sent) return fail(closed(std::move(sent.error())));
  return {};
}

Result<std::uint64_t> Reader::answered_end() {
  auto answer = connection_->receive(usual_patience, -1);
  if (!answer) return fail(closed(std::move(answer.error())));
  const Reply end = (*answer)->get();
  const std::string_view life = end[0].text();
  if (!life_) life_ = life;
  if (*life_ != life) return fail(closed(recreated(place(), "")));
  return number_in(end[1].text());
}

Result<std::uint64_t> Reader::end_of_the_same() {
  if (auto asked = ask_for_end(); !asked) return failed(asked);
  return answered_end();
}

Error Reader::closed(Error error) {
  connection_.reset();
  return error;
}

Result<Answer> Reader::call(std::initializer_list<std::string_view> words) {
  if (auto opened = open(); !opened) return failed(opened);
  auto answer = connection_->call(words);
  if (!answer) return fail(closed(std::move(answer.error())));
  return answer;
}

Result<StreamRange> Reader::range() {
  if (auto opened = open(); !opened) return failed(opened);
  // Not the last entry, which trimming may have removed. Before the first one, so that an event
  // that is appended in between is after the range, and never before its beginning.
  auto last = end_of_the_same();
  if (!last) return failed(last);
  auto first = call({"XRANGE", keys_.stream, "-", "+", "COUNT", "1"});
  if (!first) return failed(first);
  StreamRange range{.last = *last};
  range.first = sequence_of(first->get()[0][0].text()).value_or(range.last + 1);
  range.first = std::min(range.first, range.last + 1);
  return range;
}

Result<std::vector<StoredEvent>> Reader::read(std::uint64_t from, const ReadLimits& limits,
                                              Milliseconds wait, std::stop_token stop) {
  const Wake wake;
  const std::stop_callback on_stop(stop, [&wake] { wake.signal(); });
  std::vector<StoredEvent> found;
  std::size_t bytes = 0;
  // The first look does not wait: XREAD would, also for entries after a place that is not there.
  Milliseconds block{0};
  while (found.size() < limits.count && (bytes < limits.bytes || found.empty())) {
    const std::size_t count = portion(limits.count - found.size(), limits.bytes - bytes);
    auto some = read_some(from, count, block, wake.get());
    if (!some) return some;
    for (StoredEvent& stored : *some) {
      bytes += footprint(stored.event);
      if (bytes > limits.bytes && !found.empty()) break;
      from = stored.sequence + 1;
      found.push_back(std::move(stored));
    }
    wait -= block;
    const bool over = found.empty() && (wait <= Milliseconds(0) || stop.stop_requested());
    if (over || (some->size() < count && !found.empty())) break;
    block = found.empty() ? std::min(wait, longest_block) : Milliseconds(0);
  }
  return found;
}

std::size_t Reader::portion(std::size_t count, std::size_t bytes) const {
  if (last_portion_ == 0) return std::min(count, first_portion);
  const std::size_t size = std::max<std::size_t>(last_bytes_ / last_portion_, 1);
  const std::size_t most = std::min({count, 2 * last_portion_, largest_portion});
  return std::clamp<std::size_t>(bytes / size, 1, most);
}

Result<std::vector<StoredEvent>> Reader::read_some(std::uint64_t from, std::size_t count,
                                                   Milliseconds wait, int wake) {
  if (auto opened = open(); !opened) return failed(opened);
  // XREAD returns the entries after an id.
  const std::string behind = "0-" + std::to_string(std::max<std::uint64_t>(from, 1) - 1);
  const std::string most = std::to_string(count);
  const std::string block = std::to_string(wait.count());
  std::vector<std::string_view> words{"XREAD", "COUNT", most};
  // A BLOCK of 0 would wait forever.
  if (wait > Milliseconds(0)) words.insert(words.end(), {"BLOCK", block});
  words.insert(words.end(), {"STREAMS", keys_.stream, behind});
  if (auto sent = connection_->send(words); !sent) return fail(closed(std::move(sent.error())));
  // Answered after the entries, so that they are of the same stream, too.
  if (auto asked = ask_for_end(); !asked) return failed(asked);
  auto answer = connection_->receive(wait + usual_patience, wait > Milliseconds(0) ? wake : -1);
  if (!answer) return fail(closed(std::move(answer.error())));
  if (!*answer) {
    // Stopped. The late answer would be taken for the next one's.
    connection_.reset();
    return std::vector<StoredEvent>();
  }
  auto last = answered_end();
  if (!last) return failed(last);
  if (from > *last + 1) return fail(beyond_end(place(), "", from - 1, *last));
  auto events = events_in((*answer)->get()[0][1]);
  // No relay has appended what is beyond: the hash or the stream is another one's, or a copy.
  if (events && !events->empty() && events->back().sequence > *last) {
    return fail(beyond_end(place(), "", events->back().sequence, *last));
  }
  return events;
}

Result<std::vector<StoredEvent>> Reader::events_in(Reply entries) {
  std::vector<StoredEvent> events;
  std::size_t bytes = 0;
  for (std::size_t at = 0; at < entries.size(); ++at) {
    auto stored = read_entry(entries[at], known_);
    if (!stored) {
      return fail(
          closed(hopeless("stream.torn",
                          "Redis " + options_.server.name() + ", key " + options_.key + ": entry " +
                              std::string(entries[at][0].text()) + " was not written by Headwater",
                          "see docs/redis.md, \"stream.torn\"")));
    }
    bytes += footprint(stored->event);
    events.push_back(*std::move(stored));
  }
  if (!events.empty()) {
    last_portion_ = events.size();
    last_bytes_ = bytes;
  }
  return events;
}

Result<std::optional<std::uint64_t>> Reader::acknowledged(const std::string& consumer) {
  auto answer = call({"HGET", keys_.consumers, consumer});
  if (!answer) return failed(answer);
  if (answer->get().nil()) return std::nullopt;
  auto last = end_of_the_same();
  if (!last) return failed(last);
  const Place found = place_in(answer->get().text());
  if (found.life != life_) return fail(recreated(place(), consumer));
  if (found.sequence > *last) return fail(beyond_end(place(), consumer, found.sequence, *last));
  return {found.sequence};
}

Result<void> Reader::acknowledge(const std::string& consumer, std::uint64_t sequence) {
  if (auto opened = open(); !opened) return opened;
  const std::string number = std::to_string(sequence);
  const std::string_view more[] = {consumer, number, *life_};
  auto answer = run_script(*connection_, options_, scripts::acknowledge, more);
  if (!answer) return fail(closed(std::move(answer.error())));
  const Reply reply = answer->get();
  if (reply[0].text() == "recreated") return fail(recreated(place(), consumer));
  if (reply[0].text() == "beyond") {
    return fail(
        beyond_end(place(), consumer, number_in(reply[2].text()), number_in(reply[1].text())));
  }
  return {};
}

Result<void> Reader::forget(const std::string& consumer) {
  auto answer = call({"HDEL", keys_.consumers, consumer});
  if (!answer) return failed(answer);
  return {};
}

}  // namespace headwater::redis
