#include "src/consumer/replays.h"

#include <utility>

namespace headwater::consumer {
namespace {

constexpr Milliseconds longest_wait{60'000};

}  // namespace

Result<std::size_t> Replays::read_some(Milliseconds wait, const std::stop_token& stop) {
  auto events = reader_->read(next_, letters_at_once, wait, stop);
  if (!events) return failed(events);
  for (const StoredEvent& stored : *events) letters_->take(stored);
  if (!events->empty()) next_ = events->back().sequence + 1;
  shared_.note_letters(letters_->open().size());
  return events->size();
}

Result<void> Replays::catch_up(const std::stop_token& stop) {
  auto reader = shared_.dead_letters->reader();
  if (!reader) return failed(reader);
  reader_ = *std::move(reader);
  letters_ = std::make_unique<Letters>(shared_.options.name);
  auto range = reader_->range();
  if (!range) return failed(range);
  next_ = range->first;
  while (next_ <= range->last && !stop.stop_requested()) {
    auto read = read_some(Milliseconds(0), stop);
    if (!read) return failed(read);
    if (*read == 0) break;
  }
  shared_.note_letters(letters_->open().size());
  shared_.already_dead = letters_->dead_beyond(shared_.tracker->done());
  letters_->keep_open_only();
  return {};
}

bool Replays::hand_over_wanted(const std::stop_token& stop) {
  for (const auto& [number, letter] : letters_->open()) {
    if (!letter.replaying || handed_over_.contains(number)) continue;
    const bool handed =
        shared_.patiently([&, wanted = number] { return hand_over(wanted, stop); }, stop);
    if (!handed) return false;
    handed_over_.insert(number);
  }
  return !stop.stop_requested();
}

void Replays::follow(const std::stop_token& stop) {
  while (hand_over_wanted(stop)) {
    const auto read = shared_.patiently([&] { return read_some(longest_wait, stop); }, stop);
    if (!read) return;
  }
}

Result<void> Replays::hand_over(std::uint64_t letter, const std::stop_token& stop) {
  auto record = read_letter(*reader_, letter, stop);
  if (!record) return failed(record);
  if (!shared_.window.enter(footprint(record->event->event), stop)) return {};
  {
    const std::lock_guard lock(shared_.mutex);
    ++shared_.letters_under_way;
  }
  Lane& lane = shared_.lane_of(record->event->event);
  lane.put({.stored = *std::move(record->event), .letter = letter});
  return {};
}

}  // namespace headwater::consumer
