// Programs that change orders and know nothing of Headwater.
#pragma once

#include <atomic>
#include <cstdint>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "testing/rig/shop.h"

namespace headwater::rig {

struct OrderWritersOptions {
  std::uint64_t seed = 1;
  std::uint64_t transactions = 0;  ///< 0: until stopped. Single statements count as well.
  Milliseconds pause{0};           ///< Between transactions; 0: as fast as possible.
  /// Goes on after whatever the server or the way to it says. The tally is then only what was
  /// acknowledged.
  bool through_failures = false;
};

/// Writers in threads of their own, each with a connection of its own. Stopped and joined on
/// destruction.
class OrderWriters {
 public:
  OrderWriters(const std::string& uri, int count, const OrderWritersOptions& options);
  ~OrderWriters();
  OrderWriters(const OrderWriters&) = delete;
  OrderWriters& operator=(const OrderWriters&) = delete;

  /// Acknowledged so far, of all of them.
  [[nodiscard]] std::uint64_t transactions() const { return transactions_; }
  /// Stops them, unless they have an end of their own, and gives the sum.
  Written finish();
  /// The same, but waits for their own end.
  Written join();

 private:
  Written sum_;
  std::atomic<std::uint64_t> transactions_ = 0;
  std::vector<Written> done_;
  /// SecantusDB 0.7 keeps a collection locked while an update of many waits for a transaction,
  /// which waits for that lock in turn, for ever. A mongod lets the one or the other try again.
  std::shared_mutex apart_;
  std::vector<std::jthread> threads_;
};

}  // namespace headwater::rig
