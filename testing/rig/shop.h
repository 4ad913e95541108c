// The user's side of every disaster: a shop's database, and programs that write to it and know
// nothing of Headwater.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::rig {

/// How many rows of each table were inserted, updated and deleted: "orders.insert" → 17.
using Tally = std::map<std::string, std::uint64_t>;

enum class Journal { wal, rollback };

/// Makes the tables: customers (email is unique), orders (an idempotency key is unique), items (of
/// an order, WITHOUT ROWID, deleted with it).
void make_shop(const std::string& path, Journal journal = Journal::wal);

/// An order as a client submits it, which a repetition of the same key does not double.
/// False: refused, the order is there already.
Result<bool> submit_order(sqlite::Database& shop, const std::string& idempotency_key,
                          std::int64_t total);

struct WriterOptions {
  std::uint64_t seed = 1;
  std::uint64_t transactions = 0;  ///< 0: until stopped.
  Milliseconds pause{0};           ///< Between transactions; 0: as fast as possible.
};

/// What one writer did and saw.
struct Written {
  std::uint64_t transactions = 0;
  Tally changes;  ///< Committed ones, counted by the writer itself from the rows it touched.
  std::chrono::microseconds longest{0};  ///< Its slowest transaction, begin to commit.
  std::string error;                     ///< What ended it before its time; empty if nothing did.
};

/// Writers in threads of their own, each with a connection of its own, doing seeded random inserts,
/// updates, deletes with cascades, REPLACE, upserts, savepoints and rollbacks. Stopped and joined
/// on destruction.
class Writers {
 public:
  Writers(const std::string& path, int count, const WriterOptions& options);
  ~Writers();
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  /// Committed so far, by all of them.
  [[nodiscard]] std::uint64_t transactions() const { return transactions_; }
  /// Stops them, unless they have an end of their own, and gives the sum (the maximum of
  /// `longest`, the first `error`).
  Written finish();
  /// The same, but waits for their own end.
  Written join();

 private:
  Written sum_;
  std::atomic<std::uint64_t> transactions_ = 0;
  std::vector<Written> done_;
  std::vector<std::jthread> threads_;
};

/// `b` added to `a`.
void add(Written& a, const Written& b);

}  // namespace headwater::rig
