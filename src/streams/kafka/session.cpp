#include "src/streams/kafka/session.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "src/streams/kafka/errors.h"

namespace headwater::kafka {

Result<std::unique_ptr<Session>> Session::open(const Options& options, const Deadline& deadline) {
  std::unique_ptr<Session> session(new Session(options));
  if (auto started = session->start(deadline); !started) return failed(started);
  return session;
}

Result<void> Session::start(const Deadline& deadline) {
  auto asker = Asker::open(options_);
  if (!asker) return failed(asker);
  asker_ = *std::move(asker);
  auto there = asker_->partitions(options_.positions_topic(), deadline);
  if (!there) return failed(there);
  auto count = asker_->partitions(options_.topic, deadline);
  if (!count) return failed(count);
  auto follower = Client::open(options_, Role::follower, *count);
  if (!follower) return failed(follower);
  follower_ = *std::move(follower);
  for (std::int32_t number = 0; number < *count; ++number) {
    if (auto added = add_place(); !added) return failed(added);
  }
  auto topic = follower_->topic(options_.positions_topic());
  if (!topic) return failed(topic);
  positions_.emplace(*follower_, *std::move(topic), 0, &wake_);
  auto found = asker_->state(deadline);
  if (!found) return failed(found);
  if (auto heard = hear(found->state); !heard) return heard;
  heard_ = found->end;
  if (!positions_->start(heard_)) {
    return fail(follower_->error(rd_kafka_last_error(), "topic " + options_.positions_topic()));
  }
  return {};
}

Result<Session::Place*> Session::add_place() {
  auto topic = follower_->topic(options_.topic);
  if (!topic) return failed(topic);
  const auto number = static_cast<std::int32_t>(places_.size());
  places_.push_back({.partition = {*follower_, *std::move(topic), number, &wake_}});
  return &places_.back();
}

Result<void> Session::refresh(const Deadline& deadline) {
  auto ends = asker_->ends(options_.positions_topic(), 0, deadline);
  if (!ends) return failed(ends);
  if (ends->end == heard_) return {};
  auto found = asker_->state(deadline);
  if (!found) return failed(found);
  // The broker has lost the end that was heard of.
  if (ends->end < heard_) {
    heard_ = 0;
    last_ = 0;
  }
  heard_ = std::max(heard_, found->end);
  return hear(found->state);
}

Result<void> Session::listen() {
  while (const Message message = positions_->next(0)) {
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return fail(follower_->error(message->err, "topic " + options_.positions_topic()));
    }
    heard_ = std::max(heard_, message->offset + 1);
    if (key_of(*message) != options_.topic) continue;
    auto state = state_in(*message);
    if (!state) return failed(state);
    if (auto heard = hear(*state); !heard) return heard;
  }
  return {};
}

Result<void> Session::hear(const State& state) {
  if (life_.empty()) life_ = state.life;
  if (state.life != life_) return fail(recreated("Kafka: topic " + options_.topic, ""));
  last_ = std::max(last_, state.last);
  return {};
}

Result<void> Session::seek(std::uint64_t from, const Deadline& deadline) {
  found_ = nullptr;
  next_ = 0;
  for (Place& place : places_) {
    auto offset = offset_of(from, place.partition.number(), deadline.anew());
    if (!offset) return failed(offset);
    place.head.reset();
    place.done = 0;
    if (!place.partition.start(*offset)) {
      return fail(follower_->error(rd_kafka_last_error(), "topic " + options_.topic));
    }
  }
  next_ = from;
  return {};
}

