// Where a stream ends, as its leader has it now.
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
  Fence fence;  ///< What the next message has to expect.
  Tail tail;
  bool replicated = false;  ///< The stream, on more than one server.
  bool together = false;    ///< And takes several messages together or not at all.
  /// The last message was made to follow another one than the one before it: one is missing.
  bool misplaced = false;
  bool operator==(const End&) const = default;
};

/// Reads it, never from a cache. Fails with stream.other_writer, stream.other_relay or
/// stream.tail_lost where the end is not this relay's.
Result<End> read_end(const Connection& connection, const std::string& stream,
                     const Subjects& subjects, const std::string& relay);

/// Whether the stream holds the message `id` at this sequence.
Result<bool> holds(const Connection& connection, const std::string& stream, std::uint64_t sequence,
                   const std::string& id);
/// The last place behind `sequence` where a person has set the position; 0 if there is none. `last`
/// is the sequence of the stream's last message.
Result<std::uint64_t> set_by_a_person(const Connection& connection, const std::string& stream,
                                      std::uint64_t sequence, std::uint64_t last);

/// The copy of an end that is kept beside the stream.
struct EndCopy {
  std::string relay;
  End end;
};

/// nullopt: `text` is not such a copy, or is of another end than the one at sequence `last` in this
/// life of the stream.
[[nodiscard]] std::optional<EndCopy> copy_from(std::string_view text, std::uint64_t last,
                                               std::string_view life);

/// Keeps a copy of the end beside the stream, for when retention takes the last message away. It
/// counts only while the stream is the one it names, and its last sequence, too. False if another
/// relay has appended, whose copy this would replace.
Result<bool> keep_beside(const Connection& connection, const std::string& stream,
                         const std::string& relay, const End& end);

}  // namespace headwater::nats
