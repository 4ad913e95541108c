// Reading: what the slot sends becomes changes.
#include "src/sources/postgresql/feed/pg_log.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "src/base/invariant.h"
#include "src/pgoutput/decoder.h"
#include "src/ports/loss.h"
#include "src/sources/shared/errors.h"

namespace headwater::postgresql {
namespace {

using sources::Came;

// What is decoded ahead.
constexpr std::size_t most_queued = 256;
constexpr std::size_t most_queued_bytes = std::size_t{1} << 20U;
// Transactions that a snapshot of the tables has to show.
constexpr std::size_t most_returned = 10'000;
// For the answer that says where the log ends, when the caller's time is over.
constexpr Milliseconds grace{250};
// Between two questions for the end. After that many, the server is made to write down what it has
// not: until then, it sends nothing of that.
constexpr Milliseconds shortest_ask_pause{5};
constexpr Milliseconds longest_ask_pause{100};
constexpr int asks_before_nudge = 8;
// A relay without changes moves its position with the log, but not more often.
constexpr Milliseconds idle_pause{1'000};
constexpr Milliseconds forever = std::chrono::hours(24);

}  // namespace

void PgLog::drop_taken() {
  if (!std::exchange(front_taken_, false)) return;
  queued_bytes_ -= queue_.front().bytes;
  queue_.pop();
}

Result<sources::LogChange*> PgLog::next() {
  drop_taken();
  if (at_hand() == 0 && feed_) {
    if (auto shorter = forget_visible(); !shorter) return failed(shorter);
    if (auto received = receive(); !received) return failed(received);
    if (auto alive = keep_alive(false); !alive) return failed(alive);
  }
  if (at_hand() > 0) return &queue_.front().change;
  if (passed_) at_ = *std::exchange(passed_, std::nullopt);
  return nullptr;
}

/// Few of the transactions that were returned are not visible to others yet.
Result<void> PgLog::forget_visible() {
  if (returned_->size() < most_returned) return {};
  auto seen = server_->ask("SELECT pg_current_snapshot()");
  if (!seen) return failed(seen);
  if (const auto snapshot = Snapshot::from(seen->view(0, 0))) (void)returned_->all_in(*snapshot);
  return {};
}

void PgLog::take() {
  invariant(at_hand() > 0 && !front_taken_, "a change is taken once");
  at_ = queue_.front().after;
  taken_ = queue_.front().change.point;
  returned_->add(static_cast<Xid>(taken_.low));
  front_taken_ = true;
}

std::size_t PgLog::at_hand() const {
  return queue_.size() - (front_taken_ ? 1U : 0U) - (back_held_ ? 1U : 0U);
}

/// Decodes what has arrived, as far as there is room. What is held needs what follows it.
Result<void> PgLog::receive() {
  bool heard = false;
  while (at_hand() == 0 || (queue_.size() < most_queued && queued_bytes_ < most_queued_bytes)) {
    auto received = feed_->next();
    if (!received) return fail(error_of(std::move(received.error())));
    if (!*received) break;
    heard = true;
    auto handled = (*received)->message.empty() ? keepalive(**received) : data(**received);
    if (!handled) return handled;
  }
  if (heard) heard_at_ = clock_->steady();
  return {};
}

/// One inside a transaction says nothing about the end.
Result<void> PgLog::keepalive(const Received& received) {
  if (!transaction_ && received.end > end_) {
    end_ = received.end;
    seen_ = std::max(end_, opened_);
    asked_ = 0;
  }
  return received.reply_wanted ? report(false) : Result<void>();
}

Result<void> PgLog::data(const Received& received) {
  auto message = pgoutput::decode(received.message);
  if (!message) return failed(message);
  if (const auto* begun = std::get_if<pgoutput::Begin>(&*message)) return begin(*begun);
  if (const auto* relation = std::get_if<pgoutput::Relation>(&*message)) {
    invariant(transaction_.has_value(), "a table is described in a transaction");
    return shapes_.learn(*relation, transaction_->xid(), {});
  }
  if (const auto* over = std::get_if<pgoutput::Commit>(&*message)) {
    commit(*over);
    return {};
  }
  return changes(*message, received.record, received.message.size());
}

/// Inside a transaction, the position names its commit record, and it comes first.
Result<void> PgLog::begin(const pgoutput::Begin& begin) {
  if (skip_ && begin.commit != at_.lsn) {
    return fail(
        sources::loss_error(went_back, "the position is inside the transaction that commits at " +
                                           text_of(at_.lsn) + ", which the server does not have"));
  }
  transaction_.emplace(begin, timelines_.owner(begin.commit));
  return {};
}

void PgLog::commit(const pgoutput::Commit& commit) {
  const Cursor after{.timeline = timelines_.owner_of_end(commit.end), .lsn = commit.end};
  if (std::exchange(back_held_, false)) {
    queue_.back().change.change.transaction->last = true;
    queue_.back().after = after;
  } else {
    passed_ = after;
  }
  skip_.reset();
  transaction_.reset();
  end_ = std::max(end_, commit.end);
  seen_ = std::max(end_, opened_);
}

Result<void> PgLog::changes(const pgoutput::Message& message, Lsn record, std::size_t bytes) {
  made_.clear();
  auto added = std::visit(
      [this](const auto& each) -> Result<void> {
        if constexpr (requires { maker_.add(each, made_); }) {
          return maker_.add(each, made_);
        } else {
          return {};
        }
      },
      message);
  if (!added) return added;
  for (Change& change : made_) {
    invariant(transaction_.has_value(), "a change belongs to a transaction");
    const Record counted = transaction_->count(record);
    if (skip_ && counted <= *skip_) continue;
    transaction_->sign(change, counted);
    const bool of_a_row = change.key.has_value();
    queue_.push({.change = {.change = std::move(change),
                            .point = {.high = transaction_->commit(), .low = transaction_->xid()},
                            .of_a_row = of_a_row},
                 .after = {.timeline = transaction_->timeline(),
                           .lsn = transaction_->commit(),
                           .inside = counted},
                 .bytes = bytes});
    queued_bytes_ += bytes;
    passed_.reset();
    // Whether it is its transaction's last shows in what follows.
    back_held_ = true;
  }
  return {};
}

Result<Came> PgLog::wait(Milliseconds wait, bool /*soon*/, const std::stop_token& stop) {
  SteadyTime until = clock_->steady() + wait;
  if (!feed_) {
    auto taken = take_slot(stop);
    if (!taken) return failed(taken);
    if (!*taken) return Came::nothing;
  }
  if (end_ < wanted_end_) until = std::max(until, clock_->steady() + grace);
  // Nobody has listened before.
  heard_at_ = std::max(heard_at_, clock_->steady() - tend_interval());
  const Milliseconds silence = server_->options().reader_timeout * 2;
  for (;;) {
    drop_taken();
    if (auto received = receive(); !received) return failed(received);
    if (at_hand() > 0) return Came::more;
    if (end_came()) return Came::end;
    const auto left = std::chrono::duration_cast<Milliseconds>(until - clock_->steady());
    if (left <= Milliseconds(0) || stop.stop_requested()) return Came::nothing;
    if (clock_->steady() - heard_at_ > silence) return fail(silent());
    if (auto asked = ask_for_end(stop); !asked) return failed(asked);
    if (auto alive = keep_alive(true); !alive) return failed(alive);
    feed_->wait_readable(std::min(left, longest_sleep()), stop);
  }
}

/// The server answers each report.
Error PgLog::silent() const {
  return {.remedy = Remedy::retry,
          .origin = headwater::Origin::source,
          .name = "source.unavailable",
          .message = "postgresql: the server has not answered for a while",
          .next = "check the server, and the network to it"};
}

/// Somebody waits for the end, or the position can move.
bool PgLog::end_came() {
  if (transaction_) return false;
  const SteadyTime now = clock_->steady();
  const bool awaited = told_end_ < wanted_end_ && end_ >= wanted_end_;
  const bool moved =
      passed_ || (end_ > std::max(told_end_, at_.lsn) && now - told_at_ >= idle_pause);
  if (!awaited && !moved) return false;
  told_end_ = std::max(end_, told_end_);
  told_at_ = now;
  return true;
}

void PgLog::take_end() {
  if (transaction_ || !queue_.empty()) return;
  if (passed_) at_ = *std::exchange(passed_, std::nullopt);
  if (end_ > at_.lsn) at_ = {.timeline = timelines_.owner_of_end(end_), .lsn = end_};
}

/// The server sends what it has written down. It may be late with what nobody waits for, such as
/// records that are no commits.
Result<void> PgLog::ask_for_end(const std::stop_token& stop) {
  if (end_ >= wanted_end_ || transaction_) return {};
  const Milliseconds pause = std::min(longest_ask_pause, shortest_ask_pause * (1 + asked_));
  // Each answer moves the end a little while the server decodes a large transaction.
  if (clock_->steady() - asked_at_ < pause) return {};
  asked_at_ = clock_->steady();
  if (++asked_ % asks_before_nudge == 0) {
    // An empty transaction of our own makes it write.
    auto nudged = server_->ask("SELECT pg_current_xact_id()", {}, stop);
    if (!nudged) return failed(nudged);
  }
  return report(true);
}

Result<void> PgLog::keep_alive(bool reply) {
  const auto since = clock_->steady() - reported_at_;
  const bool news = flushed_ != reported_ && since >= longest_ask_pause;
  return news || since >= tend_interval() ? report(reply) : Result<void>();
}

Milliseconds PgLog::longest_sleep() const {
  if (end_ < wanted_end_ && !transaction_) {
    return std::min(longest_ask_pause, shortest_ask_pause * (1 + asked_));
  }
  if (flushed_ != reported_) return longest_ask_pause;
  if (end_ > at_.lsn) return std::min(idle_pause, tend_interval());
  return std::min(forever, tend_interval());
}

sources::Mark PgLog::mark(sources::LogPoint point) const {
  wanted_end_ = std::max(wanted_end_, Lsn{point.high});
  return {.point = point};
}

bool PgLog::reached(const sources::Mark& mark) const { return end_ >= mark.point.high; }

}  // namespace headwater::postgresql
