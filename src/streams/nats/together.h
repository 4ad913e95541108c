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

/// What a server takes together: so many messages, and no more bytes than a slow way brings in the
/// time that an answer is waited for.
constexpr std::size_t most_together = 1'000;
constexpr std::size_t most_bytes_together = std::size_t{1} << 20U;

/// Whether a stream takes several messages together.
enum class Together {
  yes,
  not_allowed,  ///< Nobody has set allow_atomic.
  not_here,     ///< The stream's leader is a server that cannot do it, or not well.
};

/// What an answer to STREAM.INFO says.
[[nodiscard]] Together together_in(std::string_view info);
/// Asks the stream's leader.
Result<Together> together(const Connection& connection, const std::string& stream);
/// For a stream of several replicas, where it makes a difference.
[[nodiscard]] Finding describe(Together together, const std::string& stream);

/// Makes the stream; one of several replicas takes messages together where the server can.
Result<void> create_stream(const Connection& connection, const Options& options,
                           const Subjects& subjects);

}  // namespace headwater::nats
