// One relay's writer to a JetStream stream.
//
// An append is one message for each event, sent without waiting for each acknowledgement. Only some
// are acknowledged, the first and the last among them: the last is accepted only if all before it
// were. Each message names the last sequence of the stream and the message id there as it expects
// them, and the server compares both when it stores the message. Message ids are made from the
// events and the positions after them, so the messages form a chain: each is accepted only directly
// after its predecessor. Each carries the position after its own event; the last one carries that
// of the append. Why nothing is lost, repeated or out of order:
//
// - An append cut short by a crash, a broken connection or a full disk leaves its beginning, which
//   is a complete append itself: its last message says where the source continues, in whatever
//   order, at whatever time and under whatever ids the rest then comes.
// - A second relay that appends in between: by its sequence alone, a message of the first relay
//   might fit after one of the second, although its predecessor was refused. The message id
//   prevents that: it fits only if the second relay stored the same event at the same position of
//   the source there, and then it is the right one. If the whole rest fits, it is an ordinary
//   append, and the second relay stands by.
// - A late message, from a relay that hung or from an abandoned connection, fits nowhere, or it
//   continues the chain correctly.
// - On a replicated stream no id is expected. There each replica compares it with its own memory
//   when it stores the message, and a replica that was away does not know the last id: it would
//   silently leave out what the others acknowledge. The sequence must suffice, and does when
//   nothing follows a message that may be refused: each message is sent after its predecessor is
//   stored.
// - If the server can store several messages together or not at all, an append to a replicated
//   stream uses that (writer_together.cpp): only the first message names the sequence, and the
//   server compares it when it accepts them all, with nothing in between. A piece that comes late,
//   or that lost messages on the way or with a failed leader, is refused as a whole.
// - If the account's storage is limited, nothing may follow a message that may be refused, either.
//   nats-server 2.10.11 to 2.11.11 and 2.12.0 to 2.12.3 count a message of a stream with one
//   replica, and remember its id, before they refuse it for lack of space: the next message would
//   be accepted in its place. If that happens nevertheless, because somebody sets limits during an
//   append, that message does not follow the sequence that it expected. Then nothing is appended
//   any more until a person has said where the source continues.
// - Servers remember the id of the last message for as long as they detect repeats, and a server
//   that was started later does not know it. So the first message of an append expects an id only
//   if this writer read the end recently and has appended since. Otherwise it reads the end again,
//   and the sequence must suffice: to replace what is stored there, the server would have to return
//   to an older state between the two, which breaks the connection.
// - Somebody may change the number of replicas while a relay runs. The relay notices when it reads
//   the end, which it also does while it appends continuously. Until then it expects ids on a
//   replicated stream: docs/nats.md asks people to stop the relays first.
// - The server's repeat detection answers "duplicate" before it compares anything. That counts as
//   doubt, never as success. If the end is unchanged, the event is repeated on purpose (`headwater
//   position set`), or the server remembers a message that it has lost. Then it is published with
//   another message id. Otherwise something is wrong, and the relay stops.
// - A lost acknowledgement is a doubt. The stream's end shows what was stored.
// - If the stream lost its newest messages, its end is older, and the source is read from there.
// - Nobody else may write to the stream, not even another relay: its end is then not this relay's,
//   and the relay stops with stream.other_writer or stream.other_relay.
// - If retention removes even the last message, a copy of the tail in the key-value bucket is used,
//   as long as the stream's last sequence is the one that the copy names.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "src/base/clock.h"
#include "src/ports/stream.h"
#include "src/streams/nats/acks.h"
#include "src/streams/nats/connection.h"
#include "src/streams/nats/end.h"
#include "src/streams/nats/nats.h"
#include "src/streams/nats/subject.h"
#include "src/streams/nats/superseded.h"

