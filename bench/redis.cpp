// A Redis Stream: appends against pipelined XADD, and the relay's memory.
#include "src/streams/redis/redis.h"

#include <hiredis.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/measurements.h"
#include "bench/stream_load.h"
#include "src/event/time_text.h"
#include "testing/redis/redis_server.h"

namespace headwater::bench {
namespace {

Result<void> by_writer(const rig::RedisServer& server, const std::vector<Event>& batch,
                       std::int64_t batches) {
  const SystemClock clock;
  redis::Options options;
  auto url = redis::parse_url(server.url());
  if (!url) return failed(url);
  options.server = *std::move(url);
  const auto stream = redis::make_stream(options, clock);
  return append_all(*stream, batch, batches);
}

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;

void add(redisContext* context, const Event& event) {
  std::string time;
  append_time(time, event.time);
  const std::array<std::string_view, 17> words{"XADD",       "events",       "*",
                                               "id",         event.id,       "source",
                                               event.source, "type",         event.type.text(),
                                               "subject",    event.subject,  "time",
                                               time,         "partitionkey", event.partition_key,
                                               "data",       event.data};
  std::array<const char*, words.size()> begins{};
  std::array<std::size_t, words.size()> lengths{};
  for (std::size_t at = 0; at < words.size(); ++at) {
    begins[at] = words[at].data();
    lengths[at] = words[at].size();
  }
  redisAppendCommandArgv(context, static_cast<int>(words.size()), begins.data(), lengths.data());
}

Result<void> take_answers(redisContext* context) {
  for (std::int64_t answers = 0; answers < append_size; ++answers) {
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

/// Sends pipelines with as many commands as an append has events. It sends `ahead` pipelines before
/// it reads the replies of the first, so that the server is always busy.
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

/// The seconds that it takes on an empty server.
Result<double> timed(const Options& options, const std::vector<Event>& batch, std::int64_t batches,
                     Result<void> (*add_all)(const rig::RedisServer&, const std::vector<Event>&,
                                             std::int64_t)) {
  const auto folder = options.folder / "redis";
  std::filesystem::remove_all(folder);
  const rig::RedisServer server({.data = folder});
  server.command({"HSET", "{events}:headwater", "format", "1", "last", "0"});
  const SteadyTime start = now();
  if (auto done = add_all(server, batch, batches); !done) return failed(done);
  const double seconds = seconds_since(start);
  const std::string length = server.text({"XLEN", "events"});
  if (length != std::to_string(batches * append_size)) {
    return fail(bench_error("the stream has " + length + " events"));
  }
  return seconds;
}

Result<double> peak_memory(const Options& options, std::int64_t changes) {
  const auto folder = options.folder / "redis";
  std::filesystem::remove_all(folder);
  const rig::RedisServer server({.data = folder});
  auto memory = drain_memory(options, "redis", "url: '" + server.url() + "'", changes);
  if (!memory) return memory;
  if (server.text({"XLEN", "events"}) != std::to_string(changes)) {
    return fail(bench_error("the stream has " + server.text({"XLEN", "events"}) + " events"));
  }
  return memory;
}

}  // namespace

Result<Findings> measure_redis(const Options& options) {
  const StreamScale scale(options);
  // Both sides append the same prepared events.
  const auto batch = make_append();
  std::vector<double> writer;
  std::vector<double> xadd;
  std::vector<double> ahead;
  for (int i = 0; i < scale.runs; ++i) {
    progress("redis: run " + std::to_string(i + 1) + " of " + std::to_string(scale.runs));
    auto seconds = timed(options, batch, scale.appends, by_writer);
    if (!seconds) return failed(seconds);
    writer.push_back(*seconds);
    seconds = timed(options, batch, scale.appends, by_xadd<0>);
    if (!seconds) return failed(seconds);
    xadd.push_back(*seconds);
    seconds = timed(options, batch, scale.appends, by_xadd<1>);
    if (!seconds) return failed(seconds);
    ahead.push_back(*seconds);
  }
  auto memory = peak_memory(options, scale.backlog);
  if (!memory) return failed(memory);
  std::filesystem::remove_all(options.folder / "redis");
  const auto count = static_cast<double>(scale.appends * append_size);
  return Findings{
      "streams-redis",
      number(count) + " events of some 700 bytes in appends of " + std::to_string(append_size) +
          ", against XADD of the same in pipelines of as many; "
          "appendfsync everysec; interleaved, " +
          runs_text(scale.runs),
      {{"appends", count / median(writer), "events/s", {}},
       {"pipelined XADD", count / median(xadd), "events/s", {}},
       {"pipelined XADD, the next sent ahead", count / median(ahead), "events/s", {}},
       {"appends / pipelined XADD", median_ratio(xadd, writer), "x",
        Bound{Bound::Kind::at_least, 0.8}},
       {"appends / pipelined XADD, the next sent ahead", median_ratio(ahead, writer), "x", {}},
       {"peak memory of the relay, backlog of " + number(static_cast<double>(scale.backlog)),
        *memory, "MiB", Bound{Bound::Kind::below, 64}}}};
}

}  // namespace headwater::bench
