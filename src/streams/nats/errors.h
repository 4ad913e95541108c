// What goes wrong with a NATS server, in the words of Error.
#pragma once

#include <nats/nats.h>

#include <cstdint>
#include <string>

#include "src/base/error.h"
#include "src/streams/shared/errors.h"

namespace headwater::nats {

/// JetStream's own numbers (server/errors.json) that mean something here.
enum Code : int {
  stream_not_found = 10059,
  no_answer = 10076,
  message_not_found = 10037,
  wrong_last_id = 10070,
  wrong_last_sequence = 10071,
  wrong_last_sequence_constant = 10164,
  too_many_together = 10199,
};

/// A call that failed while `doing`; `code` is JetStream's number, 0 for none.
[[nodiscard]] Error refused(const std::string& doing, natsStatus status, int code,
                            const std::string& words);
/// Not there, not answering, or the way is broken.
[[nodiscard]] Error unavailable(const std::string& why);
/// These numbers say that the stream's end is another than a message expects.
[[nodiscard]] constexpr bool is_conflict(int code) {
  return code == wrong_last_id || code == wrong_last_sequence ||
         code == wrong_last_sequence_constant;
}
/// The tail is another.
[[nodiscard]] Error conflict(const std::string& stream);
/// Message `sequence` was made to follow another one than the one before it: nats-server has left
/// one out, which it had refused. What comes behind it must not hide that.
[[nodiscard]] Error misplaced(const std::string& stream, std::uint64_t sequence);
/// The server refuses what follows its own last message, number `last`.
[[nodiscard]] Error miscounted(const std::string& stream, std::uint64_t last);
using streams::hopeless;

}  // namespace headwater::nats
