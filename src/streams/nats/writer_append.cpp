// One append: its messages, sent ahead of the acknowledgements, and what the answers say. Several
// messages that are stored together: writer_together.cpp.
#include "src/streams/nats/writer_append.h"

#include <algorithm>
#include <utility>

#include "src/event/short_key.h"
#include "src/streams/nats/errors.h"

namespace headwater::nats {
namespace {

// One in so many messages is acknowledged.
constexpr std::size_t messages_for_answer = 64;

Error no_memory() { return unavailable("a message could not be made"); }

}  // namespace

Result<void> Writer::attempt(Append& append, Outcome& outcome) {
  outcome = {};
  end_.reset();
  append.behind_event = {.relay = relay_, .position = {}, .source = append.mark.source};
  auto batch = Batch::begin(*connection_, append.stop);
  if (!batch) return fail(closed(std::move(batch.error())));
  const bool together = stores_together(append);
  auto sent = together ? send_together(*batch, append, outcome) : send(*batch, append, outcome);
  if (!sent && outcome.alone && connection_) return look_closer(append, outcome);
  if (!sent) return sent;
  if (auto settled = settle(*batch, append, outcome); !settled) {
    const bool doubt = outcome.began && !each_answered_ && connection_;
    return doubt ? look_closer(append, outcome) : settled;
  }
  each_answered_ = false;
  End end;
  end.fence = {.sequence = append.fence.sequence + batch->sent(),
               .id = append.events.empty() ? batch->name() : append.ids.back()};
  end.tail = {.sequence = append.events.empty() ? append.before.sequence : end.fence.sequence,
              .position = append.mark.position,
              .source = append.mark.source};
  end_ = std::move(end);
  appended_at_ = clock_->steady();
  const bool by_relay = !append.mark.by_a_person && !append.mark.forgotten;
  superseded_.appended(end_->fence.sequence, append.events.empty() && by_relay);
  return {};
}

/// The answer may belong to a message that follows one which was refused without an answer, or to
/// all messages of an atomic batch. Continues after what was stored, with an answer to each
/// message.
Result<void> Writer::look_closer(Append& append, Outcome& outcome) {
  each_answered_ = true;
  if (auto read = reread(); !read) return read;
  if (auto whole = expect_whole(append); !whole) return whole;
  // After the last message there may be sequences of some that the server could not store.
  const bool none = end_->tail == append.before;
  const std::uint64_t last = none ? append.fence.sequence : end_->tail.sequence;
  if (last < append.fence.sequence || last > append.fence.sequence + append.events.size()) {
    return fail(conflict(options_.stream));
  }
  const std::size_t taken = last - append.fence.sequence;
  auto ours =
      none ? Result<bool>(true)
           : holds(*connection_, options_.stream, last, taken == 0 ? "" : append.ids[taken - 1]);
  if (!ours) return fail(closed(std::move(ours.error())));
  if (!*ours) return fail(conflict(options_.stream));
  if (taken == append.events.size())
    return fail(unavailable("an append was in doubt, and is there"));
  append.events = append.events.subspan(taken);
  append.ids.erase(append.ids.begin(), append.ids.begin() + static_cast<std::ptrdiff_t>(taken));
  append.fence = {.sequence = end_->fence.sequence};
  append.before = end_->tail;
  return attempt(append, outcome);
}

/// Whether each message is waited for before the next is sent.
bool Writer::one_by_one() const { return replicated_ || limited_; }

/// Only on a replicated stream: with one replica, a batch costs the relay a fifth and the server a
/// third more than single messages. Not for an account with limits: a server checks for space when
/// it stores the first messages, and may not have enough for all.
bool Writer::stores_together(const Append& append) const {
  return together_ && !limited_ && !each_answered_ && append.events.size() > 1;
}

/// Whether the next message is acknowledged. The first is, too: if it is refused, nothing of the
/// append is stored, and another relay may have appended.
bool Writer::is_answered(const Batch& batch, const Append& append, const Piece* piece) const {
  const std::size_t at = batch.sent();
  const bool enough = batch.unanswered_bytes() + bytes_of(append.events[at]) >= bytes_for_answer;
  if (piece != nullptr) return at == piece->first || at + 1 == piece->end || enough;
  if (one_by_one() || each_answered_ || at == 0) return true;
  if (at + 1 == append.events.size() || (at + 1) % messages_for_answer == 0) return true;
  return enough;
}

Message Writer::message(Batch& batch, Append& append, const Piece* piece) const {
  const std::size_t at = batch.sent();
  Fence fence{.sequence = append.fence.sequence + at,
              .id = at == 0 ? append.fence.id : append.ids[at - 1]};
  if (replicated_) fence.id.clear();
  if (append.events.empty()) {
    return position_message(
        {.subject = subjects_.positions(), .reply = batch.ask(), .id = batch.name()}, append.mark,
        fence);
  }
  const std::size_t count = append.events.size();
  const Event& event = append.events[at];
  const Envelope envelope{.subject = subjects_.of(event),
                          .reply = is_answered(batch, append, piece) ? batch.ask() : std::string(),
                          .id = append.ids[at],
                          .member = member_of(batch, piece)};
  if (at + 1 == count) return event_message(envelope, event, append.mark, fence);
  append.behind_event.position = event.position;
  return event_message(envelope, event, append.behind_event, fence);
}

/// Does not wait for answers, unless each message must be stored before the next one is sent: on a
/// replicated stream, where only the sequence says what a message follows, and if the account may
/// run out of space.
Result<void> Writer::send(Batch& batch, Append& append, Outcome& outcome) {
  const std::size_t count = std::max<std::size_t>(1, append.events.size());
  while (batch.sent() < count) {
    if (auto sent = send_next(batch, append, nullptr); !sent) return sent;
    if (!one_by_one()) continue;
    if (auto settled = settle(batch, append, outcome); !settled) return settled;
  }
  return {};
}

Result<void> Writer::send_next(Batch& batch, Append& append, const Piece* piece) {
  Message next = message(batch, append, piece);
  if (!next) return fail(closed(no_memory()));
  const std::size_t bytes = append.events.empty() ? 0 : bytes_of(append.events[batch.sent()]);
  auto sent = batch.send(std::move(next), bytes);
  if (sent) return sent;
  if (sent.error().name == "stream.event_too_large") {
    sent.error().message =
        "event " + in_few_bytes(append.events[batch.sent()].id) + ": " + sent.error().message;
  }
  return fail(closed(std::move(sent.error())));
}

/// Waits for all answers, also after the first failure, so that nothing is in transit when the end
/// is read again. If the last message was accepted, all are stored: each is accepted only directly
/// after its predecessor, whoever published that.
Result<void> Writer::settle(Batch& batch, const Append& append, Outcome& outcome) {
  std::optional<Error> trouble;
  while (batch.waits()) {
    auto answer = batch.next();
    if (!answer) {
      each_answered_ = true;  // If the connection is only slow, more answers show that.
      return fail(closed(std::move(answer.error())));
    }
    const std::size_t at = answer->at;
    const Ack* const ack = &answer->ack;
    const bool stored = ack->code == 0 && !ack->duplicate;
    const bool elsewhere = stored && ack->sequence != append.fence.sequence + at + 1;
    const bool taken = stored && !elsewhere;
    if (taken && !replicated_ && at + 1 == batch.sent()) return {};
    if (trouble) continue;
    if (elsewhere && !replicated_) {
      trouble = misplaced(options_.stream, ack->sequence);
    } else if (is_conflict(ack->code) || elsewhere) {
      trouble = conflict(options_.stream);
    } else if (ack->code != 0) {
      trouble = refused("publishing to " + options_.stream, NATS_ERR, ack->code, ack->words);
      if (!append.events.empty() && trouble->remedy == Remedy::stop) {
        trouble->message = "event " + in_few_bytes(append.events[at].id) + ": " + trouble->message;
      }
    } else if (ack->duplicate) {
      if (at == 0) outcome.repeats = ack->sequence;
      trouble =
          unavailable("message " + std::to_string(at + 1) + " of an append was published before");
    }
    if (taken && at == 0) outcome.began = true;
  }
  if (trouble) return fail(*std::move(trouble));
  return {};
}

}  // namespace headwater::nats
