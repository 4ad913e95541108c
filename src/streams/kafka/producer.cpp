#include "src/streams/kafka/producer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "src/base/invariant.h"
#include "src/base/number_in.h"
#include "src/event/short_key.h"
#include "src/streams/kafka/errors.h"

namespace headwater::kafka {
namespace {

// A failed append may still abort its transaction after its own deadline; only briefly if the
// broker is probably down.
constexpr int to_abort_ms = 1000;
constexpr int to_abort_alone_ms = 100;

/// After a time-out, the library continues a transactional call in the background, and a repeated
/// call waits for it (rdkafka.h). Such an error is retriable, whatever reason it names.
Failure in_parts(rd_kafka_error_t* (*call)(rd_kafka_t*, int), const Client& client,
                 const Deadline& deadline, Attempts::Until until) {
  Attempts attempts(client, deadline, until);
  Failure failure(call(client.handle(), attempts.milliseconds()));
  while (failure && rd_kafka_error_is_retriable(failure.get()) != 0 && attempts.again()) {
    failure.reset(call(client.handle(), attempts.milliseconds()));
  }
  if (!failure) client.answered();
  return failure;
}

Error too_large(const Options& options, const Event& event) {
  return hopeless(
      "stream.event_too_large",
      "Kafka " + options.brokers + ": event " + in_few_bytes(event.id) + " (" + event.type.text() +
          ", " + std::to_string(event.data.size()) + " bytes of data) is larger than topic " +
          options.topic + " takes",
      "raise stream.kafka.max_event and the topic's max.message.bytes "
      "(kafka-configs.sh), or set max_change of the source below that and on_large_change: gap");
}

/// The broker does not say which event it is.
Error largest_refused(const Options& options, std::span<const Event> events) {
  Error error = too_large(options, *std::ranges::max_element(events, {}, [](const Event& event) {
                            return event.data.size();
                          }));
  error.message += "; of those it refused, this is the largest";
  return error;
}

std::size_t setting(const Client& client, const char* name) {
  std::array<char, 32> text{};
  std::size_t size = text.size();
  const rd_kafka_conf_t* conf = rd_kafka_conf(client.handle());
  const auto found = rd_kafka_conf_get(conf, name, text.data(), &size);
  invariant(found == RD_KAFKA_CONF_OK, "librdkafka knows its own settings");
  return number_in(text.data());
}

/// About; headers and framing included.
std::size_t size_of(const Event& event) {
  constexpr std::size_t names_and_framing = 128;
  return footprint(event) + event.partition_key.size() + names_and_framing;
}

}  // namespace

Result<std::unique_ptr<Producer>> Producer::take_over(const Options& options,
                                                      const Deadline& deadline) {
  auto client = Client::open(options, Role::producer);
  if (!client) return failed(client);
  std::unique_ptr<Producer> producer(new Producer(options, *std::move(client)));
  const std::size_t bytes = std::min(setting(*producer->client_, "batch.size"),
                                     setting(*producer->client_, "message.max.bytes"));
  producer->largest_batch_ = {.bytes = bytes,
                              .records = setting(*producer->client_, "batch.num.messages")};
  auto events = producer->client_->topic(options.topic);
  if (!events) return failed(events);
  producer->events_ = *std::move(events);
  auto positions = producer->client_->topic(options.positions_topic());
  if (!positions) return failed(positions);
  producer->positions_ = *std::move(positions);
  const Failure failure =
      in_parts(&rd_kafka_init_transactions, *producer->client_, deadline, Attempts::Until::alone);
  if (failure) return fail(producer->judge(*failure, "taking over topic " + options.topic));
  return producer;
}

Error Producer::judge(const rd_kafka_error_t& failure, const std::string& what) {
  sound_ = false;
  auto code = rd_kafka_error_code(&failure);
  std::array<char, 512> text{};
  const auto fatal = rd_kafka_fatal_error(client_->handle(), text.data(), text.size());
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    code = fatal;
    settled_ = true;
  }
  // The producer that fenced this one has settled its transaction.
  if (is_fenced(code)) {
    settled_ = true;
    return conflict("another relay has taken over topic " + options_.topic);
  }
  // What nobody can commit any more is also settled.
  Error error = fatal != RD_KAFKA_RESP_ERR_NO_ERROR
                    ? explain(code, "Kafka " + options_.brokers + ": " + what, text.data())
                    : client_->error(failure, what);
  const auto undelivered = client_->undelivered();
  if (error.remedy == Remedy::retry && undelivered != RD_KAFKA_RESP_ERR_NO_ERROR &&
      undelivered != RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
      undelivered != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
    error = client_->error(undelivered, what);
  }
  return error;
}

Error Producer::judge(rd_kafka_resp_err_t code, const std::string& what) {
  const Failure failure(rd_kafka_error_new(code, "%s", rd_kafka_err2str(code)));
  return judge(*failure, what);
}

Result<void> Producer::append(std::span<const Event> events, const State& state,
                              const Deadline& deadline) {
  const Failure failure(rd_kafka_begin_transaction(client_->handle()));
  if (failure) return fail(judge(*failure, "beginning a transaction"));
  settled_ = false;
  Append append{.events = events, .deadline = deadline};
  if (auto sent = send_all(state, append); !sent) {
    sound_ = false;
    return fail(abandon(std::move(sent.error())));
  }
  return finish(append);
}

/// The next producer uses a partition that is added later.
std::int32_t Producer::partition_for(const Event& event) const {
  return partition_of(event.partition_key, static_cast<std::int32_t>(ends_.size()));
}

