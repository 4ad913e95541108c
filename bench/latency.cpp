#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <thread>

#include "bench/follower.h"
#include "bench/measurements.h"
#include "bench/steady_load.h"

namespace headwater::bench {
namespace {

constexpr int commits_per_second = 500;

/// For scale: how long the same disk takes, on the same schedule, to overwrite 4 KiB of a file and
/// to sync it. Every durable commit does at least that.
Result<std::vector<double>> sync_floor(const std::filesystem::path& path, std::int64_t count) {
  constexpr off_t pages = 1000;
  const std::string page(4096, 'x');
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const auto write_page = [&](off_t at) {
    return pwrite(file, page.data(), page.size(), at * static_cast<off_t>(page.size())) > 0;
  };
  bool ok = file >= 0;
  for (off_t at = 0; ok && at < pages; ++at) ok = write_page(at);
  ok = ok && fsync(file) == 0;
  std::vector<double> spans;
  const SteadyTime start = now();
  for (std::int64_t i = 0; ok && i < count; ++i) {
    std::this_thread::sleep_until(due(start, i, commits_per_second));
    const SteadyTime before = now();
    ok = write_page(i % pages) && fdatasync(file) == 0;
    spans.push_back(milliseconds(before, now()));
  }
  const int code = errno;
  if (file >= 0) close(file);
  if (!ok) return fail(bench_error("cannot write " + path.string() + ": " + std::strerror(code)));
  return spans;
}

/// The results of several runs.
struct Found {
  std::vector<double> p50;
  std::vector<double> p99;
  std::vector<double> rate;  ///< Commits a second that the disk really allowed.
  std::vector<double> floor_p50;
  std::vector<double> floor_p99;
};

/// Adds the milliseconds from commit to readable of every row after the first second, which is
/// warm-up.
Result<void> follow_commits(const Site& site, std::int64_t count, Found& found) {
  auto follower = Follower::at_end_of(site.stream());
  if (!follower) return failed(follower);
  auto writer = std::async(std::launch::async,
                           [&] { return commit_rows(site.source(), count, commits_per_second); });
  auto arrivals = follower->take(static_cast<std::size_t>(count));
  auto committed = writer.get();
  if (!committed) return failed(committed);
  if (!arrivals) return failed(arrivals);

  auto spans = spans_from(*committed, *arrivals, commits_per_second);
  if (!spans) return failed(spans);
  found.p50.push_back(percentile(*spans, 50));
  found.p99.push_back(percentile(*spans, 99));
  const double seconds = milliseconds(committed->front(), committed->back()) / 1000;
  found.rate.push_back(static_cast<double>(count - 1) / seconds);
  return {};
}

Result<void> run_once(const Options& options, std::int64_t count, Found& found) {
  auto site = Site::create(options, "latency");
  if (!site) return failed(site);
  if (auto done = site->create_table(); !done) return done;
  if (auto done = site->init(); !done) return done;
  auto floor = sync_floor(site->folder() / "floor", count);
  if (!floor) return failed(floor);
  found.floor_p50.push_back(percentile(*floor, 50));
  found.floor_p99.push_back(percentile(*floor, 99));
  auto relay = site->run();
  if (!relay) return failed(relay);
  if (auto done = follow_commits(*site, count, found); !done) return done;
  if (auto ended = relay->stop(); !ended) return failed(ended);
  return {};
}

}  // namespace

Result<Findings> measure_latency(const Options& options) {
  const std::int64_t seconds = options.quick ? 3 : 20;
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 5);
  Found found;
  for (int i = 0; i < runs; ++i) {
    progress("latency: run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    auto done = run_once(options, seconds * commits_per_second, found);
    if (!done) return failed(done);
  }
  return Findings{"latency",
                  "from the return of COMMIT to the event in a reader's hands, " +
                      std::to_string(commits_per_second) + " commits/s for " +
                      std::to_string(seconds) + " s, " + runs_text(runs),
                  {{"p50", median(found.p50), "ms", Bound{Bound::Kind::below, 3}},
                   {"p99", median(found.p99), "ms", Bound{Bound::Kind::below, 15}},
                   {"commits a second reached", median(found.rate), "", {}},
                   {"a write of 4 KiB and fdatasync, p50", median(found.floor_p50), "ms", {}},
                   {"a write of 4 KiB and fdatasync, p99", median(found.floor_p99), "ms", {}}}};
}

}  // namespace headwater::bench
