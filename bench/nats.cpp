// A JetStream stream: appends against cnats' own asynchronous publishing, and the relay's memory.
#include "src/streams/nats/nats.h"

#include <nats/nats.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/measurements.h"
#include "bench/stream_load.h"
#include "src/event/time_text.h"
#include "testing/nats/nats_server.h"

namespace headwater::bench {
namespace {

Result<double> by_writer(const rig::NatsServer& server, std::int64_t batches) {
  const SystemClock clock;
  const auto stream = nats::make_stream({.urls = {server.url()}}, clock);
  auto writer = stream->writer("bench");
  if (!writer) return failed(writer);
  double seconds = 0;
  Tail tail;
  for (std::int64_t i = 0; i < batches; ++i) {
    const auto batch = make_append(i);
    const SteadyTime start = now();
    auto appended = (*writer)->append(tail, batch, {std::to_string(i)}, batch.front().source);
    if (!appended) return failed(appended);
    seconds += seconds_since(start);
    tail = appended->tail();
  }
  return seconds;
}

struct Close {
  void operator()(natsConnection* it) const { natsConnection_Destroy(it); }
  void operator()(jsCtx* it) const { jsCtx_Destroy(it); }
};

bool publish(jsCtx* jetstream, const Event& event) {
  natsMsg* message = nullptr;
  const std::string subject = "events.shop.orders." + event.subject;
  if (natsMsg_Create(&message, subject.c_str(), nullptr, event.data.data(),
                     static_cast<int>(event.data.size())) != NATS_OK) {
    return false;
  }
  std::string time;
  append_time(time, event.time);
  natsMsgHeader_Set(message, "ce-specversion", "1.0");
  natsMsgHeader_Set(message, "ce-id", event.id.c_str());
  natsMsgHeader_Set(message, "ce-source", event.source.text().c_str());
  natsMsgHeader_Set(message, "ce-type", event.type.text().c_str());
  natsMsgHeader_Set(message, "ce-subject", event.subject.c_str());
  natsMsgHeader_Set(message, "ce-partitionkey", event.partition_key.c_str());
  natsMsgHeader_Set(message, "ce-time", time.c_str());
  natsMsgHeader_Set(message, "content-type", "application/json");
  jsPubOptions options;
  jsPubOptions_Init(&options);
  const std::string id = event.source.text() + " " + event.id;
  options.MsgId = id.c_str();
  const natsStatus status = js_PublishMsgAsync(jetstream, &message, &options);
  natsMsg_Destroy(message);
  return status == NATS_OK;
}

/// The library's asynchronous publishing, without a fence. A batch ends when all of it is
/// acknowledged.
Result<double> by_library(const rig::NatsServer& server, std::int64_t batches) {
  natsConnection* opened = nullptr;
  natsConnection_ConnectTo(&opened, server.url().c_str());
  const std::unique_ptr<natsConnection, Close> connection(opened);
  jsCtx* made = nullptr;
  natsConnection_JetStream(&made, opened, nullptr);
  const std::unique_ptr<jsCtx, Close> jetstream(made);
  double seconds = 0;
  for (std::int64_t i = 0; i < batches; ++i) {
    const auto batch = make_append(i);
    const SteadyTime start = now();
    for (const Event& event : batch) {
      if (!publish(jetstream.get(), event)) return fail(bench_error("cannot publish"));
    }
    if (js_PublishAsyncComplete(jetstream.get(), nullptr) != NATS_OK) {
      return fail(bench_error("messages were not acknowledged"));
    }
    seconds += seconds_since(start);
  }
  return seconds;
}

Result<void> prepare(const rig::NatsServer& server) {
  const SystemClock clock;
  auto prepared = nats::make_stream({.urls = {server.url()}}, clock)->prepare("bench");
  if (!prepared) return failed(prepared);
  return {};
}

Result<void> expect_count(const rig::NatsServer& server, std::int64_t count) {
  const auto last = server.last("EVENTS", "events.>");
  if (last == static_cast<std::uint64_t>(count)) return {};
  return fail(bench_error("the stream ends at " + std::to_string(last)));
}

/// The seconds that it takes on an empty server.
Result<double> timed(const Options& options, std::int64_t batches,
                     Result<double> (*add_all)(const rig::NatsServer&, std::int64_t)) {
  const auto folder = options.folder / "nats";
  std::filesystem::remove_all(folder);
  const rig::NatsServer server({.data = folder});
  if (auto done = prepare(server); !done) return failed(done);
  auto seconds = add_all(server, batches);
  if (!seconds) return seconds;
  if (auto all = expect_count(server, batches * append_size); !all) {
    return failed(all);
  }
  return seconds;
}

Result<double> peak_memory(const Options& options, std::int64_t changes) {
  const auto folder = options.folder / "nats";
  std::filesystem::remove_all(folder);
  const rig::NatsServer server({.data = folder});
  auto memory = drain_memory(options, "nats", "url: '" + server.url() + "'", changes);
  if (!memory) return memory;
  if (auto all = expect_count(server, changes); !all) return failed(all);
  return memory;
}

}  // namespace

Result<Findings> measure_nats(const Options& options) {
  const StreamScale scale(options);
  std::vector<double> writer;
  std::vector<double> library;
  for (int i = 0; i < scale.runs; ++i) {
    progress("nats: run " + std::to_string(i + 1) + " of " + std::to_string(scale.runs));
    auto seconds = timed(options, scale.appends, by_writer);
    if (!seconds) return failed(seconds);
    writer.push_back(*seconds);
    seconds = timed(options, scale.appends, by_library);
    if (!seconds) return failed(seconds);
    library.push_back(*seconds);
  }
  auto memory = peak_memory(options, scale.backlog);
  if (!memory) return failed(memory);
  std::filesystem::remove_all(options.folder / "nats");
  const auto count = static_cast<double>(scale.appends * append_size);
  return Findings{
      "streams-nats",
      number(count) + " events of some 700 bytes in appends of " + std::to_string(append_size) +
          ", against js_PublishMsgAsync of the same without a fence, complete after each as many; "
          "files, one server; interleaved, " +
          runs_text(scale.runs),
      {{"appends", count / median(writer), "events/s", {}},
       {"js_PublishMsgAsync", count / median(library), "events/s", {}},
       {"appends / js_PublishMsgAsync", median_ratio(library, writer), "x",
        Bound{Bound::Kind::at_least, 0.8}},
       {"peak memory of the relay, backlog of " + number(static_cast<double>(scale.backlog)),
        *memory, "MiB", Bound{Bound::Kind::below, 64}}}};
}

}  // namespace headwater::bench