bool Producer::has_tombstone(const Event& event) const {
  return options_.tombstones && is_delete(event);
}

Result<void> Producer::send_event(const Event& event, std::uint64_t sequence,
                                  std::int32_t partition, Append& append) {
  Record record = record_of(event, sequence, options_.mode);
  record.partition = partition;
  auto sent = send(events_.get(), record, append);
  if (!sent || !has_tombstone(event)) return sent;
  record = tombstone_of(event, sequence);
  record.partition = partition;
  return send(events_.get(), record, append);
}

Result<void> Producer::send_all(const State& state, Append& append) {
  const std::vector<std::int64_t> before = ends_;
  std::vector<std::int32_t> partitions;
  partitions.reserve(append.events.size());
  for (const Event& event : append.events) {
    partitions.push_back(partition_for(event));
    ends_[static_cast<std::size_t>(partitions.back())] += has_tombstone(event) ? 2 : 1;
  }
  State with_ends = state;
  with_ends.ends = ends_;
  // The transaction marker in each partition that it has written to. It comes last, so the record
  // does not count it.
  for (std::size_t at = 0; at < ends_.size(); ++at) ends_[at] += ends_[at] > before[at] ? 1 : 0;
  // First, so that its partition is registered at the broker together with those of the events: the
  // library does that a millisecond after the first record.
  Record position = record_of(with_ends, options_.topic);
  if (auto sent = send(positions_.get(), position, append); !sent) return sent;
  return send_in_batches(partitions, state.last - append.events.size(), append);
}

/// librdkafka 2.0 sends a partition one batch at a time, and while more is waiting it asks without
/// pause whether the answer has come (rd_kafka_toppar_producer_serve): a third of the relay's
/// processor time. So it is given what is one batch.
Result<void> Producer::send_in_batches(const std::vector<std::int32_t>& partitions,
                                       std::uint64_t before_first, Append& append) {
  std::vector<Batch> batches(ends_.size());
  for (std::size_t at = 0; at < append.events.size(); ++at) {
    const Event& event = append.events[at];
    Batch& batch = batches[static_cast<std::size_t>(partitions[at])];
    const std::size_t bytes = size_of(event);
    const std::size_t records = has_tombstone(event) ? 2 : 1;
    const bool fits = batch.bytes + bytes <= largest_batch_.bytes &&
                      batch.records + records <= largest_batch_.records;
    if (!fits && batch.records > 0) {
      if (auto done = deliver(append); !done) return done;
      batches.assign(batches.size(), {});
    }
    batch.bytes += bytes;
    batch.records += records;
    auto sent = send_event(event, before_first + at + 1, partitions[at], append);
    if (!sent) return sent;
    append.sent = at + 1;
  }
  return {};
}

Result<void> Producer::deliver(Append& append) {
  // A commit ends with a broken connection, because settle() resumes it. Nothing resumes this.
  Attempts attempts(*client_, append.deadline, Attempts::Until::alone);
  auto code = rd_kafka_flush(client_->handle(), attempts.milliseconds());
  while (code == RD_KAFKA_RESP_ERR__TIMED_OUT && attempts.again()) {
    code = rd_kafka_flush(client_->handle(), attempts.milliseconds());
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(judge(code, "writing to topic " + options_.topic));
  }
  if (client_->undelivered() != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(why_failed(append));
  append.delivered = append.sent;
  return {};
}

Result<void> Producer::send(rd_kafka_topic_t* topic, Record& record, Append& append) {
  for (;;) {
    const auto code = produce(*client_, topic, record);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    if (code == RD_KAFKA_RESP_ERR__STATE) return fail(why_failed(append));
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && topic == events_.get()) {
      return fail(too_large(options_, append.events[append.sent]));
    }
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || append.deadline.over()) {
      return fail(judge(code, std::string("topic ") + rd_kafka_topic_name(topic)));
    }
    if (auto done = deliver(append); !done) return done;
  }
}

Result<void> Producer::finish(const Append& append) {
  auto committed = commit(append.deadline);
  const auto last = append.events.first(append.sent).subspan(append.delivered);
  if (!committed && committed.error().name == "stream.event_too_large" && !last.empty()) {
    return fail(largest_refused(options_, last));
  }
  return committed;
}

Error Producer::why_failed(const Append& append) {
  auto finished = finish(append);
  invariant(!finished, "a transaction of which a part was not delivered is not committed");
  return std::move(finished.error());
}

// The order of the checks is from rdkafka.h, rd_kafka_begin_transaction().
Result<void> Producer::commit(const Deadline& deadline) {
  const Failure failure =
      in_parts(&rd_kafka_commit_transaction, *client_, deadline, Attempts::Until::disconnected);
  if (!failure) {
    settled_ = true;
    return {};
  }
  Error error = judge(*failure, "committing to topic " + options_.topic);
  if (settled_) return fail(std::move(error));
  if (rd_kafka_error_txn_requires_abort(failure.get()) != 0) {
    return fail(abandon(std::move(error)));
  }
  return fail(std::move(error));
}

Error Producer::abandon(Error why) {
  if (settled_) return why;
  const int within = client_->disconnections() > 0 ? to_abort_alone_ms : to_abort_ms;
  // If this fails: only this producer could commit, and it is not used again. The next take-over
  // aborts the rest.
  const Failure failure(rd_kafka_abort_transaction(client_->handle(), within));
  settled_ = true;
  return why;
}

Result<bool> Producer::settle(const Deadline& deadline) {
  if (settled_) return false;
  auto done = commit(deadline);
  if (done) return true;
  if (settled_) return false;
  return failed(done);
}

}  // namespace headwater::kafka
