#include "src/consumer/worker.h"

#include <algorithm>
#include <string>
#include <utility>

#include "src/base/invariant.h"

namespace headwater::consumer {
namespace {

using Kind = LetterRecord::Kind;

/// Of what a dead letter says.
constexpr std::size_t longest_cause = 1'000;

Error cause_of(const Handled& handled) {
  return handled.cause.value_or(
      Error{.remedy = Remedy::retry,
            .name = "consumer.not_handled",
            .message = "the handler has not handled it, and does not say why"});
}

/// What the consumer stops with: the handler's error, and the event.
Error stopped_at(const Item& item, const Error& cause, unsigned attempts) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "consumer.event_not_handled",
          .message = "event " + std::to_string(item.stored.sequence) + " (" +
                     item.stored.event.type.text() + " " + item.stored.event.subject +
                     ") was not handled in " + std::to_string(attempts) +
                     (attempts == 1 ? " attempt: " : " attempts: ") + cause.message,
          .next =
              "mend the handler and start again: the event is handed over first; or let such "
              "events go to the dead letters (dead_letter)"};
}

}  // namespace

void Worker::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    auto items = shared_.lanes[number_]->take(shared_.options.limits, stop);
    if (!items.empty() && !stop.stop_requested()) handle(std::move(items), stop);
  }
}

std::shared_ptr<Events> Worker::empty_batch() const {
  auto batch = std::make_shared<Events>();
  batch->worker = number_;
  const std::lock_guard lock(shared_.mutex);
  batch->acknowledged = shared_.progress.acknowledged;
  return batch;
}

Handled Worker::call(const std::shared_ptr<const Events>& events, const EventDone& event_done,
                     const std::stop_token& stop) {
  Handled handled = handler_.handle(events, event_done, stop);
  const std::lock_guard lock(shared_.mutex);
  if (!handled.left.empty()) ++shared_.progress.failed;
  if (handled.left.empty()) shared_.no_trouble();
  return handled;
}

void Worker::handle(std::vector<Item> items, const std::stop_token& stop) {
  if (items.size() == 1) return settle(items.front(), try_one(items.front(), stop), stop);
  auto batch = empty_batch();
  std::vector<std::uint64_t> letters;
  for (Item& item : items) {
    letters.push_back(item.letter);
    batch->events.push_back(std::move(item.stored));
  }
  std::vector<bool> is_done(letters.size());
  const EventDone event_done = [&](std::size_t index) {
    is_done[index] = true;
    done(batch->events[index], letters[index], true);
  };
  Handled handled = call(batch, event_done, stop);
  auto next = handled.left.begin();
  std::vector<Item> left;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (next != handled.left.end() && *next == i) {
      invariant(!is_done[i], "an event is done or left");
      ++next;
      left.push_back({.stored = batch->events[i], .letter = letters[i]});
    } else if (!is_done[i]) {
      event_done(i);
    }
  }
  if (!left.empty()) try_again(std::move(left), std::move(handled), stop);
}

void Worker::try_again(std::vector<Item> left, Handled handled, const std::stop_token& stop) {
  if (handled.first_is_cause || handled.blameless) {
    settle(left.front(), std::move(handled), stop);
    left.erase(left.begin());
    if (!left.empty() && !stop.stop_requested()) handle(std::move(left), stop);
    return;
  }
  shared_.take_note({.kind = Note::Kind::retrying, .error = cause_of(handled)});
  for (const Item& item : left) {
    if (stop.stop_requested()) return;
    settle(item, try_one(item, stop), stop);
  }
}

Handled Worker::try_one(const Item& item, const std::stop_token& stop) {
  auto batch = empty_batch();
  batch->events.push_back(item.stored);
  return call(
      batch, [](std::size_t) {}, stop);
}

void Worker::settle(const Item& item, Handled handled, const std::stop_token& stop) {
  Milliseconds pause = shared_.options.first_pause;
  for (unsigned attempts = 0; !handled.left.empty();) {
    if (stop.stop_requested()) return;
    const Error cause = cause_of(handled);
    if (counts(handled)) ++attempts;
    if (gives_up(cause, attempts)) return give_up(item, cause, attempts, stop);
    shared_.take_note({.kind = Note::Kind::retrying,
                       .error = cause,
                       .sequence = item.stored.sequence,
                       .pause = pause});
    if (!wait_for(pause, stop)) return;
    pause = std::min(pause * 2, shared_.options.longest_pause);
    handled = try_one(item, stop);
  }
  done(item.stored, item.letter, true);
}

// A broken handler must not turn the whole stream into dead letters.
bool Worker::counts(const Handled& handled) const {
  return !handled.blameless || shared_.options.on_failure != OnFailure::dead_letter;
}

bool Worker::gives_up(const Error& cause, unsigned attempts) const {
  if (shared_.options.on_failure == OnFailure::retry || attempts == 0) return false;
  return cause.remedy == Remedy::stop || attempts >= shared_.options.attempts;
}

void Worker::give_up(const Item& item, const Error& cause, unsigned attempts,
                     const std::stop_token& stop) {
  if (shared_.options.on_failure == OnFailure::stop) {
    return shared_.fail_with(stopped_at(item, cause, attempts));
  }
  // Where an append may be cut short, the letter is there twice rather than not at all.
  std::vector<LetterRecord> records{{.kind = Kind::dead,
                                     .consumer = shared_.options.name,
                                     .event = item.stored,
                                     .cause_name = cause.name,
                                     .cause = cause.message.substr(0, longest_cause),
                                     .attempts = attempts}};
  if (item.letter != 0) {
    records.push_back(
        {.kind = Kind::done, .consumer = shared_.options.name, .letter = item.letter});
  }
  if (!append(records, stop, stop)) return;
  shared_.take_note(
      {.kind = Note::Kind::dead_letter, .error = cause, .sequence = item.stored.sequence});
  done(item.stored, item.letter, false);
}

bool Worker::append(std::span<const LetterRecord> records, const std::stop_token& cut,
                    const std::stop_token& stop) {
  return shared_.patiently([&] { return shared_.dead_letters->append(records, cut); }, stop);
}

void Worker::done(const StoredEvent& stored, std::uint64_t letter, bool handled) {
  shared_.window.leave(footprint(stored.event));
  if (letter == 0) shared_.tracker->finish(stored.sequence);
  {
    const std::lock_guard lock(shared_.mutex);
    if (handled) ++shared_.progress.handled;
  }
  if (letter == 0) return;
  if (handled) mark_done(letter);
  shared_.letter_settled();
}

void Worker::mark_done(std::uint64_t letter) {
  const LetterRecord record{.kind = Kind::done, .consumer = shared_.options.name, .letter = letter};
  // Once even at a stop, which does not cut it: the handler has done its part.
  if (append({&record, 1}, {}, shared_.ending.get_token())) {
    shared_.take_note({.kind = Note::Kind::replayed, .sequence = letter});
  }
}

}  // namespace headwater::consumer
