#include "testing/rig/writers.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

#include "testing/rig/source_under_test.h"

namespace headwater::rig {
namespace {

constexpr Milliseconds until_next_try{20};

/// Waits for `span`, or until a stop.
void pause(Milliseconds span, const std::stop_token& stop) {
  if (span <= Milliseconds(0)) return;
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any stopped;
  stopped.wait_for(lock, stop, span, [] { return false; });
}

void write(const MakeWriter& make, const WriterOptions& options, const std::stop_token& stop,
           std::atomic<std::uint64_t>& all, Written& written) {
  const SystemClock clock;
  auto writer = make(options.seed);
  if (!writer) {
    written.error = writer.error().message;
    return;
  }
  while (!stop.stop_requested() &&
         (options.transactions == 0 || written.transactions < options.transactions)) {
    const SteadyTime begin = clock.steady();
    auto done = (*writer)->transaction(written.changes);
    if (!done && done.error().remedy == Remedy::retry) continue;
    if (!done && !options.despite_errors) {
      written.error = done.error().name + ": " + done.error().message;
      return;
    }
    if (!done) {
      while (!stop.stop_requested() && !(*writer)->reconnect()) pause(until_next_try, stop);
      continue;
    }
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(clock.steady() - begin);
    written.longest = std::max(written.longest, took);
    ++written.transactions;
    ++all;
    pause(options.pause, stop);
  }
}

}  // namespace

void add(Written& a, const Written& b) {
  a.transactions += b.transactions;
  for (const auto& [what, count] : b.changes) a.changes[what] += count;
  a.longest = std::max(a.longest, b.longest);
  if (a.error.empty()) a.error = b.error;
}

Writers::Writers(const MakeWriter& make, int count, const WriterOptions& options)
    : done_(static_cast<std::size_t>(count)) {
  for (std::size_t i = 0; i < done_.size(); ++i) {
    WriterOptions own = options;
    own.seed = options.seed * 1000 + i;
    threads_.emplace_back([this, make, own, i](const std::stop_token& stop) {
      write(make, own, stop, transactions_, done_[i]);
    });
  }
}

Writers::Writers(SourceUnderTest& source, int count, const WriterOptions& options)
    : Writers([&source](std::uint64_t seed) { return source.writer(seed); }, count, options) {}

Writers::~Writers() { finish(); }

Written Writers::finish() {
  for (auto& thread : threads_) thread.request_stop();
  return join();
}

Written Writers::join() {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    threads_[i].join();
    add(sum_, done_[i]);
  }
  threads_.clear();
  return sum_;
}

}  // namespace headwater::rig
