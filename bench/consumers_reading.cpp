// How fast the library reads each stream, against a bare reader: the stream's own client in a loop.
#include <headwater/stream.h>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/bare_readers.h"
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

constexpr std::chrono::seconds patience(30);

/// Reads `count` events.
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
    auto batch = reader->read({}, patience);
    if (!batch) return fail(bench_error(batch.error().message));
    if (batch->empty()) return fail(bench_error("the stream ends early"));
    for (const client::Event event : *batch) bytes += event.id().size() + event.data().size();
    seen += static_cast<std::int64_t>(batch->size());
  }
  return bytes > 0 ? Result<void>() : fail(bench_error("no bytes"));
}

/// A stream in two forms: as the library opens it, and for the bare reader.
struct Contest {
  std::string stream;  ///< Its name, for people.
  client::StreamOptions options;
  std::string bare;  ///< What the bare reader is.
  Read by_bare;
};

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

/// Fills `stream`, which both then read.
Result<Findings> compare(StreamAdapter& stream, const Contest& contest, const Options& options) {
  const ReadingScale scale(options);
  if (auto done = filled(stream, scale.appends); !done) return failed(done);
  const Read library = [&](std::int64_t count) { return by_library(contest.options, count); };
  std::vector<double> ours;
  std::vector<double> bare;
  for (int i = 0; i < scale.runs; ++i) {
    progress("reading " + contest.stream + ": run " + std::to_string(i + 1));
    auto seconds = timed(library, scale.count());
    if (!seconds) return failed(seconds);
    ours.push_back(*seconds);
    seconds = timed(contest.by_bare, scale.count());
    if (!seconds) return failed(seconds);
    bare.push_back(*seconds);
  }
  const auto count = static_cast<double>(scale.count());
  return Findings{"consumers-reading-" + contest.options.kind,
                  number(count) +
                      " events of some 700 bytes from the earliest, by the library and "
                      "by " +
                      contest.bare + " in a loop; interleaved, " + runs_text(scale.runs),
                  {{contest.stream + ", by the library", count / median(ours), "events/s", {}},
                   {contest.stream + ", library / " + contest.bare, median_ratio(bare, ours), "x",
                    Bound{Bound::Kind::at_least, 0.8}}}};
}

/// An empty folder for the stream.
std::filesystem::path fresh_folder(const Options& options) {
  auto folder = options.folder / "reading";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

}  // namespace

Result<Findings> measure_reading_embedded(const Options& options) {
  const SystemClock clock;
  const std::string path = (fresh_folder(options) / "events.db").string();
  const auto stream = embedded::make_stream({.path = path}, clock);
  return compare(*stream,
                 {.stream = "embedded",
                  .options = {.kind = "embedded", .options = {{"path", path}}},
                  .bare = "SELECT",
                  .by_bare = [&](std::int64_t count) { return read_by_select(path, count); }},
                 options);
}

Result<Findings> measure_reading_nats(const Options& options) {
  const SystemClock clock;
  const rig::NatsServer server({.data = fresh_folder(options)});
  const std::string url = server.url();
  const auto stream = nats::make_stream({.urls = {url}}, clock);
  return compare(*stream,
                 {.stream = "NATS",
                  .options = {.kind = "nats", .options = {{"url", url}}},
                  .bare = "cnats",
                  .by_bare = [&](std::int64_t count) { return read_by_cnats(url, count); }},
                 options);
}

Result<Findings> measure_reading_redis(const Options& options) {
  const SystemClock clock;
  const rig::RedisServer server({.data = fresh_folder(options)});
  auto url = redis::parse_url(server.url());
  if (!url) return failed(url);
  redis::Options settings;
  settings.server = *std::move(url);
  const auto stream = redis::make_stream(settings, clock);
  return compare(
      *stream,
      {.stream = "Redis",
       .options = {.kind = "redis", .options = {{"url", server.url()}}},
       .bare = "XRANGE",
       .by_bare = [&](std::int64_t count) { return read_by_xrange(server.port(), count); }},
      options);
}

Result<Findings> measure_reading_kafka(const Options& options) {
  const SystemClock clock;
  const rig::KafkaBroker broker(fresh_folder(options));
  const std::string brokers = broker.direct();
  const std::string topic = rig::fresh_topic();
  const auto stream = kafka::make_stream({.brokers = brokers, .topic = topic}, clock);
  return compare(
      *stream,
      {.stream = "Kafka",
       .options = {.kind = "kafka", .options = {{"brokers", brokers}, {"topic", topic}}},
       .bare = "librdkafka",
       .by_bare = [&](std::int64_t count) { return read_by_librdkafka(brokers, topic, count); }},
      options);
}

}  // namespace headwater::bench
