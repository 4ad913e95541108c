// The parts that the measurements of consumers share.
#pragma once

#include <cstdint>

#include "bench/stream_load.h"

namespace headwater::bench {

/// The amount of work.
struct ReadingScale {
  explicit ReadingScale(const Options& options)
      : appends(options.quick ? 5 : 300),
        runs(options.runs > 0 ? options.runs : (options.quick ? 1 : 5)) {}
  std::int64_t appends;
  int runs;

  [[nodiscard]] std::int64_t count() const { return appends * append_size; }
};

}  // namespace headwater::bench
