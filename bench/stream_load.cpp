#include "bench/stream_load.h"

#include <fstream>
#include <utility>

#include "bench/measurements.h"

namespace headwater::bench {
namespace {

constexpr std::size_t data_size = 500;

Event make_event(std::int64_t number) {
  std::string text(data_size - 40, 'a');
  for (std::size_t at = 0; at < text.size(); ++at) {
    text[at] = static_cast<char>('a' + (at * 31 + static_cast<std::size_t>(number) * 7) % 26);
  }
  const std::string digits = std::to_string(number);
  return {.id = "5f0c1c0e-7d9b-4a53-9a1e-0d4f6a1b2c3d:" + digits,
          .source = "sqlite:5f0c1c0e-7d9b-4a53-9a1e-0d4f6a1b2c3d",
          .type = EventType("shop", "orders", "insert"),
          .subject = digits,
          .partition_key = "orders/" + digits,
          .time = WallTime(Milliseconds(1'700'000'000'000 + number)),
          .data = R"({"op":"insert","after":{"note":")" + text + "\"}}"};
}

}  // namespace

StreamScale::StreamScale(const Options& options)
    : appends(options.quick ? 20 : 300),
      backlog(options.quick ? 100'000 : 1'000'000),
      runs(options.runs > 0 ? options.runs : (options.quick ? 1 : 7)) {}

std::vector<Event> make_append(std::int64_t number) {
  std::vector<Event> events;
  for (std::int64_t i = 0; i < append_size; ++i) {
    events.push_back(make_event(1'000'000 + number * append_size + i));
  }
  return events;
}

Result<void> append_all(StreamAdapter& stream, std::span<const Event> events,
                        std::int64_t appends) {
  auto writer = stream.writer("bench");
  if (!writer) return failed(writer);
  Tail tail;
  for (std::int64_t i = 0; i < appends; ++i) {
    auto appended = (*writer)->append(tail, events, {std::to_string(i)}, events.front().source);
    if (!appended) return failed(appended);
    tail = appended->tail();
  }
  return {};
}

Result<double> drain_memory(const Options& options, const std::string& name,
                            const std::string& keys, std::int64_t changes) {
  auto site = Site::create(options, name + "-memory");
  if (!site) return failed(site);
  std::ofstream(site->config()) << "relay: bench\n"
                                   "source:\n"
                                   "  sqlite: { path: source.db, tables: [orders] }\n"
                                   "stream:\n  "
                                << name << ": { " << keys << " }\n";
  if (auto done = site->create_table(); !done) return failed(done);
  if (auto done = site->init(); !done) return failed(done);
  if (auto done = fill(site->source(), changes, 10'000); !done) {
    return failed(done);
  }
  progress(name + ": the relay drains " + number(static_cast<double>(changes)) + " changes");
  auto ended = site->drain();
  if (!ended) return failed(ended);
  return ended->peak_mebibytes;
}

}  // namespace headwater::bench
