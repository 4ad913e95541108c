// Where a client starts to read.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/consumer/beginning.h"
#include "src/gateway/feed.h"
#include "src/ports/stream.h"
#include "src/serve/request.h"

namespace headwater::gateway {

struct Start {
  using At = consumer::Beginning::At;

  consumer::Beginning first;
  /// If not empty: behind the events that this consumer has acknowledged.
  std::string consumer;

  [[nodiscard]] Bound bound() const {
    return {.to_stream = consumer.empty() && first.at == At::sequence};
  }
};

/// "earliest", "latest", a sequence or a time. Fails with `serve.bad_request`.
Result<Start> start_from(const std::string& words);
/// By the parameters `from` and `consumer`, of which there may be one; `usual` without both.
Result<Start> start_from(const serve::Parameters& parameters, Start::At usual);

/// The first sequence to read; 0: the earliest, whatever it is. Fails with `stream.aged_out`, and
/// as StreamReader does.
Result<std::uint64_t> resolve(StreamReader& reader, const Start& start, const std::string& relay,
                              const std::stop_token& stop);

/// As StreamReader::read(). Fails with `stream.aged_out` if retention has removed the first events.
Result<std::vector<StoredEvent>> read_from(StreamReader& reader, const std::string& relay,
                                           std::uint64_t from, const ReadLimits& limits,
                                           Milliseconds wait, const std::stop_token& stop);

}  // namespace headwater::gateway
