#include <unistd.h>

#include <chrono>
#include <future>
#include <thread>

#include "bench/follower.h"
#include "bench/measurements.h"
#include "bench/mongodb_site.h"
#include "src/json/json.h"

namespace headwater::bench {
namespace {

constexpr int writes_per_second = 500;

Result<void> drain(const Options& options, Findings& findings) {
  const std::int64_t changes = options.quick ? 20'000 : 1'000'000;
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 5);
  auto site = MongoSite::create(options, "mongodb-drain", options.quick ? 100'000 : 4'000);
  if (!site) return failed(site);
  if (auto done = (*site)->init(); !done) return done;
  if (auto done = (*site)->keep_beginning(); !done) return done;
  (*site)->fill_mixed(changes);
  std::vector<double> headwater;
  std::vector<double> bare;
  for (int i = 0; i < runs; ++i) {
    progress("mongodb: run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    if (auto done = (*site)->rewind(); !done) return done;
    SteadyTime start = now();
    auto readable = (*site)->drain_until_readable(changes);
    if (!readable) return failed(readable);
    headwater.push_back(std::chrono::duration<double>(*readable - start).count());
    auto events = (*site)->events();
    if (!events) return failed(events);
    if (*events != changes) {
      return fail(bench_error("expected " + std::to_string(changes) + " events, found " +
                              std::to_string(*events)));
    }
    start = now();
    if (auto done = read_bare((*site)->uri(), (*site)->start(), changes); !done) return done;
    bare.push_back(seconds_since(start));
  }
  const double count = static_cast<double>(changes);
  const bool four = std::thread::hardware_concurrency() >= 4;
  std::optional<Bound> bound;
  if ((*site)->real()) bound = Bound{Bound::Kind::at_least, four ? 0.9 : 0.75};
  findings.about = std::string((*site)->real() ? "mongod" : "SecantusDB, so no bounds") +
                   "; drain: " + number(count) +
                   " changes of 200 B to 1 KB, interleaved with a "
                   "bare libmongoc loop that throws them away, " +
                   runs_text(runs);
  findings.figures.push_back({"drain: headwater", count / median(headwater), "changes/s", {}});
  findings.figures.push_back({"drain: bare loop", count / median(bare), "changes/s", {}});
  findings.figures.push_back(
      {"drain: headwater / bare loop", median_ratio(bare, headwater), "x", bound});
  return {};
}

Result<void> memory(const Options& options, Findings& findings) {
  const std::int64_t changes = options.quick ? 20'000 : 2'000'000;
  auto site = MongoSite::create(options, "mongodb-memory", options.quick ? 100'000 : 8'000);
  if (!site) return failed(site);
  if (auto done = (*site)->init(); !done) return done;
  (*site)->fill_large(changes);
  progress("mongodb: the relay drains " + number(static_cast<double>(changes)) + " changes");
  auto ended = (*site)->drain();
  if (!ended) return failed(ended);
  findings.figures.push_back(
      {"peak memory, backlog of " + number(static_cast<double>(changes)) + " changes of 1 KB",
       ended->peak_mebibytes, "MiB", Bound{Bound::Kind::below, 64}});
  return {};
}

/// Inserts the documents 0 to `count - 1` on a schedule, each with majority concern. Returns when
/// each was acknowledged.
std::vector<SteadyTime> insert_by_the_clock(const std::string& uri, std::int64_t count) {
  rig::MongoShell shell(uri);
  std::vector<SteadyTime> committed;
  const SteadyTime start = now();
  for (std::int64_t i = 0; i < count; ++i) {
    std::this_thread::sleep_until(start + std::chrono::nanoseconds(std::chrono::seconds(1)) * i /
                                              writes_per_second);
    shell.insert("shop.orders", rig::Doc().add("_id", i).add("v", "x"));
    committed.push_back(now());
  }
  return committed;
}

Result<void> latency(const Options& options, Findings& findings) {
  const std::int64_t count = std::int64_t{options.quick ? 3 : 20} * writes_per_second;
  auto site = MongoSite::create(options, "mongodb-latency", options.quick ? 100'000 : 990);
  if (!site) return failed(site);
  if (auto done = (*site)->init(); !done) return done;
  auto relay = (*site)->run();
  if (!relay) return failed(relay);
  auto follower = Follower::at_end_of((*site)->stream());
  if (!follower) return failed(follower);
  auto writer =
      std::async(std::launch::async, [&] { return insert_by_the_clock((*site)->uri(), count); });
  auto arrivals = follower->take(static_cast<std::size_t>(count));
  const auto committed = writer.get();
  if (!arrivals) return failed(arrivals);
  std::vector<double> spans;
  for (const auto& arrival : *arrivals) {
    const auto data = Json::parse(arrival.data).value_or(Json());
    const auto id = data["key"]["_id"].unsigned_integer();
    if (!id || *id >= committed.size()) {
      return fail(bench_error("not the event of an insert: " + arrival.data));
    }
    // The first second warms up.
    if (*id < writes_per_second) continue;
    spans.push_back(std::chrono::duration<double, std::milli>(arrival.at - committed[*id]).count());
  }
  if (auto ended = relay->stop(); !ended) return failed(ended);
  const double seconds =
      std::chrono::duration<double>(committed.back() - committed.front()).count();
  const bool real = (*site)->real();
  const auto below = [real](double ms) {
    return real ? std::optional(Bound{Bound::Kind::below, ms}) : std::nullopt;
  };
  findings.figures.push_back(
      {"writes that the server acknowledged", static_cast<double>(count) / seconds, "1/s", {}});
  findings.figures.push_back(
      {"acknowledged to readable, p50", percentile(spans, 50), "ms", below(5)});
  findings.figures.push_back(
      {"acknowledged to readable, p99", percentile(spans, 99), "ms", below(20)});
  return {};
}

}  // namespace

Result<Findings> measure_mongodb(const Options& options) {
  Findings findings{"mongodb", "", {}};
  for (auto* part : {drain, memory, latency}) {
    if (auto done = part(options, findings); !done) return failed(done);
  }
  return findings;
}

}  // namespace headwater::bench
