// An event and the part of the relay's tail that goes with it, as a NATS message and back
// (docs/formats/nats-stream.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "src/event/event.h"
#include "src/event/known_names.h"
#include "src/event/position.h"
#include "src/streams/nats/handles.h"

namespace headwater::nats {

/// What a message says about the relay's tail.
struct Mark {
  std::string relay;
  Position position;
  std::string source;  ///< Identity of the position's source.
  /// In a message that is not an event: the sequence of the last event. 0 if there is none.
  std::uint64_t last_event = 0;
  bool forgotten = false;    ///< The relay starts again here.
  bool by_a_person = false;  ///< A person set the position: the events that follow may be repeats.
};

/// The stream's end that a message expects. The server refuses the message at any other end.
struct Fence {
  std::uint64_t sequence = 0;
  std::string id{};  ///< message_id() of the last message; empty: not compared.
  bool operator==(const Fence&) const = default;
};

/// By this id the server detects repeats, and the next message names its predecessor: the event's
/// id (its hash if it is very long) and a hash of the position after the event. The event alone
/// does not determine what comes before it: two relays may reach it on different paths, for example
/// with and without a change in the middle of a snapshot. Encoded as in the headers of both
/// messages.
[[nodiscard]] std::string message_id(const Event& event);
/// Another id, for an event that is repeated on purpose after `sequence`.
[[nodiscard]] std::string message_id_again(const std::string& id, std::uint64_t sequence);

/// A message's membership in an atomic batch.
struct Member {
  std::string of;          ///< The batch's id; at most 64 bytes.
  std::size_t number = 1;  ///< The server compares only the first with the stream's end.
  bool last = false;
};

/// The library keeps a hash table for each message, with three allocations for each header: more
/// work than everything else about a message. But it writes a header's name unchanged, so one name
/// can contain all lines before the last header. Only library versions that were checked count.
[[nodiscard]] bool writes_names_as_given();

/// The subject of a message, that of its acknowledgement, and its message id.
struct Envelope {
  std::string subject;
  std::string reply;  ///< Empty: the message is not acknowledged.
  std::string id;
  std::optional<Member> member{};
  bool each_header_by_itself = !writes_names_as_given();
};

/// Null if memory is exhausted.
[[nodiscard]] Message event_message(const Envelope& envelope, const Event& event, const Mark& mark,
                                    const Fence& fence);
[[nodiscard]] Message position_message(const Envelope& envelope, const Mark& mark,
                                       const Fence& fence);

/// nullopt for a message that no relay wrote.
[[nodiscard]] std::optional<Mark> mark_of(natsMsg* message);
/// Sets each field of `event`; returns false for a message that is not an event.
[[nodiscard]] bool read_event(natsMsg* message, KnownNames& known, StoredEvent& event);
[[nodiscard]] bool is_event(natsMsg* message);
/// The id that message_id() made.
[[nodiscard]] std::string id_of(natsMsg* message);
/// The sequence that it was made to follow; nullopt if it does not say.
[[nodiscard]] std::optional<std::uint64_t> follows(natsMsg* message);
/// Its sequence in the stream, for a message that was fetched and for one that was delivered.
[[nodiscard]] std::uint64_t sequence_of(natsMsg* message);

/// The numbers of a message that a consumer of the server's delivers.
struct Delivered {
  std::uint64_t sequence = 0;  ///< In the stream.
  std::uint64_t place = 0;     ///< Among those delivered; the first has 1.
};
/// Reads them from the subject for its acknowledgement, natsMsg_GetReply(); nullopt if that is none,
/// or null.
[[nodiscard]] std::optional<Delivered> delivered(const char* acknowledged_at);

}  // namespace headwater::nats
