#include <chrono>

#include "bench/follower.h"
#include "bench/measurements.h"

namespace headwater::bench {
namespace {

/// Relays some changes, so that the relay has finished everything that belongs to its start.
Result<void> warm_up(const Site& site) {
  constexpr std::int64_t changes = 1000;
  auto follower = Follower::at_end_of(site.stream());
  if (!follower) return failed(follower);
  if (auto done = fill(site.source(), changes, 100); !done) return done;
  auto arrivals = follower->take(changes);
  if (!arrivals) return failed(arrivals);
  return {};
}

}  // namespace

Result<Findings> measure_idle(const Options& options) {
  const std::chrono::seconds span(options.quick ? 3 : 20);
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 3);
  auto site = Site::create(options, "idle");
  if (!site) return failed(site);
  if (auto done = site->create_table(); !done) return failed(done);
  if (auto done = site->init(); !done) return failed(done);
  auto relay = site->run();
  if (!relay) return failed(relay);
  if (auto done = warm_up(*site); !done) return failed(done);

  std::vector<double> shares;
  for (int i = 0; i < runs; ++i) {
    progress("idle: watching for " + std::to_string(span.count()) + " s, run " +
             std::to_string(i + 1) + " of " + std::to_string(runs));
    auto found = processor_share(*relay, span);
    if (!found) return failed(found);
    shares.push_back(*found);
  }
  if (auto ended = relay->stop(); !ended) return failed(ended);
  return Findings{
      "idle",
      "processor time of the relay with nothing to do for " + std::to_string(span.count()) +
          " s, " + runs_text(runs),
      {{"processor time", median(shares), "% of a core", Bound{Bound::Kind::below, 1}}}};
}

}  // namespace headwater::bench
