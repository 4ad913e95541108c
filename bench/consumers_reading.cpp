// How fast the library reads each stream, against a bare reader: the stream's own client in a loop.
#include <headwater/stream.h>
#include <hiredis.h>
#include <nats/nats.h>
#include <rdkafka.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/consumers.h"
#include "bench/measurements.h"
#include "bench/stream_load.h"
#include "src/streams/embedded/embedded.h"
#include "src/streams/kafka/kafka.h"
#include "src/streams/nats/nats.h"
#include "src/streams/redis/redis.h"
#include "testing/kafka/broker.h"
#include "testing/kafka/shell.h"
#include "testing/nats/nats_server.h"
#include "testing/redis/redis_server.h"

namespace headwater::bench {
namespace {

constexpr int within_ms = 30'000;
constexpr int at_once = 1'000;

/// The seconds that a reader takes for `count` events.
using Read = std::function<Result<void>(std::int64_t count)>;

Result<double> timed(const Read& read, std::int64_t count) {
  const SteadyTime start = now();
  if (auto done = read(count); !done) return failed(done);
  return seconds_since(start);
}

Result<void> by_library(const client::StreamOptions& options, std::int64_t count) {
  auto stream = client::Stream::open(options);
  if (!stream) return fail(bench_error(stream.error().message));
  auto reader = stream->reader(client::Start::earliest());
  if (!reader) return fail(bench_error(reader.error().message));
  std::size_t bytes = 0;
  for (std::int64_t seen = 0; seen < count;) {
    auto batch = reader->read({}, std::chrono::milliseconds(within_ms));
    if (!batch) return fail(bench_error(batch.error().message));
    if (batch->empty()) return fail(bench_error("the stream ends early"));
    for (const client::Event event : *batch) bytes += event.id().size() + event.data().size();
    seen += static_cast<std::int64_t>(batch->size());
  }
  return bytes > 0 ? Result<void>() : fail(bench_error("no bytes"));
}

/// Reads with the statement of a program that knows the table, and nothing else.
Result<void> by_sqlite(const std::string& path, std::int64_t count) {
  auto database = sqlite::Database::open(path, sqlite::Open::read_only, Origin::stream);
  if (!database) return failed(database);
  auto select = database->prepare(
      "SELECT sequence, id, subject, partition_key, data FROM events ORDER BY sequence");
  if (!select) return failed(select);
  std::size_t bytes = 0;
  std::int64_t seen = 0;
  for (auto row = select->step(); row && *row; row = select->step(), ++seen) {
    const std::string id(select->bytes(1));
    const std::string data(select->bytes(4));
    bytes += id.size() + data.size();
  }
  return seen == count && bytes > 0 ? Result<void>() : fail(bench_error("the file ends early"));
}

Result<void> by_hiredis(int port, std::int64_t count) {
  const std::unique_ptr<redisContext, void (*)(redisContext*)> context(
      redisConnect("127.0.0.1", port), &redisFree);
  std::string from = "-";
  std::size_t bytes = 0;
  for (std::int64_t seen = 0; seen < count;) {
    const std::unique_ptr<void, void (*)(void*)> answer(
        redisCommand(context.get(), "XRANGE events %s + COUNT %d", from.c_str(), at_once),
        &freeReplyObject);
    const auto* entries = static_cast<const redisReply*>(answer.get());
    if (entries == nullptr || entries->type != REDIS_REPLY_ARRAY || entries->elements == 0) {
      return fail(bench_error("XRANGE failed"));
    }
    for (std::size_t i = 0; i < entries->elements; ++i) {
      const redisReply* fields = entries->element[i]->element[1];
      bytes += fields->element[fields->elements - 1]->len;
    }
    seen += static_cast<std::int64_t>(entries->elements);
    from = std::string("(") + entries->element[entries->elements - 1]->element[0]->str;
  }
  return bytes > 0 ? Result<void>() : fail(bench_error("no bytes"));
}

struct Close {
  void operator()(natsConnection* it) const { natsConnection_Destroy(it); }
  void operator()(jsCtx* it) const { jsCtx_Destroy(it); }
  void operator()(natsSubscription* it) const { natsSubscription_Destroy(it); }
  void operator()(rd_kafka_t* it) const { rd_kafka_destroy(it); }
  void operator()(rd_kafka_message_t* it) const { rd_kafka_message_destroy(it); }
};

Result<void> by_cnats(const std::string& url, std::int64_t count) {
  natsConnection* connected = nullptr;
  natsConnection_ConnectTo(&connected, url.c_str());
  const std::unique_ptr<natsConnection, Close> connection(connected);
  jsCtx* made = nullptr;
  natsConnection_JetStream(&made, connected, nullptr);
  const std::unique_ptr<jsCtx, Close> jetstream(made);
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = "EVENTS";
  options.Ordered = true;
  natsSubscription* subscribed = nullptr;
  if (js_SubscribeSync(&subscribed, made, "events.>", nullptr, &options, nullptr) != NATS_OK) {
    return fail(bench_error("cannot subscribe"));
  }
  const std::unique_ptr<natsSubscription, Close> subscription(subscribed);
  std::size_t bytes = 0;
  for (std::int64_t seen = 0; seen < count; ++seen) {
    natsMsg* message = nullptr;
    if (natsSubscription_NextMsg(&message, subscribed, within_ms) != NATS_OK) {
      return fail(bench_error("no message"));
    }
    bytes += static_cast<std::size_t>(natsMsg_GetDataLength(message));
    natsMsg_Destroy(message);
  }
  return bytes > 0 ? Result<void>() : fail(bench_error("no bytes"));
}

Result<void> by_librdkafka(const std::string& brokers, const std::string& topic,
                           std::int64_t count) {
  rd_kafka_conf_t* settings = rd_kafka_conf_new();
  for (const auto& [name, value] : {std::pair{"bootstrap.servers", brokers.c_str()},
                                    {"group.id", "bench"},
                                    {"enable.auto.commit", "false"},
                                    {"isolation.level", "read_committed"}}) {
    rd_kafka_conf_set(settings, name, value, nullptr, 0);
  }
  const std::unique_ptr<rd_kafka_t, Close> client(
      rd_kafka_new(RD_KAFKA_CONSUMER, settings, nullptr, 0));
  rd_kafka_poll_set_consumer(client.get());
  rd_kafka_topic_partition_list_t* from = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(from, topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(client.get(), from);
  rd_kafka_topic_partition_list_destroy(from);
  std::size_t bytes = 0;
  for (std::int64_t seen = 0; seen < count;) {
    const std::unique_ptr<rd_kafka_message_t, Close> message(
        rd_kafka_consumer_poll(client.get(), within_ms));
    if (!message) return fail(bench_error("no record"));
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    bytes += message->len;
    ++seen;
  }
  rd_kafka_consumer_close(client.get());
  return bytes > 0 ? Result<void>() : fail(bench_error("no bytes"));
}

struct Contest {
  std::string stream;
  std::string bare;  ///< What the bare reader is.
  Read by_library;
  Read by_bare;
};

Result<std::vector<Figure>> compare(const Contest& contest, std::int64_t count, int runs) {
  std::vector<double> ours;
  std::vector<double> bare;
  for (int i = 0; i < runs; ++i) {
    progress("reading " + contest.stream + ": run " + std::to_string(i + 1));
    auto seconds = timed(contest.by_library, count);
    if (!seconds) return failed(seconds);
    ours.push_back(*seconds);
    seconds = timed(contest.by_bare, count);
    if (!seconds) return failed(seconds);
    bare.push_back(*seconds);
  }
  return std::vector<Figure>{{contest.stream + ", by the library",
                              static_cast<double>(count) / median(ours),
                              "events/s",
                              {}},
                             {contest.stream + ", library / " + contest.bare,
                              median_ratio(bare, ours), "x", Bound{Bound::Kind::at_least, 0.8}}};
}

Result<void> filled(StreamAdapter& stream, std::int64_t appends) {
  if (auto prepared = stream.prepare("bench"); !prepared) return failed(prepared);
  auto writer = stream.writer("bench");
  if (!writer) return failed(writer);
  auto end = (*writer)->tail();
  if (!end) return failed(end);
  Tail tail = end->tail();
  // NATS refuses an id that it has already.
  for (std::int64_t i = 0; i < appends; ++i) {
    const auto events = make_append(i);
    auto appended = (*writer)->append(tail, events, {std::to_string(i)}, events.front().source);
    if (!appended) return failed(appended);
    tail = appended->tail();
  }
  return {};
}

using Contestants = Result<std::vector<Figure>> (*)(const Options&, const ReadingScale&);

Result<std::vector<Figure>> embedded_figures(const Options& options, const ReadingScale& scale) {
  const SystemClock clock;
  const auto folder = options.folder / "reading";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "events.db").string();
  if (auto done = filled(*embedded::make_stream({.path = path}, clock), scale.appends); !done) {
    return failed(done);
  }
  return compare({.stream = "embedded",
                  .bare = "SELECT",
                  .by_library =
                      [&](std::int64_t count) {
                        return by_library({.kind = "embedded", .options = {{"path", path}}}, count);
                      },
                  .by_bare = [&](std::int64_t count) { return by_sqlite(path, count); }},
                 scale.count(), scale.runs);
}

Result<std::vector<Figure>> nats_figures(const Options& options, const ReadingScale& scale) {
  const SystemClock clock;
  const auto folder = options.folder / "reading";
  std::filesystem::remove_all(folder);
  const rig::NatsServer server({.data = folder});
  if (auto done = filled(*nats::make_stream({.urls = {server.url()}}, clock), scale.appends);
      !done) {
    return failed(done);
  }
  return compare(
      {.stream = "NATS",
       .bare = "cnats",
       .by_library =
           [&](std::int64_t count) {
             return by_library({.kind = "nats", .options = {{"url", server.url()}}}, count);
           },
       .by_bare = [&](std::int64_t count) { return by_cnats(server.url(), count); }},
      scale.count(), scale.runs);
}

Result<std::vector<Figure>> redis_figures(const Options& options, const ReadingScale& scale) {
  const SystemClock clock;
  const auto folder = options.folder / "reading";
  std::filesystem::remove_all(folder);
  const rig::RedisServer server({.data = folder});
  redis::Options stream;
  auto url = redis::parse_url(server.url());
  if (!url) return failed(url);
  stream.server = *std::move(url);
  if (auto done = filled(*redis::make_stream(stream, clock), scale.appends); !done) {
    return failed(done);
  }
  return compare(
      {.stream = "Redis",
       .bare = "XRANGE",
       .by_library =
           [&](std::int64_t count) {
             return by_library({.kind = "redis", .options = {{"url", server.url()}}}, count);
           },
       .by_bare = [&](std::int64_t count) { return by_hiredis(server.port(), count); }},
      scale.count(), scale.runs);
}

Result<std::vector<Figure>> kafka_figures(const Options& options, const ReadingScale& scale) {
  const SystemClock clock;
  const auto folder = options.folder / "reading";
  std::filesystem::remove_all(folder);
  const rig::KafkaBroker broker(folder);
  const std::string topic = rig::fresh_topic();
  if (auto done = filled(*kafka::make_stream({.brokers = broker.direct(), .topic = topic}, clock),
                         scale.appends);
      !done) {
    return failed(done);
  }
  return compare(
      {.stream = "Kafka",
       .bare = "librdkafka",
       .by_library =
           [&](std::int64_t count) {
             return by_library(
                 {.kind = "kafka", .options = {{"brokers", broker.direct()}, {"topic", topic}}},
                 count);
           },
       .by_bare = [&](std::int64_t count) { return by_librdkafka(broker.direct(), topic, count); }},
      scale.count(), scale.runs);
}

}  // namespace

Result<Findings> measure_reading(const Options& options) {
  const ReadingScale scale(options);
  std::vector<Figure> figures;
  for (const Contestants contestants :
       {&embedded_figures, &nats_figures, &redis_figures, &kafka_figures}) {
    auto found = contestants(options, scale);
    if (!found) return failed(found);
    figures.insert(figures.end(), found->begin(), found->end());
  }
  std::filesystem::remove_all(options.folder / "reading");
  return Findings{"consumers-reading",
                  number(static_cast<double>(scale.count())) +
                      " events of some 700 bytes from the earliest, by the library and by the "
                      "stream's own client in a loop; interleaved, " +
                      runs_text(scale.runs),
                  std::move(figures)};
}

}  // namespace headwater::bench
