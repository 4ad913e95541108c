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

Error not_handled() {
  return {.remedy = Remedy::retry,
          .name = "consumer.not_handled",
          .message = "the handler has not handled it, and does not say why"};
}

/// What the consumer stops with: the handler's error, and the event.
Error stopped_at(const Item& item, const Error& cause) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "consumer.event_not_handled",
          .message = "event " + std::to_string(item.stored.sequence) + " (" +
                     item.stored.event.type.text() + " " + item.stored.event.subject +
                     ") was not handled in " + std::to_string(item.attempts) +
                     (item.attempts == 1 ? " attempt: " : " attempts: ") + cause.message,
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

void Worker::handle(std::vector<Item> items, const std::stop_token& stop) {
  while (!items.empty() && !stop.stop_requested()) {
    if (try_once(items, shared_.options.first_pause, stop) == Outcome::unclear) {
      for (const Item& item : items) handle({item}, stop);
      return;
    }
    // While none succeeds, an outage may be the reason: it must not use up the attempts of all.
    for (bool succeeded = false; !succeeded && !items.empty() && items.front().failed;) {
      if (stop.stop_requested()) return;
      succeeded = retry(items.front(), stop);
      items.erase(items.begin());
    }
  }
}

bool Worker::retry(const Item& item, const std::stop_token& stop) {
  std::vector<Item> alone{item};
  Milliseconds pause = shared_.options.first_pause;
  while (!alone.empty() && wait_for(pause, stop)) {
    pause = std::min(pause * 2, shared_.options.longest_pause);
    if (try_once(alone, pause, stop) == Outcome::handled) return true;
  }
  return false;
}

Worker::Outcome Worker::try_once(std::vector<Item>& items, Milliseconds pause,
                                 const std::stop_token& stop) {
  const Handled handled = hand_over(items, stop);
  // What is left at a stop comes again.
  if (handled.left.empty() || stop.stop_requested()) {
    items.clear();
    return handled.left.empty() ? Outcome::handled : Outcome::failed;
  }
  if (handled.cause) {
    shared_.take_note({.kind = Note::Kind::retrying, .error = *handled.cause});
  }
  std::vector<Item> left;
  for (const std::size_t index : handled.left) {
    Item& item = items[index];
    const auto failure = handled.failures.find(index);
    item.failed = failure != handled.failures.end();
    if (item.failed && !may_try_again(item, failure->second, handled.blameless, pause, stop)) {
      continue;
    }
    left.push_back(std::move(item));
  }
  items = std::move(left);
  if (!handled.failures.empty()) return Outcome::failed;
  // The first waits until the handler works.
  items.front().failed = handled.blameless;
  return handled.blameless ? Outcome::failed : Outcome::unclear;
}

Handled Worker::hand_over(std::vector<Item>& items, const std::stop_token& stop) {
  auto batch = empty_batch();
  for (Item& item : items) batch->events.push_back(std::move(item.stored));
  std::vector<bool> is_done(items.size());
  const EventDone event_done = [&](std::size_t index) {
    is_done[index] = true;
    done(batch->events[index], items[index].letter, true);
  };
  Handled handled = handler_.handle(batch, event_done, stop);
  auto next = handled.left.begin();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (next != handled.left.end() && *next == i) {
      invariant(!is_done[i], "an event is done or left");
      ++next;
      items[i].stored = batch->events[i];
    } else if (!is_done[i]) {
      event_done(i);
    }
  }
  if (handled.left.empty()) return handled;
  if (items.size() == 1 && handled.failures.empty()) {
    handled.failures.emplace(0, handled.cause.value_or(not_handled()));
    handled.cause.reset();
  }
  const std::lock_guard lock(shared_.mutex);
  ++shared_.progress.failed;
  return handled;
}

bool Worker::may_try_again(Item& item, const Error& cause, bool blameless, Milliseconds pause,
                           const std::stop_token& stop) {
  // A broken handler must not turn the whole stream into dead letters.
  const bool counts = !blameless || shared_.options.on_failure != OnFailure::dead_letter;
  if (counts) ++item.attempts;
  if (counts && gives_up(cause, item.attempts)) {
    give_up(item, cause, stop);
    return false;
  }
  shared_.take_note({.kind = Note::Kind::retrying,
                     .error = cause,
                     .sequence = item.stored.sequence,
                     .pause = pause});
  return true;
}

bool Worker::gives_up(const Error& cause, unsigned attempts) const {
  if (shared_.options.on_failure == OnFailure::retry) return false;
  return cause.remedy == Remedy::stop || attempts >= shared_.options.attempts;
}

void Worker::give_up(const Item& item, const Error& cause, const std::stop_token& stop) {
  if (shared_.options.on_failure == OnFailure::stop) {
    return shared_.fail_with(stopped_at(item, cause));
  }
  // Where an append may be cut short, the letter is there twice rather than not at all.
  std::vector<LetterRecord> records{{.kind = Kind::dead,
                                     .consumer = shared_.options.name,
                                     .event = item.stored,
                                     .cause_name = cause.name,
                                     .cause = cause.message.substr(0, longest_cause),
                                     .attempts = item.attempts}};
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
    if (handled) {
      ++shared_.progress.handled;
      shared_.no_trouble();
    }
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
