// Whether a stream, as somebody has set it up, keeps the promise.
#pragma once

#include <nats/nats.h>

#include "src/ports/report.h"
#include "src/streams/nats/nats.h"
#include "src/streams/nats/subject.h"

namespace headwater::nats {

/// Problems first; then what the promise rests on.
[[nodiscard]] Report judge(const jsStreamInfo& info, const Options& options,
                           const Subjects& subjects);

/// Whether there is an end to what the account may store.
[[nodiscard]] bool is_limited(const jsAccountInfo& account);
/// What that means for appends; nothing if it is not.
[[nodiscard]] Report describe_limits(const jsAccountInfo& account);

/// Fails with retry, `stream.unsafe_settings`, while the stream does not take what a relay
/// publishes: nobody answers that.
Result<void> can_publish(const jsStreamInfo& info, const Options& options,
                         const Subjects& subjects);

}  // namespace headwater::nats
