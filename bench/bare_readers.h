// Reads each stream with its own client in a loop, as somebody would who needs the ids and the data
// and nothing else: the baselines of consumers_reading.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "src/base/error.h"

namespace headwater::bench {

// Each reads `count` events from the first on, adds up the sizes of their ids and data, and fails if
// there are fewer.

/// Steps through the view `event` of an embedded stream's file (docs/formats/embedded-stream.md).
Result<void> read_by_select(const std::string& path, std::int64_t count);
/// XRANGE in steps of 1,000 entries.
Result<void> read_by_xrange(int port, std::int64_t count);
/// cnats with an ordered consumer.
Result<void> read_by_cnats(const std::string& url, std::int64_t count);
/// A consumer of librdkafka's that reads committed records of partition 0.
Result<void> read_by_librdkafka(const std::string& brokers, const std::string& topic,
                                std::int64_t count);

}  // namespace headwater::bench
