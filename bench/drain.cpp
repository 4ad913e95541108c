#include "bench/bare_loop.h"
#include "bench/measurements.h"

namespace headwater::bench {
namespace {

/// The size of the relay's largest append, so that the bare loop does not sync more often.
constexpr std::int64_t append_size = 4096;

/// Fails unless the stream has exactly `changes` events. Returns the bytes of their data.
Result<double> check_stream(const Site& site, std::int64_t changes) {
  auto database = sqlite::Database::open(site.stream(), sqlite::Open::read_only, Origin::stream);
  if (!database) return failed(database);
  auto count = database->integer("SELECT count(*) FROM events");
  if (!count) return failed(count);
  if (*count != changes) {
    return fail(bench_error("expected " + std::to_string(changes) + " events, found " +
                            std::to_string(*count)));
  }
  auto bytes = database->integer("SELECT sum(length(CAST(data AS BLOB))) FROM events");
  if (!bytes) return failed(bytes);
  return static_cast<double>(*bytes);
}

/// The seconds and data bytes of one side, run by run.
struct Runs {
  std::vector<double> seconds;
  std::vector<double> bytes;
};

/// Times `drain` on a copy of the backlog.
Result<void> run(const Options& options, const Site& backlog, std::int64_t changes,
                 Result<void> (*drain)(const Site&), Runs& runs) {
  auto site = Site::create(options, "drain");
  if (!site) return failed(site);
  if (auto done = site->copy_from(backlog); !done) return done;
  const SteadyTime start = now();
  if (auto done = drain(*site); !done) return done;
  runs.seconds.push_back(seconds_since(start));
  auto bytes = check_stream(*site, changes);
  if (!bytes) return failed(bytes);
  runs.bytes.push_back(*bytes);
  return {};
}

Result<void> by_headwater(const Site& site) {
  auto ended = site.drain();
  if (!ended) return failed(ended);
  return {};
}

Result<void> by_bare_loop(const Site& site) {
  return copy_log(site.source(), site.stream(), append_size);
}

Result<Site> make_backlog(const Options& options, std::int64_t changes) {
  auto site = Site::create(options, "backlog");
  if (!site) return site;
  if (auto done = site->create_table(); !done) return failed(done);
  if (auto done = site->init(); !done) return failed(done);
  if (auto done = fill(site->source(), changes, 1000); !done) return failed(done);
  return site;
}

}  // namespace

Result<Findings> measure_drain(const Options& options) {
  const std::int64_t changes = options.quick ? 50'000 : 1'000'000;
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 5);
  auto backlog = make_backlog(options, changes);
  if (!backlog) return failed(backlog);
  Runs headwater;
  Runs bare;
  for (int i = 0; i < runs; ++i) {
    progress("drain: run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    if (auto done = run(options, *backlog, changes, by_headwater, headwater); !done) {
      return failed(done);
    }
    if (auto done = run(options, *backlog, changes, by_bare_loop, bare); !done) {
      return failed(done);
    }
  }
  const double count = static_cast<double>(changes);
  return Findings{
      "drain",
      "a backlog of " + number(count) +
          " changes, against a bare loop that copies the same rows; interleaved, " +
          runs_text(runs),
      {{"headwater run --until-current", count / median(headwater.seconds), "changes/s", {}},
       {"bare loop", count / median(bare.seconds), "changes/s", {}},
       {"headwater / bare loop", median_ratio(bare.seconds, headwater.seconds), "x",
        Bound{Bound::Kind::at_least, 0.5}},
       {"bytes of event data, headwater / bare loop",
        median_ratio(headwater.bytes, bare.bytes),
        "x",
        {}}}};
}

}  // namespace headwater::bench
