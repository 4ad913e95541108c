// Read your own writes across the stream: waits until a write is in it, or a consumer has passed it.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/ports/adapter.h"

namespace headwater::consumer {

struct Wanted {
  std::string relay;
  std::string write;  ///< What the writer knows of it (SourceAdapter::includes()).
  std::string
      consumer;  ///< Who is to have passed it; empty: the write only has to be in the stream.
};

/// Returns the sequence of an event at or after the write: whoever has read up to it has read the
/// write. Blocks until then. Fails with retry, `wait.not_yet`, after `patience` (the write may come
/// later) or a stop, with stop for words that the source does not understand, or as the stream does.
Result<std::uint64_t> wait_until_passed(SourceAdapter& source, StreamAdapter& stream,
                                        const Wanted& wanted, Milliseconds patience,
                                        const Clock& clock, const std::stop_token& stop);

}  // namespace headwater::consumer
