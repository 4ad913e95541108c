#include "src/streams/kafka/writer.h"

#include <algorithm>
#include <utility>

#include "src/base/number_in.h"
#include "src/base/unique.h"
#include "src/ports/stopped.h"
#include "src/streams/kafka/admin.h"
#include "src/streams/kafka/errors.h"

namespace headwater::kafka {
namespace {

// A stop request ends such a call early.
constexpr Milliseconds look_patience{5000};
constexpr Milliseconds append_patience{8000};
// For a broker that has just restarted.
constexpr Milliseconds known_patience{2000};

/// A call that a stop has cut short failed for no other reason.
Result<Durable> or_stopped(Result<Durable> result, const Deadline& deadline) {
  const bool cut = !result && result.error().remedy == Remedy::retry && deadline.stopped();
  return cut ? fail(stopped(Origin::stream)) : std::move(result);
}

}  // namespace

Writer::Writer(std::string relay, Options options, const Clock& clock)
    : relay_(std::move(relay)), options_(std::move(options)), clock_(&clock) {}

Result<void> Writer::settle(const Deadline& deadline) {
  if (!producer_) return {};
  auto committed = producer_->settle(deadline);
  if (!committed) return fail(explained(std::move(committed.error())));
  // As after any commit: otherwise this relay would see its own append as another relay's.
  Result<void> seen = *committed ? wait_until_seen(deadline) : Result<void>();
  if (!producer_->sound()) producer_.reset();
  return seen;
}

/// A commit may wait for a topic that was deleted: only the brokers can say.
Error Writer::explained(Error error) {
  if (error.remedy != Remedy::retry) return error;
  asker_.reset();
  auto there = look(Deadline(*clock_, look_patience), Loss::stops);
  const bool gone = !there && there.error().remedy == Remedy::stop;
  return gone ? std::move(there.error()) : std::move(error);
}

Result<Asker::Found> Writer::look(const Deadline& deadline, Loss loss) {
  if (!asker_) {
    auto asker = Asker::open(options_);
    if (!asker) return failed(asker);
    asker_ = *std::move(asker);
    const Deadline to_be_known(*clock_, known_ ? known_patience : Milliseconds(0));
    for (const std::string& topic : {options_.positions_topic(), options_.topic}) {
      auto there = once_known(asker_->client(), to_be_known,
                              [&] { return asker_->partitions(topic, deadline); });
      if (!there) {
        asker_.reset();
        return failed(there);
      }
      partitions_ = *there;
    }
    known_ = true;
  }
  auto found = asker_->state(deadline);
  if (found && loss == Loss::stops) {
    auto whole = asker_->whole(found->state, partitions_, deadline);
    if (!whole) found = failed(whole);
  }
  if (!found) {
    asker_.reset();
    return found;
  }
  const std::string& owner = found->state.relay;
  if (owner.empty() || owner == relay_) return found;
  return fail(hopeless("stream.other_relay",
                       "Kafka " + options_.brokers + ": topic " + options_.topic +
                           " belongs to relay '" + owner + "', not to '" + relay_ + "'",
                       "choose another stream.kafka.topic for this relay; or, if the other is gone "
                       "for good: headwater init --remove with its configuration"));
}

Result<Durable> Writer::tail(std::stop_token stop) {
  const Deadline deadline(*clock_, look_patience, std::move(stop));
  return or_stopped(tail_within(deadline), deadline);
}

Result<Durable> Writer::tail_within(const Deadline& deadline) {
  if (auto settled = settle(deadline); !settled) return failed(settled);
  auto found = look(deadline, Loss::stops);
  if (!found) return failed(found);
  learn_largest(deadline);
  return Durable::confirmed_by_stream(std::move(found->state.tail));
}

Error Writer::mismatch(const Tail& found) const {
  return conflict("the tail of relay '" + relay_ + "' in topic " + options_.topic + " is event " +
                  std::to_string(found.sequence) + " and not what this relay expected");
}

/// The size that the broker will measure for a compressed batch cannot be known beforehand. A user
/// without the right to read the topic's limit must set it.
void Writer::learn_largest(const Deadline& deadline) {
  if (largest_known_) return;
  for (const auto& [name, value] : options_.properties) {
    if (name.starts_with("compression.") && value != "none") return;
  }
  const auto most = topics_limit(deadline);
  if (!most) return;
  largest_known_ = true;
  if (*most > 0) largest_ = std::min(largest_, *most);
}

/// `max.message.bytes` of the events; 0 if it is not set, nullopt without the right to read it.
std::optional<std::size_t> Writer::topics_limit(const Deadline& deadline) const {
  auto settings = settings_of(asker_->client(), options_.topic, deadline);
  if (!settings) return std::nullopt;
  return number_in((*settings)["max.message.bytes"]);
}

/// Brokers measure whole batches. A user without the right to read the limit must set it.
Options Writer::with_batches_that_fit(const Deadline& deadline) const {
  constexpr std::size_t usual = 1'000'000;
  Options options = options_;
  std::size_t bytes = topics_limit(deadline).value_or(0);
  bytes -= bytes / 10;  // The library estimates what it adds.
  // First, so that the user's own setting overrides it.
  if (bytes > 0 && bytes < usual) {
    options.properties.insert(options.properties.begin(), {"batch.size", std::to_string(bytes)});
  }
  return options;
}

Result<void> Writer::take_over(const Tail& expected, const Deadline& deadline, Loss loss) {
  // A relay that can see that it is late fences nobody.
  auto before = look(deadline, loss);
  if (!before) return failed(before);
  if (before->state.tail != expected) return fail(mismatch(before->state.tail));
  auto producer = Producer::take_over(with_batches_that_fit(deadline), deadline);
  if (!producer) return failed(producer);
  // Another producer's open transaction may still hide what this relay has committed.
  if (auto decided = asker_->wait_until_decided(deadline); !decided) {
    return failed(decided);
  }
  auto found = look(deadline, loss);
  if (!found) return failed(found);
  if (found->state.tail != expected) return fail(mismatch(found->state.tail));
  auto ends = asker_->ends_of(loss == Loss::stops ? found->state : State{}, partitions_, deadline);
  if (!ends) return failed(ends);
  (*producer)->begin_at(*std::move(ends));
  if (!follower_) {
    auto follower = Client::open(options_, Role::follower);
    if (!follower) return failed(follower);
    follower_ = *std::move(follower);
    auto topic = follower_->topic(options_.positions_topic());
    if (!topic) return failed(topic);
    seen_.emplace(*follower_, *std::move(topic), 0, nullptr);
  }
  if (!seen_->start(found->end)) {
    return fail(follower_->error(rd_kafka_last_error(), "topic " + options_.positions_topic()));
  }
  producer_ = *std::move(producer);
  state_ = std::move(found->state);
  return {};
}

Result<Durable> Writer::append(const Tail& expected, std::span<const Event> events,
                               const Position& position, const std::string& source,
                               std::stop_token stop) {
  const Deadline deadline(*clock_, append_patience, std::move(stop));
  return or_stopped(append_within(expected, events, position, source, deadline), deadline);
}

Result<Durable> Writer::append_within(const Tail& expected, std::span<const Event> events,
                                      const Position& position, const std::string& source,
                                      const Deadline& deadline) {
  if (auto settled = settle(deadline); !settled) return failed(settled);
  // If this producer did not write the expected tail, it is fenced or soon will be.
  if (producer_ && (!producer_->sound() || state_.tail != expected)) producer_.reset();
  if (!producer_) {
    if (auto taken = take_over(expected, deadline, Loss::stops); !taken) return failed(taken);
  }
  State next{.last = state_.last + events.size(),
             .relay = relay_,
             .tail = {.sequence = expected.sequence, .position = position, .source = source},
             .life = state_.life.empty() ? unique_name() : state_.life};
  if (!events.empty()) next.tail.sequence = next.last;
  auto written = write(events, std::move(next), deadline);
  if (!written) return failed(written);
  return Durable::confirmed_by_stream(*std::move(written));
}

Result<Tail> Writer::write(std::span<const Event> events, State next, const Deadline& deadline) {
  state_ = std::move(next);
  auto appended = producer_->append(events, state_, deadline);
  if (!appended) {
    if (producer_->settled()) producer_.reset();
    // The library waits for a deleted topic as for a broker that is down.
    asker_.reset();
    return failed(appended);
  }
  if (auto seen = wait_until_seen(deadline); !seen) {
    producer_.reset();
    return failed(seen);
  }
  return state_.tail;
}

/// Each append writes one record with this key, and nobody else writes such records.
Result<void> Writer::wait_until_seen(const Deadline& deadline) {
  const std::string what = "topic " + options_.positions_topic();
  Attempts attempts(*follower_, deadline);
  while (attempts.again()) {
    const Message message = seen_->next(attempts.milliseconds());
    if (!message) continue;
    attempts.restart();
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return fail(follower_->error(message->err, what));
    }
    if (key_of(*message) != options_.topic) continue;
    auto state = state_in(*message);
    if (!state) return failed(state);
    if (state->last == state_.last && state->tail == state_.tail) return {};
  }
  return fail(follower_->error(RD_KAFKA_RESP_ERR__TIMED_OUT, what));
}

