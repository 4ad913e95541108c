#include "src/streams/redis/writer.h"

#include <algorithm>
#include <map>
#include <utility>

#include "src/base/number_in.h"
#include "src/base/wake.h"
#include "src/event/json_text.h"
#include "src/event/short_key.h"
#include "src/event/time_text.h"
#include "src/streams/redis/errors.h"
#include "src/streams/redis/prepared.h"
#include "src/streams/redis/scripts.h"
#include "src/streams/redis/settings.h"

namespace headwater::redis {
namespace {

// The default of proto-max-bulk-len.
constexpr std::size_t largest_value = std::size_t{512} << 20U;
// Some milliseconds of the server's time.
constexpr const char* removed_at_once = "4096";

/// The times of events as CloudEvents writes them, one after the other.
class Times {
 public:
  explicit Times(std::span<const Event> events) {
    texts_.reserve(events.size() * length);
    for (const Event& event : events) append_time(texts_, event.time);
  }
  [[nodiscard]] std::string_view operator[](std::size_t at) const {
    return std::string_view(texts_).substr(at * length, length);
  }

 private:
  static constexpr std::size_t length = 24;
  std::string texts_;
};

/// The source and type that many events share are sent and parsed once.
class Kinds {
 public:
  explicit Kinds(std::span<const Event> events) {
    std::map<std::pair<std::string_view, std::string_view>, std::size_t> known;
    for (const Event& event : events) {
      const auto [kind, is_new] =
          known.try_emplace({event.source, event.type.text()}, known.size());
      if (is_new) {
        samples_.push_back(&event);
        numbers_.push_back(std::to_string(kind->second));
      }
      of_.push_back(kind->second);
    }
  }
  void add_to(std::vector<std::string_view>& words) const {
    for (std::size_t at = 0; at < samples_.size(); ++at) {
      words.insert(words.end(), {numbers_[at], samples_[at]->source, samples_[at]->type.text()});
    }
    if (!samples_.empty()) words.emplace_back("events");
  }
  /// The kind of an event, as a word.
  [[nodiscard]] std::string_view operator[](std::size_t at) const { return numbers_[of_[at]]; }

