// `headwater consume` with a handler in Python, against the same handler that reads a pipe.
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "bench/consumers.h"
#include "bench/measurements.h"
#include "src/event/event.h"
#include "src/streams/embedded/embedded.h"

namespace headwater::bench {
namespace {

constexpr const char* handler = R"(import json, sys
total = 0
for line in sys.stdin:
    total += len(json.loads(line)["data"])
    print("ok", flush=True)
)";

Result<void> prepare(const std::filesystem::path& folder, const ReadingScale& scale) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "handler.py") << handler;
  std::ofstream(folder / "headwater.yaml")
      << "relay: bench\n"
         "source: { sqlite: { path: source.db, tables: all } }\n"
         "stream: { embedded: { path: events.db } }\n";
  const SystemClock clock;
  const auto stream = embedded::make_stream({.path = (folder / "events.db").string()}, clock);
  if (auto prepared = stream->prepare("bench"); !prepared) return failed(prepared);
  const std::vector<Event> events = make_append();
  std::ofstream lines(folder / "events.json");
  std::uint64_t sequence = 0;
  for (std::int64_t i = 0; i < scale.appends; ++i) {
    for (const Event& event : events)
      lines << to_json({.sequence = ++sequence, .event = event}) << '\n';
  }
  return append_all(*stream, events, scale.appends);
}

Result<double> timed(const std::filesystem::path& program, const std::vector<std::string>& words,
                     const std::filesystem::path& log) {
  const SteadyTime start = now();
  if (auto ended = run(program, words, log); !ended) return failed(ended);
  return seconds_since(start);
}

}  // namespace

Result<Findings> measure_handler(const Options& options) {
  ReadingScale scale(options);
  const auto folder = options.folder / "handler";
  progress("handler: filling the stream");
  if (auto ready = prepare(folder, scale); !ready) return failed(ready);
  const std::string pipe = "cat " + (folder / "events.json").string() + " | python3 " +
                           (folder / "handler.py").string() + " > /dev/null";
  std::vector<double> piped;
  std::vector<double> consumed;
  for (int i = 0; i < scale.runs; ++i) {
    progress("handler: run " + std::to_string(i + 1) + " of " + std::to_string(scale.runs));
    auto seconds = timed("/bin/sh", {"-c", pipe}, folder / "pipe.log");
    if (!seconds) return failed(seconds);
    piped.push_back(*seconds);
    seconds = timed(
        options.headwater,
        {"consume", "-c", (folder / "headwater.yaml").string(), "--consumer",
         "run" + std::to_string(i), "--to-end", "--", "python3", (folder / "handler.py").string()},
        folder / "consume.log");
    if (!seconds) return failed(seconds);
    consumed.push_back(*seconds);
  }
  std::filesystem::remove_all(folder);
  const auto count = static_cast<double>(scale.count());
  return Findings{
      "consumers-handler",
      number(count) +
          " events of some 700 bytes, one answer each, to a handler in Python; start to "
          "end, interleaved, " +
          runs_text(scale.runs),
      {{"through headwater consume", count / median(consumed), "events/s", {}},
       {"consume / a pipe", median_ratio(piped, consumed), "x",
        Bound{Bound::Kind::at_least, 0.5}}}};
}

}  // namespace headwater::bench
