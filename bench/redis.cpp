// A Redis Stream: appends against pipelined XADD, and the relay's memory.
#include "src/streams/redis/redis.h"

#include <hiredis.h>

#include <array>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/measurements.h"
#include "src/event/json_text.h"
#include "testing/redis/redis_server.h"

namespace headwater::bench {
namespace {

constexpr std::int64_t batch_size = 1000;
constexpr std::size_t data_size = 500;

/// Both contestants add the same events, made beforehand.
std::vector<Event> make_batch() {
  std::vector<Event> batch;
  for (std::int64_t i = 0; i < batch_size; ++i) {
    const std::string number = std::to_string(1'000'000 + i);
    std::string text(data_size - 40, 'a');
    for (std::size_t at = 0; at < text.size(); ++at) {
      text[at] = static_cast<char>('a' + (at * 31 + static_cast<std::size_t>(i) * 7) % 26);
    }
    batch.push_back({.id = "5f0c1c0e-7d9b-4a53-9a1e-0d4f6a1b2c3d:" + number,
                     .source = "sqlite:5f0c1c0e-7d9b-4a53-9a1e-0d4f6a1b2c3d",
                     .type = "shop.orders.insert",
                     .subject = number,
                     .partition_key = "orders/" + number,
                     .time = WallTime(Milliseconds(1'700'000'000'000 + i)),
                     .data = R"({"op":"insert","after":{"note":")" + text + "\"}}"});
  }
  return batch;
}

Result<void> by_writer(const rig::RedisServer& server, const std::vector<Event>& batch,
                       std::int64_t batches) {
  const SystemClock clock;
  redis::Options options;
  auto url = redis::parse_url(server.url());
  if (!url) return fail(std::move(url.error()));
  options.server = *std::move(url);
  const auto stream = redis::make_stream(options, clock);
  auto writer = stream->writer("bench");
  if (!writer) return fail(std::move(writer.error()));
  Tail tail;
  for (std::int64_t i = 0; i < batches; ++i) {
    auto appended = (*writer)->append(tail, batch, {std::to_string(i)}, batch.front().source);
    if (!appended) return fail(std::move(appended.error()));
    tail = appended->tail();
  }
  return {};
}

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;

void add(redisContext* context, const Event& event) {
  std::string time;
  append_time(time, event.time);
  const std::array<std::string_view, 17> words{
      "XADD",        "events",     "*",    "id",           event.id,
      "source",      event.source, "type", event.type,     "subject",
      event.subject, "time",       time,   "partitionkey", event.partition_key,
      "data",        event.data};
  std::array<const char*, words.size()> begins{};
  std::array<std::size_t, words.size()> lengths{};
  for (std::size_t at = 0; at < words.size(); ++at) {
    begins[at] = words[at].data();
    lengths[at] = words[at].size();
  }
  redisAppendCommandArgv(context, static_cast<int>(words.size()), begins.data(), lengths.data());
}

Result<void> take_answers(redisContext* context) {
  for (std::int64_t answers = 0; answers < batch_size; ++answers) {
    void* answer = nullptr;
    if (redisGetReply(context, &answer) != REDIS_OK) {
      return fail(bench_error(std::string("XADD: ") + context->errstr));
    }
    const bool added = static_cast<redisReply*>(answer)->type == REDIS_REPLY_STRING;
    freeReplyObject(answer);
    if (!added) return fail(bench_error("XADD was refused"));
  }
  return {};
}

/// As many commands in one go as an append has events. With `ahead` pipelines of them sent before
/// the answers to a first are taken, the server always has something to do.
template <std::int64_t ahead>
Result<void> by_xadd(const rig::RedisServer& server, const std::vector<Event>& batch,
                     std::int64_t batches) {
  const Context context(redisConnect("127.0.0.1", server.port()));
  for (std::int64_t i = 0; i < batches + ahead; ++i) {
    if (i < batches) {
      for (const Event& event : batch) add(context.get(), event);
    }
    if (i < ahead) continue;
    if (auto taken = take_answers(context.get()); !taken) return taken;
  }
  return {};
}

/// Seconds that it takes on an empty server.
Result<double> timed(const Options& options, const std::vector<Event>& batch, std::int64_t batches,
                     Result<void> (*add_all)(const rig::RedisServer&, const std::vector<Event>&,
                                             std::int64_t)) {
  const auto folder = options.folder / "redis";
  std::filesystem::remove_all(folder);
  const rig::RedisServer server({.data = folder});
  server.command({"HSET", "{events}:headwater", "format", "1", "last", "0"});
  const SteadyTime start = now();
  if (auto done = add_all(server, batch, batches); !done) return fail(std::move(done.error()));
  const double seconds = seconds_since(start);
  const std::string length = server.text({"XLEN", "events"});
  if (length != std::to_string(batches * batch_size)) {
    return fail(bench_error("the stream has " + length + " events"));
  }
  return seconds;
}

Result<double> peak_memory(const Options& options, std::int64_t changes) {
  const auto folder = options.folder / "redis";
  std::filesystem::remove_all(folder);
  const rig::RedisServer server({.data = folder});
  auto site = Site::create(options, "redis-memory");
  if (!site) return fail(std::move(site.error()));
  std::ofstream(site->config()) << "relay: bench\n"
                                   "source:\n"
                                   "  sqlite: { path: source.db, tables: [orders] }\n"
                                   "stream:\n"
                                   "  redis: { url: '"
                                << server.url() << "' }\n";
  if (auto done = site->create_table(); !done) return fail(std::move(done.error()));
  if (auto done = site->init(); !done) return fail(std::move(done.error()));
  if (auto done = fill(site->source(), changes, 10'000); !done) {
    return fail(std::move(done.error()));
  }
  progress("redis: the relay drains " + number(static_cast<double>(changes)) + " changes");
  auto ended = site->drain();
  if (!ended) return fail(std::move(ended.error()));
  if (server.text({"XLEN", "events"}) != std::to_string(changes)) {
    return fail(bench_error("the stream has " + server.text({"XLEN", "events"}) + " events"));
  }
  return ended->peak_mebibytes;
}

}  // namespace

Result<Findings> measure_redis(const Options& options) {
  const std::int64_t batches = options.quick ? 20 : 300;
  const std::int64_t backlog = options.quick ? 100'000 : 1'000'000;
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 7);
  const auto batch = make_batch();
  std::vector<double> writer;
  std::vector<double> xadd;
  std::vector<double> ahead;
  for (int i = 0; i < runs; ++i) {
    progress("redis: run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    auto seconds = timed(options, batch, batches, by_writer);
    if (!seconds) return fail(std::move(seconds.error()));
    writer.push_back(*seconds);
    seconds = timed(options, batch, batches, by_xadd<0>);
    if (!seconds) return fail(std::move(seconds.error()));
    xadd.push_back(*seconds);
    seconds = timed(options, batch, batches, by_xadd<1>);
    if (!seconds) return fail(std::move(seconds.error()));
    ahead.push_back(*seconds);
  }
  auto memory = peak_memory(options, backlog);
  if (!memory) return fail(std::move(memory.error()));
  std::filesystem::remove_all(options.folder / "redis");
  const auto count = static_cast<double>(batches * batch_size);
  return Findings{
      "streams-redis",
      number(count) + " events of some 700 bytes in appends of " + std::to_string(batch_size) +
          ", against XADD of the same in pipelines of as many; "
          "appendfsync everysec; interleaved, " +
          runs_text(runs),
      {{"appends", count / median(writer), "events/s", {}},
       {"pipelined XADD", count / median(xadd), "events/s", {}},
       {"pipelined XADD, the next sent ahead", count / median(ahead), "events/s", {}},
       {"appends / pipelined XADD", median_ratio(xadd, writer), "x",
        Bound{Bound::Kind::at_least, 0.8}},
       {"appends / pipelined XADD, the next sent ahead", median_ratio(ahead, writer), "x", {}},
       {"peak memory of the relay, backlog of " + number(static_cast<double>(backlog)), *memory,
        "MiB", Bound{Bound::Kind::below, 64}}}};
}

}  // namespace headwater::bench
