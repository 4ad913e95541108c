// An event, and what stands with it of the relay's tail, as a NATS message and back
// (docs/formats/nats-stream.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "src/event/event.h"
#include "src/event/position.h"
#include "src/streams/nats/handles.h"

namespace headwater::nats {

/// What a message says of the relay's tail.
struct Mark {
  std::string relay;
  Position position;
  std::string source;  ///< Identity of the source the position is of.
  /// Of a message that is no event: the last one that is. 0 while there is none.
  std::uint64_t last_event = 0;
  bool forgotten = false;    ///< The relay begins anew here.
  bool by_a_person = false;  ///< The position: what follows may stand before it already.
};

/// What has to be the stream's end for a message to be taken.
struct Fence {
  std::uint64_t sequence = 0;
  std::string id{};  ///< message_id() of the message there; empty: not compared.
  bool operator==(const Fence&) const = default;
};

/// What the server compares to tell repeats, and the next message its place: the event's id (its
/// hash if it is very long) and a hash of the position behind the event. The event alone does not
/// say what stands before it: two relays may come to it by different ways, such as with and without
/// a change in the middle of a snapshot. Encoded, as it stands in the headers of two messages.
[[nodiscard]] std::string message_id(const Event& event);
/// Another id, for an event that comes again on purpose behind `sequence`.
[[nodiscard]] std::string message_id_again(const std::string& id, std::uint64_t sequence);

/// Of a message that is stored together with others, or none of them.
struct Member {
  std::string of;          ///< The same for all; at most 64 bytes.
  std::size_t number = 1;  ///< Only the first of them is compared with the stream's end.
  bool last = false;
};

/// The library keeps a table for each message, with three allocations for a header: more work than
/// all else that a message takes. But a header's name is written as it is given, so the lines
/// before the last name can be part of it. Nothing promises that of library versions that nobody
/// has looked at.
[[nodiscard]] bool writes_names_as_given();

/// Where a message goes, where its acknowledgement does, and its message id.
struct Envelope {
  std::string subject;
  std::string reply;  ///< Empty: it is not acknowledged.
  std::string id;
  std::optional<Member> member{};
  bool each_header_by_itself = !writes_names_as_given();
};

/// Null if there is no memory.
[[nodiscard]] Message event_message(const Envelope& envelope, const Event& event, const Mark& mark,
                                    const Fence& fence);
[[nodiscard]] Message position_message(const Envelope& envelope, const Mark& mark,
                                       const Fence& fence);

/// Nothing for a message that no relay wrote.
[[nodiscard]] std::optional<Mark> mark_of(natsMsg* message);
/// Nothing for a message that is no event.
[[nodiscard]] std::optional<StoredEvent> event_of(natsMsg* message);
/// As message_id() made it.
[[nodiscard]] std::string id_of(natsMsg* message);
/// Which sequence it was made to follow; nothing if it does not say.
[[nodiscard]] std::optional<std::uint64_t> follows(natsMsg* message);
/// Where it stands in its stream, whether it was asked for or delivered.
[[nodiscard]] std::uint64_t sequence_of(natsMsg* message);

}  // namespace headwater::nats
