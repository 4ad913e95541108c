// Messages that JetStream stores together or not at all: its atomic batches (ADR-50 of
// nats-io/nats-architecture-and-design).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/streams/nats/connection.h"
#include "src/streams/nats/nats.h"
#include "src/streams/nats/subject.h"

namespace headwater::nats {

/// Limits of one atomic batch: messages, and as many bytes as a slow connection carries in the time
/// that an answer may take.
constexpr std::size_t most_together = 1'000;
constexpr std::size_t most_bytes_together = std::size_t{1} << 20U;

/// Whether a stream stores several messages together.
enum class Together {
  yes,
  not_allowed,  ///< allow_atomic is not set.
  not_here,     ///< The leader's server does not support it, or has known faults in it.
};

/// What an answer to STREAM.INFO says.
[[nodiscard]] Together together_in(std::string_view info);
/// Asks the stream's leader.
Result<Together> together(const Connection& connection, const std::string& stream);
/// For a stream with several replicas; with one, nothing depends on it.
[[nodiscard]] Finding describe(Together together, const std::string& stream);

/// Creates the stream. With several replicas it allows atomic batches, if the server supports them.
Result<void> create_stream(const Connection& connection, const Options& options,
                           const Subjects& subjects);

}  // namespace headwater::nats
