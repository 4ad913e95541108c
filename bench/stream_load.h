// The parts that the measurements of the streams share.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/workbench.h"
#include "src/ports/adapter.h"

namespace headwater::bench {

constexpr std::int64_t append_size = 1000;  ///< Events.

/// The amount of work.
struct StreamScale {
  explicit StreamScale(const Options& options);
  std::int64_t appends;
  std::int64_t backlog;  ///< Changes.
  int runs;
};

/// The events of one append, about 700 bytes each. Their ids depend on `number`.
[[nodiscard]] std::vector<Event> make_append(std::int64_t number = 0);

/// Appends the same events repeatedly with the relay's writer.
Result<void> append_all(StreamAdapter& stream, std::span<const Event> events, std::int64_t appends);

/// The peak memory, in MiB, of a relay that drains this many changes of a SQLite database. `name`
/// and `keys` are the stream's name and keys in the configuration, on one line.
Result<double> drain_memory(const Options& options, const std::string& name,
                            const std::string& keys, std::int64_t changes);

}  // namespace headwater::bench
