// Where a client starts to read.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/gateway/feed.h"
#include "src/ports/stream.h"
#include "src/serve/request.h"

namespace headwater::gateway {

struct Start {
  enum class Kind { earliest, latest, sequence, time, consumer };
  Kind kind = Kind::earliest;
  std::uint64_t sequence = 0;
  WallTime time{};
  std::string consumer;

  [[nodiscard]] Bound bound() const { return {.to_stream = kind == Kind::sequence}; }
};

/// "earliest", "latest", a sequence or a time. Fails with `serve.bad_request`.
Result<Start> start_from(const std::string& words);
/// By the parameters `from` and `consumer`, of which there may be one; `usual` without both.
Result<Start> start_from(const serve::Parameters& parameters, Start::Kind usual);

/// At most 200 bytes, as everywhere.
[[nodiscard]] bool is_consumer_name(const std::string& name);

/// The first sequence to read; 0: the earliest, whatever it is. Fails with `stream.aged_out`, and
/// as StreamReader does.
Result<std::uint64_t> resolve(StreamReader& reader, const Start& start, const std::string& relay,
                              const std::stop_token& stop);

/// As StreamReader::read(). Fails with `stream.aged_out` if retention has removed the first events.
Result<std::vector<StoredEvent>> read_from(StreamReader& reader, const std::string& relay,
                                           std::uint64_t from, const ReadLimits& limits,
                                           Milliseconds wait, const std::stop_token& stop);

}  // namespace headwater::gateway
