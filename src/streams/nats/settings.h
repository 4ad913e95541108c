// Whether a stream's settings allow the promise to be kept.
#pragma once

#include <nats/nats.h>

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

/// Fails with retry, `stream.unsafe_settings`, while the stream does not accept what a relay
/// publishes, because a server does not answer such messages.
Result<void> can_publish(const jsStreamInfo& info, const Options& options,
                         const Subjects& subjects);

}  // namespace headwater::nats
