#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "src/event/short_key.h"
#include "src/streams/nats/errors.h"
#include "src/streams/nats/settings.h"
#include "src/streams/nats/together.h"
#include "src/streams/nats/writer_append.h"

namespace headwater::nats {
namespace {

// Long enough that a busy relay does not write copies continuously, and shorter than any retention.
constexpr Milliseconds rest_before_copy{5'000};
// Well below the shortest duplicate window that judge() accepts.
constexpr Milliseconds ids_remembered{20'000};

constexpr auto unlimited = std::numeric_limits<std::size_t>::max();

}  // namespace

Writer::Writer(std::string relay, const Options& options, Subjects subjects, const Clock& clock)
    : relay_(std::move(relay)),
      options_(options),
      subjects_(std::move(subjects)),
      clock_(&clock),
      most_in_piece_(most_together) {}

Result<void> Writer::open() {
  if (connection_) return {};
  auto opened = Connection::open(options_);
  if (!opened) return failed(opened);
  auto info = opened->info(options_.stream);
  if (!info) return failed(info);
  if (auto able = can_publish(**info, options_, subjects_); !able) return able;
  const auto payload = natsConnection_GetMaxPayload(opened->nats());
  const std::int64_t message = (*info)->Config->MaxMsgSize;
  largest_ = payload > 0 ? static_cast<std::size_t>(payload) : unlimited;
  if (message > 0) largest_ = std::min(largest_, static_cast<std::size_t>(message));
  connection_ = std::make_unique<Connection>(*std::move(opened));
  return {};
}

Error Writer::closed(Error error) {
  end_.reset();
  connection_.reset();
  return error;
}

Result<void> Writer::reread() {
  end_.reset();
  appended_at_.reset();
  if (auto opened = open(); !opened) return opened;
  read_at_ = clock_->steady();
  auto end = read_end(*connection_, options_.stream, subjects_, relay_);
  if (!end) return fail(closed(std::move(end.error())));
  end_ = std::move(*end);
  replicated_ = end_->replicated;
  together_ = end_->together;
  return {};
}

Result<Durable> Writer::tail(std::stop_token /*stop*/) {
  if (auto read = reread(); !read) return failed(read);
  return Durable::confirmed_by_stream(end_->tail);
}

Result<Durable> Writer::append(const Tail& expected, std::span<const Event> events,
                               const Position& position, const std::string& source,
                               std::stop_token stop) {
  return append_with({.relay = relay_, .position = position, .source = source}, expected, events,
                     std::move(stop));
}

Result<Durable> Writer::set_position(const Tail& expected, std::span<const Event> events,
                                     const Position& position, const std::string& source) {
  return append_with({.relay = relay_, .position = position, .source = source, .by_a_person = true},
                     expected, events, {});
}

Result<Durable> Writer::append_with(Mark mark, const Tail& expected, std::span<const Event> events,
                                    std::stop_token stop) {
  if (!end_ || end_->tail != expected) {
    if (auto read = reread(); !read) return failed(read);
    if (end_->tail != expected) return fail(conflict(options_.stream));
  }
  mark.last_event = expected.sequence;
  Append append{.events = events,
                .ids = {},
                .mark = std::move(mark),
                .fence = end_->fence,
                .before = expected,
                .stop = std::move(stop)};
  append.ids.reserve(events.size());
  for (const Event& event : events) append.ids.push_back(message_id(event));
  if (auto done = publish(std::move(append)); !done) return failed(done);
  return Durable::confirmed_by_stream(end_->tail);
}

Result<void> Writer::publish(Append append) {
  // The last append is at least as recent as the last read of the end.
  if (!appended_at_ || clock_->steady() - read_at_ > ids_remembered) {
    if (auto same = expect_unchanged(append); !same) return same;
  }
  Outcome outcome;
  auto done = attempt(append, outcome);
  if (!done && done.error().name == "stream.conflict") {
    return explain_conflict(append, std::move(done.error()));
  }
  if (done || !outcome.repeats) return done;
  if (auto same = expect_unchanged(append); !same) return same;
  if (auto wanted = expect_wanted_again(append, *outcome.repeats); !wanted) return wanted;
  for (std::string& id : append.ids) id = message_id_again(id, append.fence.sequence);
  return attempt(append, outcome);
}

/// Whether the end that was just read is the one that the append follows.
bool Writer::is_unchanged(const Append& append) const {
  return end_->tail == append.before && end_->fence.sequence == append.fence.sequence;
}

/// Another relay caused a conflict only if the stream's end has changed. On several replicas, a
/// message in transit may not be stored yet.
Result<void> Writer::explain_conflict(const Append& append, Error conflict) {
  if (replicated_) return fail(std::move(conflict));
  if (auto read = reread(); !read) return read;
  return fail(is_unchanged(append) ? miscounted(options_.stream, end_->fence.sequence)
                                   : std::move(conflict));
}

/// Reads the end again, and drops a message id that the server may not know.
Result<void> Writer::expect_unchanged(Append& append) {
  if (auto read = reread(); !read) return read;
  if (!is_unchanged(append)) return fail(conflict(options_.stream));
  if (auto whole = expect_whole(append); !whole) return whole;
  append.fence.id.clear();
  if (replicated_ && !together_) return {};
  auto account = connection_->account();
  if (!account) return fail(closed(std::move(account.error())));
  limited_ = is_limited(**account);
  return {};
}

/// Fails if a message is missing, unless a person says where the source continues.
Result<void> Writer::expect_whole(const Append& append) const {
  const bool wanted = append.mark.by_a_person || append.mark.forgotten;
  if (!end_->misplaced || wanted) return {};
  return fail(misplaced(options_.stream, end_->fence.sequence));
}

/// The server knows the first event as message `sequence`. Either a person set the position back
/// before it, or the message is gone and the server still remembers its id. Nothing else repeats an
/// event.
Result<void> Writer::expect_wanted_again(const Append& append, std::uint64_t sequence) {
  if (append.events.empty() || sequence < set_by_a_person_) return {};
  auto there = holds(*connection_, options_.stream, sequence, append.ids.front());
  if (!there) return fail(closed(std::move(there.error())));
  if (!*there) return {};
  auto set = set_by_a_person(*connection_, options_.stream, sequence, append.fence.sequence);
  if (!set) return fail(closed(std::move(set.error())));
  set_by_a_person_ = std::max(set_by_a_person_, *set);
  if (sequence < set_by_a_person_) return {};
  return fail(hopeless("stream.repeated",
                       "event " + in_few_bytes(append.events.front().id) + " is message " +
                           std::to_string(sequence) + " of stream " + options_.stream +
                           " already, and nobody has set the position back",
                       "headwater verify -c FILE, to see what else is wrong; if it is to come "
                       "again: headwater position -c FILE set"));
}

Writer::~Writer() {
  // No relay may follow for long. If the server is down, the copy is not worth a wait.
  if (appended_at_) (void)keep_copy();
}

Result<bool> Writer::maintain() {
  const bool rests =
      end_ && (!appended_at_ || clock_->steady() - *appended_at_ >= rest_before_copy);
  if (rests) {
    if (auto kept = keep_copy(); !kept) return failed(kept);
  }
  return remove_superseded();
}

Result<StreamRoom> Writer::room() {
  if (!connection_) return StreamRoom{};
  auto info = connection_->info(options_.stream);
  if (!info) return fail(closed(std::move(info.error())));
  auto account = connection_->account();
  if (!account) return fail(closed(std::move(account.error())));
  StreamRoom room{.bytes = bytes_left(**account, *(*info)->Config)};
  const jsStreamState& state = (*info)->State;
  if (state.Msgs > 0) {
    const std::chrono::nanoseconds first(state.FirstTime);
    const Milliseconds age =
        clock_->wall().time_since_epoch() - std::chrono::floor<Milliseconds>(first);
    room.history = std::max(age, Milliseconds(0));
  }
  return room;
}

/// Returns true if there are more. A failure does not stop the relay: the next call connects again.
bool Writer::remove_superseded() {
  if (!end_ || !connection_) return false;
  auto more = superseded_.remove_some(*connection_, options_.stream, clock_->steady());
  if (more) return *more;
  static_cast<void>(closed(std::move(more.error())));
  return false;
}

Result<void> Writer::keep_copy() {
  if (!end_ || end_->fence.sequence == kept_beside_ || !connection_) return {};
  auto kept = keep_beside(*connection_, options_.stream, relay_, *end_);
  if (!kept) return fail(closed(std::move(kept.error())));
  // Even if another relay has appended since.
  kept_beside_ = end_->fence.sequence;
  return {};
}

Result<void> Writer::forget() {
  auto read = reread();
  // A lost tail can be forgotten, too.
  const bool lost = !read && read.error().name == "stream.tail_lost";
  if (lost) read = take_end_without_tail();
  if (!read) return read;
  if (end_->fence.sequence == 0) return {};
  Append append{.events = {},
                .ids = {},
                .mark = {.relay = relay_, .position = {}, .source = {}, .forgotten = true},
                .fence = end_->fence,
                .before = end_->tail};
  Outcome outcome;
  return lost ? attempt(append, outcome) : publish(std::move(append));
}

Result<void> Writer::take_end_without_tail() {
  if (auto opened = open(); !opened) return opened;
  auto info = connection_->info(options_.stream);
  if (!info) return fail(closed(std::move(info.error())));
  end_ = End{.fence = {.sequence = (*info)->State.LastSeq}, .tail = {}};
  return {};
}

}  // namespace headwater::nats
