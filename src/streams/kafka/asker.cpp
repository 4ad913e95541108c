#include "src/streams/kafka/asker.h"

#include <algorithm>
#include <array>
#include <utility>

#include "src/streams/kafka/errors.h"

namespace headwater::kafka {
namespace {

// The tail is mostly among the last few records. Each look further back covers so much more.
constexpr std::int64_t first_look = 16;
constexpr std::int64_t look_further = 32;
// For what others have begun and will have ended soon, if they are alive.
constexpr int look_again_ms = 50;
constexpr int enough_ms = 2000;

using Places = std::unique_ptr<rd_kafka_topic_partition_list_t,
                               Destroy<&rd_kafka_topic_partition_list_destroy>>;

// Not rd_kafka_query_watermark_offsets(): while no broker answers, 2.0.2 blocks there forever,
// whatever the timeout. As a reader of committed transactions the library asks for the last stable
// offset as the end (rd_kafka_ListOffsetsRequest: IsolationLevel).
Result<void> look_up(const Client& client, const Places& places, const std::string& topic,
                     std::int64_t place, const Deadline& deadline) {
  Attempts attempts(client, deadline);
  const int until_left_ms = deadline.milliseconds() - enough_ms;
  auto code = RD_KAFKA_RESP_ERR__TIMED_OUT;
  for (bool more = true; more;) {
    code = rd_kafka_offsets_for_times(client.handle(), places.get(), attempts.milliseconds());
    for (int at = 0; at < places->cnt; ++at) {
      rd_kafka_topic_partition_t& found = places->elems[at];
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = found.err;
    }
    // So it is with a partition that was made just now.
    const bool unled = code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
                       code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    if (unled) rd_kafka_poll(client.handle(), look_again_ms);
    more = (code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
            (unled && deadline.milliseconds() > until_left_ms)) &&
           attempts.again();
    for (int at = 0; more && at < places->cnt; ++at) {
      places->elems[at].offset = place;
      places->elems[at].err = RD_KAFKA_RESP_ERR_NO_ERROR;
    }
  }
  for (int at = 0; at < places->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; ++at) {
    if (places->elems[at].offset < 0) code = RD_KAFKA_RESP_ERR__TIMED_OUT;
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(client.error(code, "topic " + topic));
  client.answered();
  return {};
}

}  // namespace

// Not rd_kafka_queue_io_event_enable(): that drops what comes within linger.ms of the last signal.
Partition::Partition(const Client& client, Topic topic, std::int32_t number, Wake* wake)
    : topic_(std::move(topic)), queue_(rd_kafka_queue_new(client.handle())), number_(number) {
  if (wake == nullptr) return;
  const auto signal = [](rd_kafka_t*, void* self) { static_cast<Wake*>(self)->signal(); };
  rd_kafka_queue_cb_event_enable(queue_.get(), signal, wake);
}

Partition::~Partition() {
  if (topic_) stop();
}

bool Partition::start(std::int64_t offset) {
  stop();
  started_ = rd_kafka_consume_start_queue(topic_.get(), number_, offset, queue_.get()) == 0;
  return started_;
}

void Partition::stop() {
  if (!std::exchange(started_, false)) return;
  rd_kafka_consume_stop(topic_.get(), number_);
  // What had come before is of no use any more.
  while (next(0)) continue;
}

Message Partition::next(int milliseconds) {
  if (taken_.empty()) {
    // To take each by itself costs more than to read it. With a time, this would wait for them all.
    std::array<rd_kafka_message_t*, 32> some{};
    const auto count = rd_kafka_consume_batch_queue(queue_.get(), 0, some.data(), some.size());
    for (ssize_t at = count; at-- > 0;) taken_.emplace_back(some.at(static_cast<std::size_t>(at)));
  }
  if (taken_.empty()) {
    return Message(milliseconds > 0 ? rd_kafka_consume_queue(queue_.get(), milliseconds) : nullptr);
  }
  Message first = std::move(taken_.back());
  taken_.pop_back();
  return first;
}

Result<std::int64_t> offset_at(const Client& client, const std::string& topic,
                               std::int32_t partition, std::int64_t place,
                               const Deadline& deadline) {
  const Places places(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* asked =
      rd_kafka_topic_partition_list_add(places.get(), topic.c_str(), partition);
  asked->offset = place;
  if (auto answered = look_up(client, places, topic, place, deadline); !answered)
    return failed(answered);
  return asked->offset;
}

Result<std::vector<std::int64_t>> offsets_at(const Client& client, const std::string& topic,
                                             std::int32_t count, std::int64_t place,
                                             const Deadline& deadline) {
  const Places places(rd_kafka_topic_partition_list_new(count));
  for (std::int32_t number = 0; number < count; ++number) {
    rd_kafka_topic_partition_list_add(places.get(), topic.c_str(), number)->offset = place;
  }
  if (auto answered = look_up(client, places, topic, place, deadline); !answered)
    return failed(answered);
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(count));
  for (int at = 0; at < places->cnt; ++at) {
    const rd_kafka_topic_partition_t& found = places->elems[at];
    offsets[static_cast<std::size_t>(found.partition)] = found.offset;
  }
  return offsets;
}

Result<std::unique_ptr<Asker>> Asker::open(const Options& options, Role role) {
  auto client = Client::open(options, role);
  if (!client) return failed(client);
  return std::unique_ptr<Asker>(new Asker(options, *std::move(client)));
}

Result<Partition*> Asker::partition(const std::string& topic, std::int32_t number) {
  const auto key = std::pair(topic, number);
  if (const auto known = started_.find(key); known != started_.end()) return &known->second;
  auto handle = client_->topic(topic);
  if (!handle) return failed(handle);
  return &started_.emplace(key, Partition(*client_, *std::move(handle), number, nullptr))
              .first->second;
}

Result<std::int32_t> Asker::partitions(const std::string& topic, const Deadline& deadline) {
  auto metadata = client_->metadata(topic, deadline);
  if (!metadata) return failed(metadata);
  return (*metadata)->topics[0].partition_cnt;
}

Result<Ends> Asker::ends(const std::string& topic, std::int32_t partition,
                         const Deadline& deadline) {
  auto low = offset_at(*client_, topic, partition, RD_KAFKA_OFFSET_BEGINNING, deadline);
  if (!low) return failed(low);
  auto end = offset_at(*client_, topic, partition, RD_KAFKA_OFFSET_END, deadline);
  if (!end) return failed(end);
  return Ends{.low = *low, .end = *end};
}

Result<Asker*> Asker::surveyor() {
  if (!surveyor_) {
    auto opened = open(options_, Role::surveyor);
    if (!opened) return failed(opened);
    surveyor_ = *std::move(opened);
  }
  return surveyor_.get();
}

Result<void> Asker::wait_until_decided(const Deadline& deadline) {
  const std::string topic = options_.positions_topic();
  auto all = surveyor();
  if (!all) return failed(all);
  const auto high = offset_at((*all)->client(), topic, 0, RD_KAFKA_OFFSET_END, deadline);
  if (!high) return fail(high.error());
  const int until_left_ms = deadline.milliseconds() - enough_ms;
  for (;;) {
    const auto end = offset_at(*client_, topic, 0, RD_KAFKA_OFFSET_END, deadline);
    if (!end) return fail(end.error());
    if (*end >= *high) return {};
    if (deadline.milliseconds() <= std::max(until_left_ms, 0)) return fail(undecided(topic));
    rd_kafka_poll(client_->handle(), look_again_ms);
  }
}

Result<Message> Asker::first(const std::string& topic, std::int32_t number, std::int64_t offset,
                             const Deadline& deadline) {
  auto from = partition(topic, number);
  if (!from) return failed(from);
  if (!(*from)->start(offset)) return fail(client_->error(rd_kafka_last_error(), "topic " + topic));
  Attempts attempts(*client_, deadline);
  Message message = (*from)->next(attempts.milliseconds());
  while (!message && attempts.again()) message = (*from)->next(attempts.milliseconds());
  (*from)->stop();
  if (!message) return fail(client_->error(RD_KAFKA_RESP_ERR__TIMED_OUT, "topic " + topic));
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return message;
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return Message();
  return fail(client_->error(message->err, "topic " + topic));
}

Result<Message> Asker::last_from(Partition& from, const std::string& key, std::int64_t begin,
                                 std::int64_t end, const Deadline& deadline) {
  const std::string what = std::string("topic ") + rd_kafka_topic_name(from.topic());
  if (!from.start(begin)) return fail(client_->error(rd_kafka_last_error(), what));
  Message found;
  Attempts attempts(*client_, deadline);
  for (bool more = true; more;) {
    Message message = from.next(attempts.milliseconds());
    if (!message && !attempts.again()) {
      return fail(client_->error(RD_KAFKA_RESP_ERR__TIMED_OUT, what));
    }
    if (!message) continue;
    attempts.restart();
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      more = message->offset < end;
    } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return fail(client_->error(message->err, what));
    } else if (key_of(*message) == key) {
      found = std::move(message);
    }
  }
  from.stop();
  return found;
}