/// Only where the beginning has moved is a record read.
Result<StreamRoom> Writer::room() {
  if (!asker_) return StreamRoom{};
  const Deadline deadline(*clock_, known_patience);
  auto begin = offsets_at(asker_->client(), options_.topic, partitions_, RD_KAFKA_OFFSET_BEGINNING,
                          deadline);
  if (!begin) return failed(begin);
  oldest_.resize(begin->size());
  StreamRoom room;
  for (std::size_t at = 0; at < begin->size(); ++at) {
    Oldest& known = oldest_[at];
    if (!known.time || known.offset != (*begin)[at]) {
      auto found = oldest_at(static_cast<std::int32_t>(at), (*begin)[at], deadline);
      if (!found) return failed(found);
      known = *found;
    }
    if (!known.time) continue;
    const Milliseconds age = std::max(clock_->wall() - *known.time, Milliseconds(0));
    room.history = std::max(room.history.value_or(age), age);
  }
  return room;
}

Result<Writer::Oldest> Writer::oldest_at(std::int32_t partition, std::int64_t offset,
                                         const Deadline& deadline) {
  auto record = asker_->first(options_.topic, partition, offset, deadline);
  if (!record) return failed(record);
  Oldest oldest{.offset = offset};
  if (!*record) return oldest;
  rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t time = rd_kafka_message_timestamp(record->get(), &kind);
  if (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) oldest.time = WallTime(Milliseconds(time));
  return oldest;
}

Result<bool> Writer::forget() {
  const Deadline deadline(*clock_, append_patience);
  auto found = look(deadline, Loss::is_forgotten);
  if (!found) return failed(found);
  if (found->state.relay.empty()) return false;
  if (auto taken = take_over(found->state.tail, deadline, Loss::is_forgotten); !taken) {
    return failed(taken);
  }
  State nobody{.last = state_.last, .relay = {}, .tail = {}, .life = state_.life};
  auto written = write({}, std::move(nobody), deadline);
  if (!written) return failed(written);
  return true;
}

}  // namespace headwater::kafka