/// The offset from which to read so that nothing from `sequence` on is missed. A binary search,
/// because sequences rise in each partition. Open transactions are after the last stable offset.
Result<std::int64_t> Session::offset_of(std::uint64_t sequence, std::int32_t partition,
                                        const Deadline& deadline) {
  auto ends = asker_->ends(options_.topic, partition, deadline);
  if (!ends) return failed(ends);
  std::int64_t low = ends->low;
  std::int64_t high = ends->end;
  if (sequence <= 1) return low;
  // One answer contains so many records anyway.
  constexpr std::int64_t near = 64;
  while (high - low > near) {
    const std::int64_t middle = low + (high - low) / 2;
    auto message = asker_->first(options_.topic, partition, middle, deadline.anew());
    if (!message) return failed(message);
    const auto found = *message ? sequence_in(**message) : std::nullopt;
    if (found && *found < sequence) {
      low = (*message)->offset + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Result<void> Session::fill(Place& place) {
  while (!place.head) {
    const Message message = place.partition.next(0);
    if (!message) return {};
    place.done = message->offset;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return fail(follower_->error(message->err, "topic " + options_.topic));
    }
    auto stored = event_in(*message, known_);
    if (!stored) return failed(stored);
    if (*stored && (*stored)->sequence >= next_) place.head = *std::move(*stored);
  }
  return {};
}

/// A committed event was written before its position, so it is before the end of its partition.
/// Only the end including open transactions counts: a partition may still treat as open what the
/// positions already show, and an end reached earlier may be before it.
Result<void> Session::survey(const Deadline& deadline) {
  if (next_ <= surveyed_) return {};
  auto all = asker_->surveyor();
  if (!all) return failed(all);
  for (Place& place : places_) {
    auto high = offset_at((*all)->client(), options_.topic, place.partition.number(),
                          RD_KAFKA_OFFSET_END, deadline.anew());
    if (!high) return failed(high);
    place.high = *high;
  }
  surveyed_ = last_;
  return {};
}

Result<void> Session::grow(const Deadline& deadline) {
  auto count = asker_->partitions(options_.topic, deadline);
  if (!count) return failed(count);
  counted_ = last_;
  if (static_cast<std::size_t>(*count) <= places_.size()) return {};
  // Each client must know them, or it would treat them as missing.
  auto all = asker_->surveyor();
  if (!all) return failed(all);
  for (const Client& client : {std::cref(*follower_), std::cref((*all)->client())}) {
    auto known = client.metadata(options_.topic, deadline);
    if (!known) return failed(known);
  }
  surveyed_ = 0;
  while (places_.size() < static_cast<std::size_t>(*count)) {
    auto place = add_place();
    if (!place) return failed(place);
    auto offset = offset_of(next_, (*place)->partition.number(), deadline.anew());
    if (!offset) return failed(offset);
    if (!(*place)->partition.start(*offset)) {
      return fail(follower_->error(rd_kafka_last_error(), "topic " + options_.topic));
    }
  }
  return {};
}

Result<const StoredEvent*> Session::peek(const Deadline& deadline) {
  found_ = nullptr;
  bool all_have = true;
  for (Place& place : places_) {
    if (auto filled = fill(place); !filled) return failed(filled);
    all_have = all_have && place.head;
    if (place.head && (found_ == nullptr || place.head->sequence < found_->head->sequence)) {
      found_ = &place;
    }
  }
  if (found_ != nullptr && found_->head->sequence == next_) return &*found_->head;
  const bool next_is_committed = next_ <= last_;
  if (next_is_committed && !all_have) {
    if (auto surveyed = survey(deadline); !surveyed) return failed(surveyed);
  }
  const bool gone = next_is_committed && std::ranges::all_of(places_, [](const Place& place) {
                      return place.head || place.done >= place.high;
                    });
  if (gone && next_ > counted_) {
    if (auto grown = grow(deadline); !grown) return failed(grown);
    return peek(deadline);
  }
  if (gone && found_ != nullptr && found_->head->sequence <= last_) return &*found_->head;
  // All of them are gone.
  if (gone) next_ = last_ + 1;
  found_ = nullptr;
  return nullptr;
}

StoredEvent Session::take() {
  StoredEvent taken = *std::move(found_->head);
  found_->head.reset();
  found_ = nullptr;
  next_ = taken.sequence + 1;
  last_ = std::max(last_, taken.sequence);
  return taken;
}

Result<std::optional<std::uint64_t>> Session::first(const Deadline& deadline) {
  std::optional<std::uint64_t> first;
  for (const Place& place : places_) {
    const std::int32_t number = place.partition.number();
    const Deadline each = deadline.anew();
    auto ends = asker_->ends(options_.topic, number, each);
    if (!ends) return failed(ends);
    if (ends->low >= ends->end) continue;
    auto message = asker_->first(options_.topic, number, ends->low, each);
    if (!message) return failed(message);
    const auto found = *message ? sequence_in(**message) : std::nullopt;
    if (found) first = std::min(first.value_or(*found), *found);
  }
  return first;
}

Error Session::late() const {
  return follower_->error(RD_KAFKA_RESP_ERR__TIMED_OUT, "topic " + options_.topic);
}

}  // namespace headwater::kafka
