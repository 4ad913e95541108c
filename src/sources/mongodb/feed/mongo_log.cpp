// Reading: what the tailer brings becomes changes.
#include "src/sources/mongodb/feed/mongo_log.h"

#include <algorithm>
#include <utility>

#include "src/base/invariant.h"
#include "src/ports/loss.h"
#include "src/sources/mongodb/feed/mongo_tables.h"
#include "src/sources/shared/errors.h"

namespace headwater::mongodb {
namespace {

using sources::Came;

constexpr std::size_t batch_bytes = std::size_t{2} << 20U;
constexpr std::int32_t most_events = 2'048;
// One that the server is working on, and one that is ready when the last has been handled.
constexpr std::size_t asked_ahead = 2;
// How long the server keeps an empty getMore: long enough to cost nothing, short enough that a
// relay without changes moves its position with the cluster's time.
constexpr Milliseconds longest_wait{1'000};
constexpr Milliseconds shortest_wait{1};
// For an answer that is on its way when the caller's time is over.
constexpr Milliseconds grace{250};
// While no answer comes, how often to check whether one can come at all.
constexpr Milliseconds look_after{1'000};

}  // namespace

Result<sources::LogChange*> MongoLog::next() {
  while (!next_ready_ && batch_ && !batch_over_) {
    const auto event = batch_->next();
    if (!event) {
      // After a closed cursor another is opened, once everything before it has been taken.
      batch_over_ = true;
      if (!batch_->closed()) batch_.reset();
      break;
    }
    if (auto decoded = make_change_of(*event); !decoded) return failed(decoded);
  }
  if (next_ready_ && next_.time < at_.witness) return fail(out_of_order());
  return next_ready_ ? &next_.change : nullptr;
}

/// A part of an event, of which others follow, makes no change yet.
Result<void> MongoLog::make_change_of(const DocView& event) {
  auto decoded = decoder_.decode(*event.get());
  if (!decoded) return failed(decoded);
  if (!decoded->part) {
    make_next(std::move(*decoded), *event.get());
    return {};
  }
  const auto whole = parts_.add(*event.get());
  if (!whole) return {};
  decoded = decoder_.decode(*whole->get());
  if (!decoded) return failed(decoded);
  // Resuming after another part than the last would give the rest of it again.
  decoded->token = token_in(event.get(), "_id");
  make_next(std::move(*decoded), *whole->get());
  return {};
}

void MongoLog::make_next(DecodedChange&& decoded, const bson_t& event) {
  next_ready_ = true;
  next_.token = std::move(decoded.token);
  next_.time = decoded.time;
  sources::LogChange& next = next_.change;
  next.change = std::move(decoded.change);
  next.point = point_of(decoded.time);
  next.of_a_row = decoded.of_a_document;
  next.key.clear();
  const auto id = keys_wanted_ ? find(&event, "documentKey._id") : std::nullopt;
  if (!id) return;
  Doc key;
  bson_append_iter(key.out(), "_id", -1, &*id);
  next.key = key.bytes();
}

/// A position assumes that what is before it stays before it.
Error MongoLog::out_of_order() const {
  return sources::loss_error(headwater::went_back,
                             "the change stream of " + options().watch.words() +
                                 " went back from cluster time " + words_for(at_.witness) + " to " +
                                 words_for(next_.time));
}

void MongoLog::take() {
  invariant(next_ready_, "a change is taken once");
  invariant(!next_.token.empty(), "a change has a resume token");
  invariant(next_.time >= at_.witness, "cluster time never goes back");
  behind_closed_ = {};
  at_.token = std::move(next_.token);
  at_.time = next_.time;
  at_.witness = next_.time;
  next_ready_ = false;
}

std::size_t MongoLog::at_hand() const {
  return (next_ready_ ? 1U : 0U) + (batch_ ? std::max<std::size_t>(1, batch_->count()) : 0U);
}

Result<Came> MongoLog::wait(Milliseconds wait, bool soon, const std::stop_token& stop) {
  if (batch_) {
    if (auto followed = follow_closed_cursor(); !followed) return failed(followed);
  }
  const SteadyTime until = clock_->steady() + wait;
  const auto left = [&] {
    return std::chrono::duration_cast<Milliseconds>(until - clock_->steady());
  };
  if (tailer().asked() == 0) ask(left(), soon);
  for (;;) {
    auto answer = tailer().answer(std::clamp(left(), grace, look_after), stop);
    if (answer) return take_answer(std::move(*answer));
    if (tailer().cut_off()) return fail(silence());
    if (left() <= Milliseconds(0) || stop.stop_requested()) return Came::nothing;
  }
}

/// An invalidate event is a cursor's last. A new cursor after it sees what follows under the old
/// name.
Result<void> MongoLog::follow_closed_cursor() {
  // The position moves with the next change: a token from a batch belongs to no change.
  if (!batch_->token().empty()) behind_closed_ = batch_->token();
  batch_.reset();
  auto started = tailer().start(here());
  if (!started) return fail(error_of(started.error()));
  return {};
}

StartAt MongoLog::here() const {
  return {.token = behind_closed_.empty() ? at_.token : behind_closed_, .time = at_.time};
}

void MongoLog::ask(Milliseconds wait, bool soon) {
  const Milliseconds longest = soon ? shortest_wait : longest_wait;
  tailer().ask(count_, std::clamp(wait, shortest_wait, longest));
}

Result<Came> MongoLog::take_answer(Answer<StreamBatch> answer) {
  if (!answer) {
    if (!about_an_event(answer.error())) return fail(error_of(answer.error()));
    if (auto hunted = hunt(answer.error()); !hunted) return failed(hunted);
    return Came::more;
  }
  deployment_->access_granted();
  newest_ = answer->newest().seconds;
  if (answer->empty() && !answer->closed()) {
    end_token_ = answer->token();
    end_ = End{.answer = tailer().answers(), .time = time_in(end_token_.data)};
    return Came::end;
  }
  const bool more = answer->count() == static_cast<std::size_t>(count_) && !answer->closed();
  adapt_count(*answer);
  batch_ = std::move(*answer);
  batch_over_ = false;
  // The server works on the next ones meanwhile.
  while (more && tailer().asked() < asked_ahead) ask(shortest_wait, true);
  return Came::more;
}

void MongoLog::adapt_count(const StreamBatch& batch) {
  if (batch.count() == 0) return;
  if (hunting_ > 0 && --hunting_ == 0) count_ = first_count;
  if (hunting_ > 0) return;
  const std::size_t average = std::max<std::size_t>(1, batch.bytes() / batch.count());
  const auto fitting = static_cast<std::int32_t>(
      std::min<std::size_t>(static_cast<std::size_t>(most_events), batch_bytes / average));
  count_ = std::clamp(fitting, 1, count_ * 4);
}

void MongoLog::take_end() {
  if (end_token_.empty()) return;
  at_.token = std::exchange(end_token_, {});
  behind_closed_ = {};
  if (end_->time) at_.time = *end_->time;
}

/// If the time is not a change's own, but one to begin at or that of an empty batch, changes of that
/// time may still follow, and the server may not have reached it yet.
sources::LogPoint MongoLog::taken() const {
  ClusterTime time = at_.time;
  if (time.increment > 0) --time.increment;
  return point_of(std::max(time, at_.witness));
}

sources::Mark MongoLog::mark(sources::LogPoint point) const {
  return {.point = point, .look = tailer().asks()};
}

/// The answer counts only if it was requested after the mark was made. A write that a client knows
/// to be acknowledged may take a moment until a majority has it; then the time decides.
bool MongoLog::reached(const sources::Mark& mark) const {
  return end_ && end_->answer > mark.look && (!end_->time || point_of(*end_->time) >= mark.point);
}

}  // namespace headwater::mongodb
