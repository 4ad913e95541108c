// Failures of a NATS server as errors.
#pragma once

#include <nats/nats.h>

#include <cstdint>
#include <string>

#include "src/base/error.h"
#include "src/streams/shared/errors.h"

namespace headwater::nats {

/// The JetStream error codes (server/errors.json) that matter here.
enum Code : int {
  stream_not_found = 10059,
  no_answer = 10076,
  message_not_found = 10037,
  wrong_last_id = 10070,
  wrong_last_sequence = 10071,
  wrong_last_sequence_constant = 10164,
  too_many_together = 10199,
};

/// A failed call; `doing` says which. `code` is JetStream's error code, or 0.
[[nodiscard]] Error refused(const std::string& doing, natsStatus status, int code,
                            const std::string& words);
/// The server is down or does not answer, or the connection is broken.
[[nodiscard]] Error unavailable(const std::string& why);
/// Whether the code means that the stream's end is not the one that the message expected.
[[nodiscard]] constexpr bool is_conflict(int code) {
  return code == wrong_last_id || code == wrong_last_sequence ||
         code == wrong_last_sequence_constant;
}
/// The tail is not the expected one.
[[nodiscard]] Error conflict(const std::string& stream);
/// Message `sequence` was made to follow another message than the one before it: nats-server
/// refused one and accepted the next. No later append may hide that.
[[nodiscard]] Error misplaced(const std::string& stream, std::uint64_t sequence);
/// The server refuses a message that follows its own last one, `last`.
[[nodiscard]] Error miscounted(const std::string& stream, std::uint64_t last);
using streams::hopeless;

}  // namespace headwater::nats
