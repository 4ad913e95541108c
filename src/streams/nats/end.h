// The end of a stream, as its leader knows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/clock.h"
#include "src/ports/durable.h"
#include "src/streams/nats/connection.h"
#include "src/streams/nats/message.h"
#include "src/streams/nats/nats.h"
#include "src/streams/nats/subject.h"

namespace headwater::nats {

struct End {
  Fence fence;  ///< What the next message must expect.
  Tail tail;
  bool replicated = false;  ///< The stream has more than one replica.
  bool together = false;    ///< It also stores several messages together or not at all.
  /// The last message does not follow the one that it was made to follow: one is missing.
  bool misplaced = false;
  bool operator==(const End&) const = default;
};

/// Reads the end, never from a cache. If it is not this relay's, fails with stream.other_writer,
/// stream.other_relay or stream.tail_lost.
Result<End> read_end(const Connection& connection, const std::string& stream,
                     const Subjects& subjects, const std::string& relay);

/// Whether the stream holds the message `id` at this sequence.
Result<bool> holds(const Connection& connection, const std::string& stream, std::uint64_t sequence,
                   const std::string& id);
/// The last sequence after `sequence` at which a person set the position; 0 if there is none.
/// `last` is the sequence of the stream's last message.
Result<std::uint64_t> set_by_a_person(const Connection& connection, const std::string& stream,
                                      std::uint64_t sequence, std::uint64_t last);

/// The copy of an end, stored in the key-value bucket of the stream.
struct EndCopy {
  std::string relay;
  End end;
};

/// nullopt if `text` is not such a copy, or is a copy of another end than the one at sequence
/// `last` in this life of the stream.
[[nodiscard]] std::optional<EndCopy> copy_from(std::string_view text, std::uint64_t last,
                                               std::string_view life);

/// Stores a copy of the end in the stream's key-value bucket, in case retention removes the last
/// message. The copy is valid only for the stream and the last sequence that it names. Returns
/// false if another relay has appended, because this would replace its copy.
Result<bool> keep_beside(const Connection& connection, const std::string& stream,
                         const std::string& relay, const End& end);

}  // namespace headwater::nats
