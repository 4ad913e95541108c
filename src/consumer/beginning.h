// Where in a stream to begin reading.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/ports/stream.h"

namespace headwater::consumer {

struct Beginning {
  enum class At {
    earliest,  ///< The first event that is left.
    latest,    ///< Behind the last event.
    sequence,  ///< The first event with `sequence` or a later one.
    time,      ///< The first event committed at `time` or later.
  };
  At at = At::earliest;
  std::uint64_t sequence = 0;
  WallTime time{};
};

/// "earliest", "latest", a sequence, or a time such as 2026-11-23T08:15:30Z; nothing for other
/// words.
[[nodiscard]] std::optional<Beginning> beginning_in(const std::string& words);

/// Returns the sequence from which to read. Blocks for some reads. A time is found by bisection:
/// commit times rise with sequences in the events of one relay, and nearly so in a stream that
/// several relays share.
Result<std::uint64_t> first_sequence(StreamReader& reader, const Beginning& beginning,
                                     const std::stop_token& stop);

}  // namespace headwater::consumer
