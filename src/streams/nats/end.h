// Where a stream ends, as its leader has it now.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "src/ports/durable.h"
#include "src/streams/nats/connection.h"
#include "src/streams/nats/message.h"
#include "src/streams/nats/nats.h"
#include "src/streams/nats/subject.h"

namespace headwater::nats {

struct End {
  Fence fence;  ///< What the next message has to expect.
  Tail tail;
  /// name_of() the events behind the tail's position, which an append that was not finished
  /// has left (some of them may be before it): they come again from the source, and are in the
  /// stream already.
  std::set<std::string> begun;
  std::uint64_t since = 0;  ///< The first of them; 0 for none.
};

/// Reads it, never from a cache. Fails with stream.other_writer, stream.other_relay or
/// stream.tail_lost where the end is not this relay's.
Result<End> read_end(const Connection& connection, const std::string& stream,
                     const Subjects& subjects, const std::string& relay);

/// Keeps a copy of the end beside the stream, for when retention takes the last message away. It
/// counts only while the stream's last sequence is the one it names.
Result<void> keep_beside(const Connection& connection, const std::string& stream,
                         const std::string& relay, const End& end);

}  // namespace headwater::nats
