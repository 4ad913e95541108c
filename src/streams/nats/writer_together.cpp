// An append to a stream of several replicas, where the server can store messages together or not at
// all. What stands in their headers: docs/formats/nats-stream.md.
#include <algorithm>
#include <utility>

#include "src/streams/nats/errors.h"
#include "src/streams/nats/together.h"
#include "src/streams/nats/writer_append.h"

namespace headwater::nats {

Writer::Piece Writer::next_piece(const Batch& batch, const Append& append) const {
  Piece piece{.first = batch.sent(), .end = batch.sent() + 1};
  std::size_t bytes = bytes_of(append.events[piece.first]);
  while (piece.end < append.events.size() && piece.end - piece.first < most_in_piece_) {
    bytes += bytes_of(append.events[piece.end]);
    if (bytes > most_bytes_together) break;
    ++piece.end;
  }
  return piece;
}

/// One that is alone is stored as any message is.
std::optional<Member> Writer::member_of(const Batch& batch, const Piece* piece) {
  if (piece == nullptr || piece->end - piece->first < 2) return std::nullopt;
  return Member{.of = batch.name() + "." + std::to_string(piece->first),
                .number = batch.sent() - piece->first + 1,
                .last = batch.sent() + 1 == piece->end};
}

/// Piece by piece, each when the one before it is there.
Result<void> Writer::send_together(Batch& batch, Append& append, Outcome& outcome) {
  while (batch.sent() < append.events.size()) {
    const Piece piece = next_piece(batch, append);
    while (batch.sent() < piece.end) {
      if (auto sent = send_next(batch, append, &piece); !sent) return sent;
      // A server that knows nothing of this would store the first message by itself, which is well,
      // and the rest without comparing anything. So the rest waits for the word that it does.
      const bool to_wait = batch.sent() == piece.first + 1 || batch.sent() == piece.end;
      if (!to_wait) continue;
      if (auto settled = settle_together(batch, append, piece, outcome); !settled) return settled;
    }
    outcome.began = true;
  }
  return {};
}

Result<void> Writer::settle_together(Batch& batch, const Append& append, const Piece& piece,
                                     Outcome& outcome) {
  std::optional<Error> trouble;
  while (batch.waits()) {
    auto answer = batch.next();
    if (!answer) {
      each_answered_ = true;  // The relay then continues, even if atomic batches do not work.
      return fail(closed(std::move(answer.error())));
    }
    const Ack& ack = answer->ack;
    const bool last = answer->at + 1 == piece.end;
    const bool in_place =
        ack.code == 0 && !ack.duplicate && ack.sequence == append.fence.sequence + piece.end;
    if (trouble || (last ? in_place : answer->empty)) continue;
    if (is_conflict(ack.code)) {
      trouble = conflict(options_.stream);
      continue;
    }
    if (ack.code == too_many_together)
      most_in_piece_ = std::max<std::size_t>(1, most_in_piece_ / 2);
    outcome.alone = true;
    trouble = ack.code == 0
                  ? unavailable("what was to be stored together was not")
                  : refused("publishing to " + options_.stream, NATS_ERR, ack.code, ack.words);
  }
  if (trouble) return fail(*std::move(trouble));
  return {};
}

}  // namespace headwater::nats