namespace headwater::nats {

/// Connects when first needed, and again after each failure.
class Writer final : public StreamWriter {
 public:
  Writer(std::string relay, const Options& options, Subjects subjects, const Clock& clock);
  /// Stores the copy of the tail, if it has appended. May block as long as any call.
  ~Writer() override;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Connects now, and checks that the stream exists.
  Result<void> open();

  using StreamWriter::append;
  using StreamWriter::tail;
  /// Does not end before `most_patience`, whatever `stop` says: the library waits by itself.
  Result<Durable> tail(std::stop_token stop) override;
  /// `stop` ends the wait for an acknowledgement.
  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source,
                         std::stop_token stop) override;
  Result<Durable> set_position(const Tail& expected, std::span<const Event> events,
                               const Position& position, const std::string& source) override;
  [[nodiscard]] StreamLimits limits() const override { return {.event = largest_}; }
  Result<bool> maintain() override;
  Result<StreamRoom> room() override;

  /// Makes the relay start again after the present end.
  Result<void> forget();

 private:
  struct Append;
  struct Piece;
  /// The result of an attempt. `repeats`: the sequence of the message that the server considers the
  /// first one a repeat of. `began`: the first one was accepted. `alone`: messages refused together
  /// may be accepted one by one, or be refused for a clearer reason.
  struct Outcome;
  Result<void> reread();
  Result<void> take_end_without_tail();
  Result<void> keep_copy();
  [[nodiscard]] bool remove_superseded();
  Result<Durable> append_with(Mark mark, const Tail& expected, std::span<const Event> events,
                              std::stop_token stop);
  [[nodiscard]] Message message(Batch& batch, Append& append, const Piece* piece) const;
  [[nodiscard]] bool is_answered(const Batch& batch, const Append& append,
                                 const Piece* piece) const;
  Result<void> publish(Append append);
  [[nodiscard]] bool is_unchanged(const Append& append) const;
  Result<void> expect_unchanged(Append& append);
  Result<void> expect_whole(const Append& append) const;
  Result<void> explain_conflict(const Append& append, Error conflict);
  [[nodiscard]] bool one_by_one() const;
  Result<void> expect_wanted_again(const Append& append, std::uint64_t sequence);
  Result<void> attempt(Append& append, Outcome& outcome);
  Result<void> look_closer(Append& append, Outcome& outcome);
  [[nodiscard]] bool stores_together(const Append& append) const;
  Result<void> send(Batch& batch, Append& append, Outcome& outcome);
  Result<void> send_next(Batch& batch, Append& append, const Piece* piece);
  Result<void> settle(Batch& batch, const Append& append, Outcome& outcome);
  [[nodiscard]] Piece next_piece(const Batch& batch, const Append& append) const;
  [[nodiscard]] static std::optional<Member> member_of(const Batch& batch, const Piece* piece);
  Result<void> send_together(Batch& batch, Append& append, Outcome& outcome);
  Result<void> settle_together(Batch& batch, const Append& append, const Piece& piece,
                               Outcome& outcome);
  Error closed(Error error);

  std::string relay_;
  Options options_;
  Subjects subjects_;
  const Clock* clock_;
  std::unique_ptr<Connection> connection_;
  std::size_t largest_ = std::numeric_limits<std::size_t>::max();
  bool replicated_ = false;                ///< Whether the stream was, when its end was read.
  bool together_ = false;                  ///< Whether it stored several together then.
  std::size_t most_in_piece_;              ///< Lowered when the server refuses more.
  bool limited_ = false;                   ///< Whether the account was, before these appends.
  bool each_answered_ = false;             ///< After a failure, to learn which message failed.
  std::optional<End> end_;                 ///< As this writer knows it; unset after any doubt.
  SteadyTime read_at_;                     ///< When the end was read.
  std::optional<SteadyTime> appended_at_;  ///< Unset if the end was read since.
  Superseded superseded_;
  std::uint64_t kept_beside_ = 0;      ///< Last sequence of the copy.
  std::uint64_t set_by_a_person_ = 0;  ///< The last such sequence that it found.
};

}  // namespace headwater::nats
