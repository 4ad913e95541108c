// Follows an embedded stream like a consumer, and records when each event became readable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/steady_load.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/ports/stream.h"

namespace headwater::bench {

/// One thread.
class Follower {
 public:
  /// Starts at the present end of the stream.
  static Result<Follower> at_end_of(const std::string& stream);

  /// Blocks until `count` more events were read. Fails if none arrives for a minute.
  Result<std::vector<Arrival>> take(std::size_t count);

 private:
  Follower(std::unique_ptr<SystemClock> clock, std::unique_ptr<StreamReader> reader,
           std::uint64_t next)
      : clock_(std::move(clock)), reader_(std::move(reader)), next_(next) {}

  std::unique_ptr<SystemClock> clock_;  // on the heap: the reader keeps a reference
  std::unique_ptr<StreamReader> reader_;
  std::uint64_t next_;
};

}  // namespace headwater::bench
