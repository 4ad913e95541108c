#include "src/consume/exchange.h"

#include <poll.h>

#include <algorithm>
#include <utility>

namespace headwater::consume {
namespace {

using consumer::Handled;

/// Enough that the program never waits for the next line.
constexpr std::size_t enough_unsent = 65'536;
constexpr std::size_t most_asked = 1'000;
constexpr std::size_t longest_answer = 65'536;

Error error(Remedy remedy, const std::string& name, const std::string& message,
            const std::string& next = "") {
  return {
      .remedy = remedy, .origin = Origin::usage, .name = name, .message = message, .next = next};
}

std::string shortened(std::string line) {
  constexpr std::size_t enough = 80;
  if (line.size() > enough) line = line.substr(0, enough) + "…";
  return line;
}

}  // namespace

std::vector<std::size_t> all_of(const std::vector<StoredEvent>& events) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < events.size(); ++i) all.push_back(i);
  return all;
}

Handled Exchange::run(const std::stop_token& stop) {
  deadline_ = clock_.steady() + program_.timeout;
  while (!broken_ && !out_of_time_) {
    if (program_.in_batches) {
      fill_batch();
    } else {
      fill();
    }
    send();
    const bool answered = receive();
    if (broken_ || done()) break;
    // An answer may let the next event of its key go.
    if (!answered) wait(stop);
  }
  return result();
}

bool Exchange::done() const {
  if (!asked_.empty()) return false;
  return next_ == events_.size() || !failures_.empty() || stopping_;
}

// An event's successor of the same key waits for its answer. After a failure, nothing more is sent:
// a successor may not be handled before.
void Exchange::fill() {
  while (failures_.empty() && !stopping_ && next_ < events_.size() && asked_.size() < most_asked &&
         unsent_.size() < enough_unsent &&
         keys_.insert(events_[next_].event.partition_key).second) {
    const std::size_t begin = sent_ + unsent_.size();
    unsent_ += to_json(events_[next_]) + "\n";
    asked_.push_back({.index = next_++, .begin = begin, .end = sent_ + unsent_.size()});
  }
}

void Exchange::fill_batch() {
  if (next_ == events_.size() || stopping_) return;
  for (const StoredEvent& stored : events_) unsent_ += to_json(stored) + "\n";
  unsent_ += "\n";
  asked_.push_back({.index = 0, .begin = 0, .end = unsent_.size()});
  next_ = events_.size();
}

void Exchange::send() {
  while (!unsent_.empty()) {
    const auto taken = child_.write(unsent_);
    // Its end is seen when its output is read.
    if (!taken) return unsent_.clear();
    if (*taken == 0) return;
    unsent_.erase(0, *taken);
    sent_ += *taken;
  }
}

bool Exchange::receive() {
  // Even if something that it has started keeps its stdout open. What it wrote before is read after.
  (void)child_.wait(Milliseconds(0));
  const std::vector<std::string> lines = child_.lines();
  for (const std::string& line : lines) {
    if (!broken_) take(line);
  }
  if (broken_) return true;
  if (child_.unfinished() > longest_answer) {
    broke(error(Remedy::retry, "handler.bad_answer",
                "the handler printed a line of more than " + std::to_string(longest_answer) +
                    " bytes, which is no answer"));
  }
  if (const auto code = child_.exit_code(); code && !broken_) {
    broke(error(Remedy::retry, "handler.ended",
                *code < 0 ? std::string("the handler was ended by a signal")
                          : "the handler ended with code " + std::to_string(*code)));
  }
  return !lines.empty();
}

void Exchange::take(const std::string& line) {
  auto answer = answer_in(line);
  if (!answer) {
    return broke(error(Remedy::retry, "handler.bad_answer",
                       "the handler printed '" + shortened(line) +
                           "' on its stdout, which is none of: ok, retry, reject REASON"));
  }
  // Nor about an event that it has not even been given whole.
  if (asked_.empty() || asked_.front().end > sent_) {
    return broke(error(Remedy::retry, "handler.bad_answer",
                       "the handler answered '" + shortened(line) + "' without being asked"));
  }
  answered_ = true;
  if (!stopping_) deadline_ = clock_.steady() + program_.timeout;
  const std::size_t index = asked_.front().index;
  asked_.pop_front();
  keys_.erase(events_[index].event.partition_key);
  if (answer->word != Answer::Word::ok) return failed_at(index, *answer);
  if (!program_.in_batches) event_done_(index);
}

void Exchange::failed_at(std::size_t index, const Answer& answer) {
  const bool rejected = answer.word == Answer::Word::reject;
  failures_.emplace(index, error(rejected ? Remedy::stop : Remedy::retry,
                                 rejected ? "handler.rejected" : "handler.not_yet",
                                 answer.reason.empty() ? std::string("the handler gave no reason")
                                                       : answer.reason));
}

void Exchange::wait(const std::stop_token& stop) {
  if (stop.stop_requested() && !stopping_) {
    begin_stop();
    if (done()) return;
  }
  const auto left = std::chrono::ceil<Milliseconds>(deadline_ - clock_.steady());
  if (left.count() <= 0) {
    // It is not to blame: its stdin is closed next, and it may end by itself.
    if (stopping_) {
      out_of_time_ = true;
      return;
    }
    return broke(error(
        Remedy::retry, "handler.silent",
        "the handler did not answer within " + std::to_string(program_.timeout.count()) + " ms",
        "see whether it hangs, flushes its output after each answer, or needs a longer --timeout"));
  }
  constexpr Milliseconds longest{60'000};
  pollfd ready[] = {{child_.descriptor(), POLLIN, 0},
                    {stopping_ ? -1 : wake_.get(), POLLIN, 0},
                    {child_.ended(), POLLIN, 0},
                    {unsent_.empty() ? -1 : child_.input(), POLLOUT, 0}};
  (void)::poll(ready, 4, static_cast<int>(std::min(left, longest).count()));
}

void Exchange::begin_stop() {
  stopping_ = true;
  deadline_ = std::min(deadline_, clock_.steady() + program_.grace);
  while (!asked_.empty() && asked_.back().begin >= sent_) {
    unsent_.resize(asked_.back().begin - sent_);
    next_ = asked_.back().index;
    asked_.pop_back();
  }
}

void Exchange::broke(Error why) { broken_ = std::move(why); }

Handled Exchange::result() {
  if (program_.in_batches) return result_of_batch();
  Handled handled;
  for (const auto& [index, failure] : failures_) handled.left.push_back(index);
  for (const Asked& asked : asked_) handled.left.push_back(asked.index);
  for (std::size_t i = next_; i < events_.size(); ++i) handled.left.push_back(i);
  if (handled.left.empty()) return handled;
  handled.failures = std::move(failures_);
  // It answers in order: so it was at the first of those that it has not answered.
  if (broken_ && !asked_.empty()) {
    handled.failures.emplace(asked_.front().index, *broken_);
  } else {
    handled.cause = broken_;
  }
  return handled;
}

// The one question is about all events.
Handled Exchange::result_of_batch() {
  if (!failures_.empty()) return Handled::nothing(events_.size(), failures_.begin()->second);
  if (asked_.empty() && next_ == events_.size()) return {};
  if (broken_) return Handled::nothing(events_.size(), *broken_);
  return {.left = all_of(events_)};
}

}  // namespace headwater::consume
