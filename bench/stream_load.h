// What the measurements of the streams share: the events, the relay's writer, the relay's memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/workbench.h"
#include "src/ports/adapter.h"

namespace headwater::bench {

constexpr std::int64_t append_size = 1000;  ///< Events.

/// How much is measured.
struct StreamScale {
  explicit StreamScale(const Options& options);
  std::int64_t appends;
  std::int64_t backlog;  ///< Changes.
  int runs;
};

/// The events of one append, some 700 bytes each; other ids for another `number`.
[[nodiscard]] std::vector<Event> make_append(std::int64_t number = 0);

/// The same events again and again, by the relay's own writer.
Result<void> append_all(StreamAdapter& stream, std::span<const Event> events, std::int64_t appends);

/// MiB at the most of a relay that drains so many changes of a SQLite database. `name`: the
/// stream's in the configuration; `keys`: what stands under it, on one line.
Result<double> drain_memory(const Options& options, const std::string& name,
                            const std::string& keys, std::int64_t changes);

}  // namespace headwater::bench
