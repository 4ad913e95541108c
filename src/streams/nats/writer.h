// One relay's way into a JetStream stream.
//
// An append is a message for each event, sent ahead of the acknowledgements. Only some are
// answered, the first and the last among them: the last is taken only if all before it were. Every
// message names the stream's last sequence and the message id there as it expects them, and the
// server compares both when it stores it. Message ids are made from the events and the positions
// behind them, so the messages are a chain: each is taken only right behind the very one before it.
// Each carries the position behind its own event; the last one, that of the append. Why nothing is
// lost, repeated or out of order:
//
// - An append cut short by a crash, a broken connection, or a full disk leaves its beginning, and
//   that is a whole append: the last message says where the source goes on, in whatever order, at
//   whatever time and under whatever ids it brings the rest.
// - A second relay that appends in between: with the sequence alone, a message of the first could
//   by chance fit behind one of the second, although the one before it was refused. The message id
//   excludes it: it fits only if what the second wrote there is the same event at the same position
//   of the source, and then it is the right one. If the whole rest fits, it is an append like any
//   other, and the second relay stands by.
// - A late message, of a relay that hung or of a connection given up, fits nowhere, or continues
//   the chain as it should.
// - On a replicated stream no id is expected, because there each replica compares it with its own
//   memory when it stores a message, and one that was away does not know the last id: it would
//   leave out, without a word, what the others acknowledge. The sequence has to do, and does if
//   nothing is on its way behind a message that may be refused: each message is sent when the one
//   before it is there.
// - Where the server can store several messages together or not at all, a replicated stream gets an
//   append so (writer_together.cpp): only the first message names the sequence, and the server
//   compares it when it takes them all, with nothing in between. A piece that comes late, or that
//   lost some of its messages on the way or with the server that led, is refused whole.
// - Where the account may store only so much, nothing is on its way behind a message that may be
//   refused, either. nats-server 2.10.11 to 2.11.11 and 2.12.0 to 2.12.3 count a message of a
//   stream of one replica, and remember its id, before they refuse it for want of room: the one
//   behind it would be taken, in its place. If that happens all the same, as when somebody sets
//   limits while a relay appends, the message does not stand behind the sequence that it expected.
//   Then nothing is appended any more before a person has said where the source goes on.
// - Servers remember the id of the last message for as long as they detect repeats, and one that
//   starts later does not know it. So the first message of an append expects an id only while this
//   writer has read the end a short time ago, and appended since; else the end is read again, and
//   the sequence has to do: to replace what stands under it, the server would have to go back to an
//   older state between the two, which breaks the connection.
// - Somebody may change the stream's replicas while a relay runs. It looks whenever it reads the
//   end, so also while it appends all the time. Until then it expects ids on a replicated stream:
//   docs/nats.md tells people to stop the relays first.
// - The server's own repeat detection answers "duplicate" before it compares anything. That is
//   taken for doubt, never for success. If the end is still as it was, the event comes again:
//   because somebody wants it so (`headwater position set`), or because the server remembers a
//   message that it has lost. Then it is published under another message id. Else something is
//   wrong, and the relay stops.
// - Lost acknowledgements: doubt. The stream's end tells what is there.
// - A stream that lost its newest messages: the end is older, and the source is read from there.
// - Nobody else may write to the stream, or another relay: the end is then not this relay's, which
//   stops with stream.other_writer or stream.other_relay.
// - Retention that takes even the last message: a copy of the tail beside the stream counts while
//   the stream's last sequence is the one it names.
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

/// Connects when it is first needed, and anew after every failure.
class Writer final : public StreamWriter {
 public:
  Writer(std::string relay, const Options& options, Subjects subjects, const Clock& clock);
  /// Makes the copy of the tail, if it has appended. May block for as long as any call.
  ~Writer() override;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Connects now, and looks whether the stream is there.
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

  /// The relay begins anew behind what is there.
  Result<void> forget();

 private:
  struct Append;
  struct Piece;
  /// What the answers to an attempt said. `repeats`: which message the server takes the first one
  /// for a repetition of, if it does. `began`: the first one was taken. `alone`: what was refused
  /// together may be taken one by one, or be refused for a better reason.
  struct Said;
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
  Result<void> attempt(Append& append, Said& said);
  Result<void> look_closer(Append& append, Said& said);
  [[nodiscard]] bool stores_together(const Append& append) const;
  Result<void> send(Batch& batch, Append& append, Said& said);
  Result<void> send_next(Batch& batch, Append& append, const Piece* piece);
  Result<void> settle(Batch& batch, const Append& append, Said& said);
  [[nodiscard]] Piece next_piece(const Batch& batch, const Append& append) const;
  [[nodiscard]] static std::optional<Member> member_of(const Batch& batch, const Piece* piece);
  Result<void> send_together(Batch& batch, Append& append, Said& said);
  Result<void> settle_together(Batch& batch, const Append& append, const Piece& piece, Said& said);
  Error closed(Error error);

  std::string relay_;
  Options options_;
  Subjects subjects_;
  const Clock* clock_;
  std::unique_ptr<Connection> connection_;
  std::size_t largest_ = std::numeric_limits<std::size_t>::max();
  bool replicated_ = false;     ///< The stream, when its end was read.
  bool together_ = false;       ///< It takes several messages together, when its end was read.
  std::size_t most_in_piece_;   ///< As far as the server has not refused more.
  bool limited_ = false;        ///< The account's room, when the first of these appends began.
  bool each_answered_ = false;  ///< After trouble, to learn which message it is with.
  std::optional<End> end_;      ///< As far as this writer knows; nothing after any doubt.
  SteadyTime read_at_;          ///< The end.
  std::optional<SteadyTime> appended_at_;  ///< Nothing if the end was read since.
  Superseded superseded_;
  std::uint64_t kept_beside_ = 0;      ///< Last sequence of the copy.
  std::uint64_t set_by_a_person_ = 0;  ///< The last such place that it has looked for and found.
};

}  // namespace headwater::nats
