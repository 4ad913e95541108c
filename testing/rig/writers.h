// Programs that write to the user's database and know nothing of Headwater.
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

/// How many rows of each table were inserted, updated and deleted: "orders.insert" → 17.
using Tally = std::map<std::string, std::uint64_t>;

struct WriterOptions {
  std::uint64_t seed = 1;
  std::uint64_t transactions = 0;  ///< 0: until stopped.
  Milliseconds pause{0};           ///< Between transactions; 0: as fast as possible.
  /// Goes on after any error of the database or of the way to it. What was committed without the
  /// writer hearing of it is then missing from its tally.
  bool through_failures = false;
};

/// What one writer did and saw.
struct Written {
  std::uint64_t transactions = 0;
  Tally changes;  ///< Committed ones, counted by the writer itself from the rows it touched.
  std::chrono::microseconds longest{0};  ///< Its slowest transaction, begin to commit.
  std::string error;                     ///< What ended it before its time; empty if nothing did.
};

/// One program, with one connection. One thread.
class Writer {
 public:
  virtual ~Writer() = default;
  /// One random transaction, committed or, now and then, rolled back on purpose. If it committed,
  /// its changes are added to `tally`. Fails with Remedy::retry if it lost against another writer.
  virtual Result<void> transaction(Tally& tally) = 0;
  /// After a failure: a new connection. False while the database cannot be reached.
  virtual bool reconnect() { return true; }
};

/// Called by several threads at once.
using MakeWriter = std::function<Result<std::unique_ptr<Writer>>(std::uint64_t seed)>;

/// Writers in threads of their own. Stopped and joined on destruction.
class Writers {
 public:
  Writers(const MakeWriter& make, int count, const WriterOptions& options);
  /// The source's own writers. It must outlive them.
  Writers(SourceUnderTest& source, int count, const WriterOptions& options);
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
