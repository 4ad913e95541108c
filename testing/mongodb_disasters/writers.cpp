#include "testing/mongodb_disasters/writers.h"

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "testing/mongodb/mongo_server.h"
#include "testing/mongodb_disasters/writer.h"

namespace headwater::rig {
namespace {

constexpr Milliseconds until_next_try{20};

/// Waits between transactions, or for the end if that comes first.
void pause(Milliseconds span, const std::stop_token& stop) {
  if (span <= Milliseconds(0)) return;
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any stopped;
  stopped.wait_for(lock, stop, span, [] { return false; });
}

void write(const std::string& uri, const OrderWritersOptions& options, const std::stop_token& stop,
           std::shared_mutex* apart, std::atomic<std::uint64_t>& all, Written& written) {
  OrderWriter writer(uri, options.seed, apart);
  while (!stop.stop_requested() &&
         (options.transactions == 0 || written.transactions < options.transactions)) {
    auto done = writer.write(written.changes);
    // Another writer's transaction was first; a program would try again.
    if (!done && done.error().transient) continue;
    if (!done && !options.through_failures) {
      written.error = std::to_string(done.error().code) + ": " + done.error().message;
      return;
    }
    if (!done) {
      // A connection of its own: the library waits for seconds before it tries a server again.
      while (!stop.stop_requested() && !writer.reconnect()) pause(until_next_try, stop);
      continue;
    }
    ++written.transactions;
    ++all;
    pause(options.pause, stop);
  }
}

}  // namespace

OrderWriters::OrderWriters(const std::string& uri, int count, const OrderWritersOptions& options)
    : done_(static_cast<std::size_t>(count)) {
  std::shared_mutex* apart = kind_of(uri) == MongoKind::secantus ? &apart_ : nullptr;
  for (std::size_t i = 0; i < done_.size(); ++i) {
    OrderWritersOptions own = options;
    own.seed = options.seed * 1000 + i;
    threads_.emplace_back([this, uri, own, i, apart](const std::stop_token& stop) {
      write(uri, own, stop, apart, transactions_, done_[i]);
    });
  }
}

OrderWriters::~OrderWriters() { finish(); }

Written OrderWriters::finish() {
  for (auto& thread : threads_) thread.request_stop();
  return join();
}

Written OrderWriters::join() {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    threads_[i].join();
    add(sum_, done_[i]);
  }
  threads_.clear();
  return sum_;
}

}  // namespace headwater::rig
