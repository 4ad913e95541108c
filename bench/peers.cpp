// Headwater and Debezium Server, one after the other beside the same stream server: how fast each
// drains the same changes, what that costs it, and whether all of them arrive.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bench/debezium.h"
#include "bench/measurements.h"
#include "bench/peer_stream.h"
#include "src/json/json.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::bench {
namespace {

/// The first changes warm up the stream server and Java, and do not count.
struct PeerScale {
  explicit PeerScale(const Options& options)
      : counted(options.changes > 0 ? options.changes : (options.quick ? 10'000 : 200'000)),
        warm_up(counted / 2),
        runs(options.runs > 0 ? options.runs : 1) {}
  [[nodiscard]] std::int64_t all() const { return warm_up + counted; }

  std::int64_t counted;
  std::int64_t warm_up;
  int runs;
};

/// What the runs of one relay on one stream found.
struct PeerRuns {
  std::vector<double> rate;       ///< Changes a second.
  std::vector<double> processor;  ///< Seconds for a million changes.
  std::vector<double> peak;       ///< MiB.
  std::vector<double> start;      ///< Seconds until the first event.
  std::vector<double> start_processor;
  std::vector<double> distinct;
};

/// How far a relay was at a moment, and what it had used by then.
struct Progress {
  SteadyTime at;
  double processor = 0;
  std::int64_t changes = 0;
};

/// Which change of the load an event is about, from 0 on; nullopt: none of them. Works for both
/// relays' events, because a row is inserted, updated and deleted once at the most.
std::optional<std::int64_t> change_of(std::string_view data) {
  const Json event = Json::parse(data).value_or(Json());
  const std::string_view op = event["op"].text().value_or("");
  const Json& row = event["after"].is_null() ? event["before"] : event["after"];
  const std::int64_t id = row["id"].integer().value_or(0);
  if (op.empty() || id < 1) return std::nullopt;
  const std::int64_t first = (id - 1) / 6 * 10;
  const std::int64_t step = (id - 1) % 6;
  if (op == "insert" || op == "c") return first + step;
  if (op == "update" || op == "u") return first + 6 + step;
  if (op == "delete" || op == "d") return first + 9;
  return std::nullopt;
}

Result<Progress> progress_of(rig::Process& process, PeerStream& stream, Relay relay) {
  const auto data = stream.newest(relay);
  auto processor = processor_seconds(process.pid());
  if (!processor) return failed(processor);
  return Progress{.at = now(),
                  .processor = *processor,
                  .changes = data ? change_of(*data).value_or(-1) + 1 : 0};
}

/// Blocks until the stream has so many changes.
Result<Progress> reach(rig::Process& process, PeerStream& stream, Relay relay,
                       std::int64_t changes) {
  constexpr Milliseconds pause(50);
  constexpr double longest_silence_s = 180;
  std::int64_t known = -1;
  for (SteadyTime heard = now(); process.running();) {
    auto reached = progress_of(process, stream, relay);
    if (!reached || reached->changes >= changes) return reached;
    if (std::exchange(known, reached->changes) != reached->changes) heard = now();
    if (seconds_since(heard) > longest_silence_s) break;
    std::this_thread::sleep_for(pause);  // reading all the time would slow what is measured
  }
  return fail(bench_error("a relay has ended or stands still after " +
                          std::to_string(std::max<std::int64_t>(known, 0)) + " changes"));
}

/// Fails unless every change of the load can be read.
Result<double> count_distinct(PeerStream& stream, Relay relay, std::int64_t changes) {
  std::vector<bool> seen(static_cast<std::size_t>(changes));
  std::int64_t distinct = 0;
  const auto take = [&](std::string_view data) {
    const auto change = change_of(data);
    if (!change || *change >= changes || seen[static_cast<std::size_t>(*change)]) return;
    seen[static_cast<std::size_t>(*change)] = true;
    ++distinct;
  };
  if (auto read = stream.read(relay, take); !read) return failed(read);
  if (distinct == changes) return static_cast<double>(distinct);
  return fail(bench_error("of " + std::to_string(changes) + " changes only " +
                          std::to_string(distinct) + " can be read in the stream"));
}

/// Watches a relay that has just been started until all changes are in the stream.
Result<void> watch(rig::Process process, PeerStream& stream, Relay relay, const PeerScale& scale,
                   PeerRuns& runs) {
  const SteadyTime begun = now();
  auto first = reach(process, stream, relay, 1);
  if (!first) return failed(first);
  auto warm = reach(process, stream, relay, scale.warm_up);
  if (!warm) return failed(warm);
  auto all = reach(process, stream, relay, scale.all());
  if (!all) return failed(all);
  const auto counted = static_cast<double>(all->changes - warm->changes);
  if (counted < 1) return fail(bench_error("too few changes to measure; name more by --changes"));
  runs.rate.push_back(counted / std::chrono::duration<double>(all->at - warm->at).count());
  runs.processor.push_back((all->processor - warm->processor) / counted * 1'000'000);
  runs.peak.push_back(static_cast<double>(process.peak_memory()) / (1 << 20));
  runs.start.push_back(std::chrono::duration<double>(first->at - begun).count());
  runs.start_processor.push_back(first->processor);
  (void)process.terminate();
  auto distinct = count_distinct(stream, relay, scale.all());
  if (!distinct) return failed(distinct);
  runs.distinct.push_back(*distinct);
  return {};
}

/// As much as a person needs to see what went wrong.
Error with_log(Error error, const std::filesystem::path& log) {
  constexpr std::size_t kept = 2000;
  const std::string all = rig::contents(log);
  error.message += "; it said:\n" + all.substr(all.size() - std::min(all.size(), kept));
  return error;
}

Result<void> run_headwater(const Options& options, PeerStream& stream, const PeerScale& scale,
                           PeerRuns& runs) {
  auto site = Site::create(options, "peers-source");
  if (!site) return failed(site);
  std::ofstream(site->config())
      << "relay: bench\n"
         "source:\n"
         "  sqlite: { path: source.db, tables: [orders], snapshot: never }\n"
         "stream:\n  "
      << stream.for_headwater() << '\n';
  if (auto done = site->create_table(); !done) return done;
  if (auto done = site->init(); !done) return done;
  if (auto done = fill(site->source(), scale.all(), 1); !done) return done;
  rig::Process process(
      {.words = {options.headwater, "run", "-c", site->config()}, .output = site->log()});
  auto done = watch(std::move(process), stream, Relay::headwater, scale, runs);
  if (!done) return fail(with_log(std::move(done.error()), site->log()));
  return done;
}

Result<void> run_debezium(const Options& options, const DebeziumSource& source,
                          const std::string& slot, PeerStream& stream, const PeerScale& scale,
                          PeerRuns& runs) {
  const auto folder = options.folder / "debezium";
  auto done = watch(source.start(folder, slot, stream.for_debezium()), stream, Relay::debezium,
                    scale, runs);
  if (!done) return fail(with_log(std::move(done.error()), folder / "debezium.log"));
  std::filesystem::remove_all(folder);
  return done;
}

std::string slot_of(const PeerStreamKind& kind, int run) {
  return std::string(kind.name) + "_" + std::to_string(run);
}

/// Both relays; every second run begins with the other one.
Result<void> run_both(const Options& options, const DebeziumSource& source,
                      const PeerStreamKind& kind, int run, const PeerScale& scale,
                      PeerRuns& headwater, PeerRuns& debezium) {
  const auto folder = options.folder / "peers-stream";
  std::filesystem::remove_all(folder);
  const auto stream = kind.start(folder, kind.fast_sink);
  for (const bool ours : {run % 2 == 0, run % 2 != 0}) {
    progress(std::string("peers: ") + kind.name + ", " + (ours ? "Headwater" : "Debezium Server") +
             ", run " + std::to_string(run + 1) + " of " + std::to_string(scale.runs));
    auto done = ours ? run_headwater(options, *stream, scale, headwater)
                     : run_debezium(options, source, slot_of(kind, run), *stream, scale, debezium);
    if (!done) return done;
  }
  return {};
}

void add_figures(const std::string& stream, const PeerRuns& headwater, const PeerRuns& debezium,
                 std::vector<Figure>& figures) {
  const auto add = [&](const std::string& what, const char* unit,
                       std::vector<double> PeerRuns::*values) {
    figures.push_back({stream + ": " + what + ", Headwater", median(headwater.*values), unit, {}});
    figures.push_back(
        {stream + ": " + what + ", Debezium Server", median(debezium.*values), unit, {}});
  };
  const auto add_ratio = [&](const std::string& what, std::vector<double> PeerRuns::*values) {
    figures.push_back({stream + ": " + what + ", Headwater / Debezium Server",
                       median_ratio(headwater.*values, debezium.*values),
                       "x",
                       {}});
  };
  add("drain", "changes/s", &PeerRuns::rate);
  add_ratio("drain", &PeerRuns::rate);
  add("processor for a million", "s", &PeerRuns::processor);
  add_ratio("processor for a million", &PeerRuns::processor);
  add("peak memory", "MiB", &PeerRuns::peak);
  add_ratio("peak memory", &PeerRuns::peak);
  add("start to first event", "s", &PeerRuns::start);
  add("processor until first event", "s", &PeerRuns::start_processor);
  add("distinct events read back", "events", &PeerRuns::distinct);
}

std::string about(const DebeziumPrograms& programs, const DebeziumSource& source,
                  const std::vector<PeerStreamKind>& kinds, const PeerScale& scale) {
  std::string text = number(static_cast<double>(scale.counted)) + " changes, after " +
                     number(static_cast<double>(scale.warm_up)) +
                     " that warm up and do not count; Headwater from SQLite, " +
                     programs.version() + " from " + source.version() + "; " +
                     runs_text(scale.runs) + ". Debezium Server's settings: " + debezium_settings();
  for (const auto& kind : kinds) {
    for (const std::string& line : kind.fast_sink) {
      text += ", " + line.substr(std::string_view("debezium.sink.").size());
    }
  }
  return text;
}

}  // namespace

Result<Findings> measure_peers(const Options& options) {
  const auto programs = DebeziumPrograms::find();
  if (!programs) {
    return Findings{"peers",
                    "not measured: Debezium Server needs Java 21 or newer, and `./dev bench peers` "
                    "found none in JAVA_HOME, the PATH or /usr/lib/jvm",
                    {}};
  }
  const PeerScale scale(options);
  const auto kinds = peer_streams();
  std::vector<std::string> slots;
  for (const auto& kind : kinds) {
    for (int run = 0; run < scale.runs; ++run) slots.push_back(slot_of(kind, run));
  }
  const auto source = DebeziumSource::make(*programs, slots, scale.all());
  Findings findings{"peers", about(*programs, *source, kinds, scale), {}};
  for (const auto& kind : kinds) {
    PeerRuns headwater;
    PeerRuns debezium;
    for (int run = 0; run < scale.runs; ++run) {
      auto done = run_both(options, *source, kind, run, scale, headwater, debezium);
      if (!done) return failed(done);
    }
    add_figures(kind.name, headwater, debezium, findings.figures);
  }
  std::filesystem::remove_all(options.folder / "peers-stream");
  return findings;
}

}  // namespace headwater::bench
