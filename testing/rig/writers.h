// Writers to the user's database that know nothing of Headwater.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"

namespace headwater::rig {

class SourceUnderTest;

/// The number of changed rows by table and operation: "orders.insert" → 17.
using Tally = std::map<std::string, std::uint64_t>;

struct WriterOptions {
  std::uint64_t seed = 1;
  std::uint64_t transactions = 0;  ///< 0: until stopped.
  Milliseconds pause{0};           ///< Between transactions; 0: as fast as possible.
  /// Continues after any error of the database or the network. Its tally then lacks commits that
  /// were not acknowledged.
  bool despite_errors = false;
};

/// The results of one writer.
struct Written {
  std::uint64_t transactions = 0;
  Tally changes;                         ///< Committed changes, as the writer counted them.
  std::chrono::microseconds longest{0};  ///< Its slowest transaction, from begin to commit.
  std::string error;  ///< The error that ended it early; empty if there was none.
};

/// A program with one connection. One thread.
class Writer {
 public:
  virtual ~Writer() = default;
  /// Runs a random transaction, which it sometimes rolls back. After a commit, adds the changes to
  /// `tally`. Fails with Remedy::retry after a conflict with another writer.
  virtual Result<void> transaction(Tally& tally) = 0;
  /// Connects again after an error. Returns false while the database cannot be reached.
  virtual bool reconnect() { return true; }
};

/// Several threads may call it at once.
using MakeWriter = std::function<Result<std::unique_ptr<Writer>>(std::uint64_t seed)>;

/// Runs each writer in its own thread. The destructor stops and joins them.
class Writers {
 public:
  Writers(const MakeWriter& make, int count, const WriterOptions& options);
  /// Writers of this source, which must outlive them.
  Writers(SourceUnderTest& source, int count, const WriterOptions& options);
  ~Writers();
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  /// The number of transactions committed so far.
  [[nodiscard]] std::uint64_t transactions() const { return transactions_; }
  /// Stops writers that have no end of their own. Returns the sum of the results, with the maximum
  /// of `longest` and the first `error`.
  Written finish();
  /// The same, but waits until all writers have made their transactions.
  Written join();

 private:
  Written sum_;
  std::atomic<std::uint64_t> transactions_ = 0;
  std::vector<Written> done_;
  std::vector<std::jthread> threads_;
};

/// Adds `b` to `a`.
void add(Written& a, const Written& b);

}  // namespace headwater::rig
