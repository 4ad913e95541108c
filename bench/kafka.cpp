// A Kafka topic: appends against the library's own producer in transactions, and the relay's
// memory.
#include "src/streams/kafka/kafka.h"

#include <rdkafka.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "bench/measurements.h"
#include "bench/stream_load.h"
#include "src/streams/kafka/client.h"
#include "src/streams/kafka/record.h"
#include "testing/kafka/broker.h"
#include "testing/kafka/shell.h"

namespace headwater::bench {
namespace {

constexpr int within_ms = 30'000;

Result<void> by_writer(const kafka::Options& topic, const std::vector<Event>& batch,
                       std::int64_t batches) {
  const SystemClock clock;
  const auto stream = kafka::make_stream(topic, clock);
  return append_all(*stream, batch, batches);
}

Result<void> well(rd_kafka_error_t* outcome, const char* doing) {
  const kafka::Failure failure(outcome);
  if (!failure) return {};
  return fail(bench_error(std::string(doing) + ": " + rd_kafka_error_string(failure.get())));
}

/// Only the library, with the writer's settings: prepared records, no comparison of a tail.
Result<void> by_producer(const kafka::Options& options, const std::vector<Event>& batch,
                         std::int64_t batches) {
  auto client = kafka::Client::open(options, kafka::Role::producer);
  if (!client) return failed(client);
  auto topic = (*client)->topic(options.topic);
  if (!topic) return failed(topic);
  std::vector<kafka::Record> records;
  records.reserve(batch.size());
  for (const Event& event : batch) records.push_back(record_of(event, 1, options.mode));
  rd_kafka_t* handle = (*client)->handle();
  if (auto done = well(rd_kafka_init_transactions(handle, within_ms), "init"); !done) return done;
  for (std::int64_t i = 0; i < batches; ++i) {
    if (auto done = well(rd_kafka_begin_transaction(handle), "begin"); !done) return done;
    for (const kafka::Record& record : records) {
      kafka::Record sent{.key = record.key, .value = record.value};
      sent.headers.reset(rd_kafka_headers_copy(record.headers.get()));
      if (produce(**client, topic->get(), sent) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return fail(bench_error("a record was refused"));
      }
    }
    if (auto done = well(rd_kafka_commit_transaction(handle, within_ms), "commit"); !done) {
      return done;
    }
  }
  return {};
}

using Contestant = Result<void>(const kafka::Options&, const std::vector<Event>&, std::int64_t);

/// The seconds that it takes in an empty topic.
Result<double> timed(const rig::KafkaBroker& broker, const std::vector<Event>& batch,
                     std::int64_t batches, Contestant& append_all) {
  const SystemClock clock;
  const kafka::Options options{.brokers = broker.direct(), .topic = rig::fresh_topic()};
  if (auto made = kafka::make_stream(options, clock)->prepare("bench"); !made) {
    return failed(made);
  }
  const SteadyTime start = now();
  if (auto done = append_all(options, batch, batches); !done) return failed(done);
  return seconds_since(start);
}

Result<double> peak_memory(const Options& options, const rig::KafkaBroker& broker,
                           std::int64_t changes) {
  const std::string topic = rig::fresh_topic();
  auto memory = drain_memory(options, "kafka",
                             "brokers: '" + broker.direct() + "', topic: " + topic, changes);
  if (!memory) return memory;
  const auto last = rig::KafkaShell(broker.direct()).last(topic + ".positions");
  if (!last || last->header("headwater_last") != std::to_string(changes)) {
    return fail(bench_error("the relay did not publish all events"));
  }
  return memory;
}

}  // namespace

Result<Findings> measure_kafka(const Options& options) {
  const StreamScale scale(options);
  const auto folder = options.folder / "kafka";
  std::filesystem::remove_all(folder);
  const rig::KafkaBroker broker(folder);
  // Both sides append the same prepared events.
  const auto batch = make_append();
  // A Java process is slow at first.
  if (auto warm = timed(broker, batch, scale.appends, by_producer); !warm) {
    return failed(warm);
  }
  std::vector<double> writer;
  std::vector<double> producer;
  for (int i = 0; i < scale.runs; ++i) {
    progress("kafka: run " + std::to_string(i + 1) + " of " + std::to_string(scale.runs));
    auto seconds = timed(broker, batch, scale.appends, by_writer);
    if (!seconds) return failed(seconds);
    writer.push_back(*seconds);
    seconds = timed(broker, batch, scale.appends, by_producer);
    if (!seconds) return failed(seconds);
    producer.push_back(*seconds);
  }
  auto memory = peak_memory(options, broker, scale.backlog);
  if (!memory) return failed(memory);
  const auto count = static_cast<double>(scale.appends * append_size);
  return Findings{
      "streams-kafka",
      number(count) + " events of some 700 bytes in appends of " + std::to_string(append_size) +
          ", against librdkafka's producer in transactions of as many, with the same settings; "
          "one broker, acks=all; interleaved, " +
          runs_text(scale.runs),
      {{"appends", count / median(writer), "events/s", {}},
       {"transactions of the producer", count / median(producer), "events/s", {}},
       {"appends / transactions", median_ratio(producer, writer), "x",
        Bound{Bound::Kind::at_least, 0.8}},
       {"peak memory of the relay, backlog of " + number(static_cast<double>(scale.backlog)),
        *memory, "MiB", Bound{Bound::Kind::below, 64}}}};
}

}  // namespace headwater::bench
