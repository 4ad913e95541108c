// Whether a stream's settings allow the promise to be kept.
#pragma once

#include <nats/nats.h>

#include <cstdint>
#include <optional>

#include "src/ports/report.h"
#include "src/streams/nats/nats.h"
#include "src/streams/nats/subject.h"

namespace headwater::nats {

/// Problems first, then what the promise depends on.
[[nodiscard]] Report judge(const jsStreamInfo& info, const Options& options,
                           const Subjects& subjects);

/// Whether the account's storage is limited.
[[nodiscard]] bool is_limited(const jsAccountInfo& account);
/// What the limits mean for appends; empty without limits.
[[nodiscard]] Report describe_limits(const jsAccountInfo& account);

/// What the account may still store for this stream; nothing: it has no limit, or counts the replicas
/// of a stream in its own way.
[[nodiscard]] std::optional<std::uint64_t> bytes_left(const jsAccountInfo& account,
                                                      const jsStreamConfig& config);

/// Fails with retry, `stream.unsafe_settings`, while the stream does not accept what a relay
/// publishes, because a server does not answer such messages.
Result<void> can_publish(const jsStreamInfo& info, const Options& options,
                         const Subjects& subjects);

}  // namespace headwater::nats
