// Follows an embedded stream as any consumer does, and notes when each event became readable.
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
  /// Begins at the stream's present end.
  static Result<Follower> at_end_of(const std::string& stream);

  /// Blocks until `count` more events have come; fails when nothing comes for a minute.
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
