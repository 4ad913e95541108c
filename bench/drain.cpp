#include "bench/bare_loop.h"
#include "bench/measurements.h"

namespace headwater::bench {
namespace {

/// Events of one append of the relay, so that the bare loop syncs as often.
constexpr std::int64_t append_size = 1000;

/// Fails unless exactly `changes` events are in the stream; the bytes of their data.
Result<double> check_stream(const Site& site, std::int64_t changes) {
  auto database = sqlite::Database::open(site.stream(), sqlite::Open::read_only, Origin::stream);
  if (!database) return fail(std::move(database.error()));
  auto count = database->integer("SELECT count(*) FROM events");
  if (!count) return fail(std::move(count.error()));
  if (*count != changes) {
    return fail(bench_error("there should be " + std::to_string(changes) + " events, there are " +
                            std::to_string(*count)));
  }
  auto bytes = database->integer("SELECT sum(length(CAST(data AS BLOB))) FROM events");
  if (!bytes) return fail(std::move(bytes.error()));
  return static_cast<double>(*bytes);
}

/// The measured seconds and data bytes of either contestant, run by run.
struct Runs {
  std::vector<double> seconds;
  std::vector<double> bytes;
};

Result<void> run_headwater(const Options& options, const Site& backlog, std::int64_t changes,
                           Runs& runs) {
  auto site = Site::create(options, "drain");
  if (!site) return fail(std::move(site.error()));
  if (auto done = site->copy_from(backlog); !done) return done;
  const SteadyTime start = now();
  if (auto ended = site->drain(); !ended) return fail(std::move(ended.error()));
  runs.seconds.push_back(seconds_since(start));
  auto bytes = check_stream(*site, changes);
  if (!bytes) return fail(std::move(bytes.error()));
  runs.bytes.push_back(*bytes);
  return {};
}

Result<void> run_bare_loop(const Options& options, const Site& backlog, std::int64_t changes,
                           Runs& runs) {
  auto site = Site::create(options, "bare");
  if (!site) return fail(std::move(site.error()));
  if (auto done = site->copy_from(backlog); !done) return done;
  const SteadyTime start = now();
  auto copied = copy_log(site->source(), site->stream(), append_size);
  if (!copied) return fail(std::move(copied.error()));
  runs.seconds.push_back(seconds_since(start));
  auto bytes = check_stream(*site, changes);
  if (!bytes) return fail(std::move(bytes.error()));
  runs.bytes.push_back(*bytes);
  return {};
}

Result<Site> make_backlog(const Options& options, std::int64_t changes) {
  auto site = Site::create(options, "backlog");
  if (!site) return site;
  if (auto done = site->create_table(); !done) return fail(std::move(done.error()));
  if (auto done = site->init(); !done) return fail(std::move(done.error()));
  if (auto done = fill(site->source(), changes, 1000); !done) return fail(std::move(done.error()));
  return site;
}

}  // namespace

Result<Findings> measure_drain(const Options& options) {
  const std::int64_t changes = options.quick ? 50'000 : 1'000'000;
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 5);
  auto backlog = make_backlog(options, changes);
  if (!backlog) return fail(std::move(backlog.error()));
  Runs headwater;
  Runs bare;
  for (int i = 0; i < runs; ++i) {
    progress("drain: run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    if (auto done = run_headwater(options, *backlog, changes, headwater); !done) {
      return fail(std::move(done.error()));
    }
    if (auto done = run_bare_loop(options, *backlog, changes, bare); !done) {
      return fail(std::move(done.error()));
    }
  }
  const double count = static_cast<double>(changes);
  const double relay_rate = count / median(headwater.seconds);
  const double bare_rate = count / median(bare.seconds);
  return Findings{
      "drain",
      "a backlog of " + number(count) +
          " changes, against a bare loop that copies the same rows; interleaved, "
          "medians of " +
          std::to_string(runs) + " runs",
      {{"headwater run --until-current", relay_rate, "changes/s", {}},
       {"bare loop", bare_rate, "changes/s", {}},
       {"headwater / bare loop", relay_rate / bare_rate, "x", Bound{Bound::Kind::at_least, 0.5}},
       {"bytes of event data, headwater / bare loop",
        median(headwater.bytes) / median(bare.bytes),
        "x",
        {}}}};
}

}  // namespace headwater::bench