Result<Message> Asker::last(const std::string& key, const Deadline& deadline, std::int64_t* end) {
  const std::string topic = options_.positions_topic();
  auto ends = this->ends(topic, 0, deadline);
  if (!ends) return failed(ends);
  if (end != nullptr) *end = ends->end;
  auto from = partition(topic, 0);
  if (!from) return failed(from);
  for (std::int64_t look = first_look;; look *= look_further) {
    const std::int64_t begin = std::max(ends->low, ends->end - look);
    if (begin >= ends->end) return Message();
    auto found = last_from(**from, key, begin, ends->end, deadline);
    if (!found || *found || begin == ends->low) return found;
  }
}

Result<Asker::Found> Asker::state(const Deadline& deadline) {
  Found found;
  // Events and position of a first append do not come to be seen at the same instant.
  const int until_left_ms = deadline.milliseconds() - enough_ms;
  for (bool first = true; first || deadline.milliseconds() > until_left_ms; first = false) {
    if (!first) rd_kafka_poll(client_->handle(), look_again_ms);
    auto message = last(options_.topic, deadline, &found.end);
    if (!message) return failed(message);
    if (*message) {
      auto state = state_in(**message);
      if (!state) return failed(state);
      found.state = *std::move(state);
      return found;
    }
    auto nothing = empty(deadline);
    if (!nothing) return failed(nothing);
    if (*nothing) return found;
  }
  auto all = surveyor();
  if (!all) return failed(all);
  auto beside = (*all)->ends(options_.positions_topic(), 0, deadline);
  if (!beside) return failed(beside);
  if (beside->end > found.end) return fail(undecided(options_.positions_topic()));
  return fail(hopeless("stream.position_lost",
                       "Kafka: topic " + options_.topic + " holds events, but " +
                           options_.positions_topic() + " does not say where they end",
                       "choose another stream.kafka.topic, or give the name of the topic that "
                       "holds the positions as stream.kafka.positions"));
}

Result<bool> Asker::empty(const Deadline& deadline) {
  auto count = partitions(options_.topic, deadline);
  if (!count) return failed(count);
  for (std::int32_t number = 0; number < *count; ++number) {
    const Deadline each = deadline.anew();
    auto ends = this->ends(options_.topic, number, each);
    if (!ends) return failed(ends);
    // Whatever was there, retention took it.
    if (ends->low > 0) return false;
    if (ends->low >= ends->end) continue;
    auto message = first(options_.topic, number, ends->low, each);
    if (!message) return failed(message);
    if (*message) return false;
  }
  return true;
}

}  // namespace headwater::kafka