 private:
  std::vector<const Event*> samples_;
  std::vector<std::string> numbers_;
  std::vector<std::size_t> of_;
};

Error too_large(const Event& event) {
  return hopeless("stream.event_too_large",
                  "event " + in_few_bytes(event.id) + " has " + std::to_string(event.data.size()) +
                      " bytes; a value in Redis has at most 512 MiB",
                  "set on_large_change: gap of the source to publish a gap event instead, with "
                  "max_change below that");
}

}  // namespace

Writer::Writer(std::string relay, const Options& options, const Clock& clock)
    : relay_(std::move(relay)), options_(options), clock_(&clock) {}

Result<void> Writer::open() {
  // Not by reading the hash, because a replica that is not filled yet would report that there is
  // none. Only a primary runs this script.
  const std::string_view more[] = {relay_, "0"};
  auto answer = run(scripts::tail, more);
  if (!answer) return failed(answer);
  return {};
}

Error Writer::closed(Error error) {
  connection_.reset();
  return error;
}

Result<Answer> Writer::run(std::string_view script, std::span<const std::string_view> more,
                           int wake) {
  if (!connection_) {
    auto connection = Connection::open(options_.server);
    if (!connection) return failed(connection);
    connection_.emplace(*std::move(connection));
  }
  auto answer = run_script(*connection_, options_, script, more, wake);
  if (!answer) return fail(closed(std::move(answer.error())));
  return answer;
}

Result<void> Writer::wait_for_replicas(int wake) {
  if (options_.replicas == 0) return {};
  // Half of the connection's timeout, so that Redis answers first.
  const auto patience = usual_patience / 2;
  const std::string count = std::to_string(options_.replicas);
  const std::string within = std::to_string(patience.count());
  const std::string_view words[] = {"WAIT", count, within};
  auto answer = connection_->call(words, usual_patience, wake);
  if (!answer) return fail(closed(std::move(answer.error())));
  const std::int64_t reached = answer->get().integer();
  if (reached >= static_cast<std::int64_t>(options_.replicas)) return {};
  return fail(closed(streams::retry_later(
      "stream.too_few_replicas",
      "Redis " + options_.server.name() + ": " + std::to_string(reached) + " of " +
          std::to_string(options_.replicas) + " replicas have it after " +
          std::to_string(patience.count()) + " ms",
      "check the replicas: redis-cli INFO replication")));
}

Result<Durable> Writer::tail(std::stop_token stop) {
  const Wake wake;
  const std::stop_callback stopping(stop, [&wake] { wake.signal(); });
  const std::string_view more[] = {relay_, options_.replicas > 0 ? "1" : "0"};
  auto answer = run(scripts::tail, more, wake.get());
  if (!answer) return failed(answer);
  if (answer->get()[0].text() == "odd tail") return fail(torn_tail(options_, relay_));
  if (auto waited = wait_for_replicas(wake.get()); !waited) return failed(waited);
  const Reply reply = answer->get();
  return Durable::confirmed_by_stream({.sequence = number_in(reply[1].text()),
                                       .position = Position{std::string(reply[2].text())},
                                       .source = std::string(reply[3].text())});
}

Result<Durable> Writer::append(const Tail& expected, std::span<const Event> events,
                               const Position& position, const std::string& source,
                               std::stop_token stop) {
  const Wake wake;
  const std::stop_callback stopping(stop, [&wake] { wake.signal(); });
  const std::string sequence = std::to_string(expected.sequence);
  std::vector<std::string_view> more{relay_, sequence, expected.position.token, position.token,
                                     source};
  const Times times(events);
  const Kinds kinds(events);
  kinds.add_to(more);
  more.reserve(more.size() + 6 * events.size());
  for (std::size_t at = 0; at < events.size(); ++at) {
    const Event& event = events[at];
    if (event.data.size() > largest_value) return fail(too_large(event));
    more.insert(more.end(),
                {kinds[at], event.id, event.subject, times[at], event.partition_key, event.data});
  }
  auto answer = run(scripts::append, more, wake.get());
  if (!answer) return failed(answer);
  const Reply reply = answer->get();
  if (reply[0].text() != "appended") {
    Tail found;
    found.sequence = number_in(reply[1].text());
    return fail(streams::conflict(options_.key, relay_, found, expected));
  }
  if (auto waited = wait_for_replicas(wake.get()); !waited) return failed(waited);
  return Durable::confirmed_by_stream(
      {.sequence = number_in(reply[1].text()), .position = position, .source = source});
}

StreamLimits Writer::limits() const { return {.event = largest_value}; }

Result<bool> Writer::maintain() {
  const Retention& limits = options_.retention;
  if (!limits.age && !limits.length) return false;
  const std::string age = limits.age ? std::to_string(limits.age->count()) : "";
  const std::string now = std::to_string(clock_->wall().time_since_epoch().count());
  const std::string length = limits.length ? std::to_string(*limits.length) : "";
  const std::string_view more[] = {length, age, now, limits.ignore_consumers ? "0" : "1",
                                   removed_at_once};
  auto answer = run(scripts::trim, more);
  if (!answer) return failed(answer);
  return answer->get()[2].integer() == 1;
}

/// A user who may not read the memory's size is no reason to connect again.
Result<StreamRoom> Writer::room() {
  if (!connection_) return StreamRoom{};
  auto oldest = run(scripts::oldest, {});
  if (!oldest) return failed(oldest);
  StreamRoom room;
  if (const auto time = time_from(oldest->get()[1].text())) {
    room.history = std::max(clock_->wall() - *time, Milliseconds(0));
  }
  auto memory = Settings::read_memory(*connection_);
  if (memory) room.bytes = memory_left(*memory);
  if (!memory && memory.error().name != "stream.unauthorized") {
    return fail(closed(std::move(memory.error())));
  }
  return room;
}

}  // namespace headwater::redis
