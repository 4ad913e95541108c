#include "src/sources/rethinkdb/feed/published.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace headwater::rethinkdb {

void Published::begin(const std::vector<Word>& words, std::uint64_t until) {
  *this = Published();
  until_ = until;
  for (const Word& word : words) {
    entries_.push_back({.word = word});
    sought_places_.emplace(word, std::prev(entries_.end()));
  }
}

void Published::find(const JournaledDocument& document) {
  for (const Pending& pending : document.pending) {
    find(Taken{.key = document.key, .number = pending.number, .version = pending.version});
  }
}

void Published::find(const Taken& taken) {
  if (sought_places_.empty()) return;
  const std::string exact = exact_key(taken.key);
  const auto found = sought_places_.find(word_for(exact, taken.number));
  if (found == sought_places_.end()) return;
  Entry& entry = *found->second;
  entry.exact_key = exact;
  entry.number = taken.number;
  const auto [place, is_new] = by_key_.try_emplace(exact, found->second);
  if (!is_new) {
    // A position from elsewhere may have two words of a document.
    entry.to_release = std::move(place->second->to_release);
    entries_.erase(std::exchange(place->second, found->second));
  }
  entry.to_release.push_back(entry.word);
  meanings_[entry.word] = taken;
  sought_places_.erase(found);
}

void Published::drop_not_found() {
  for (const auto& [word, place] : sought_places_) entries_.erase(place);
  sought_places_.clear();
}

std::uint64_t Published::number_of(std::string_view exact_key) const {
  const auto found = by_key_.find(std::string(exact_key));
  return found == by_key_.end() ? 0 : found->second->number;
}

void Published::add(const std::string& exact_key, Taken taken) {
  until_ = std::max(until(), taken.number);
  const auto [found, is_new] = by_key_.try_emplace(exact_key);
  if (is_new) {
    found->second = entries_.insert(entries_.end(), Entry{.word = {}, .exact_key = exact_key});
  }
  Entry& entry = *found->second;
  // A row of a snapshot has what was returned before it, which may be on its way to be forgotten.
  if (entry.number >= taken.number) return;
  entry.word = word_for(exact_key, taken.number);
  entry.number = taken.number;
  entry.to_release.push_back(entry.word);
  meanings_[entry.word] = std::move(taken);
}

std::vector<Taken> Published::released(const std::vector<Word>& words) {
  std::vector<Taken> taken;
  for (const Word& word : words) {
    const auto found = meanings_.find(word);
    if (found == meanings_.end()) continue;
    taken.push_back(std::move(found->second));
    std::vector<Word>& known = by_key_.at(exact_key(taken.back().key))->to_release;
    const auto end = std::next(std::ranges::find(known, word));
    for (auto each = known.begin(); each != end; ++each) meanings_.erase(*each);
    known.erase(known.begin(), end);
  }
  return taken;
}

void Published::forget(const std::vector<Taken>& taken) {
  for (const Taken& each : taken) {
    const auto found = by_key_.find(exact_key(each.key));
    if (found == by_key_.end() || found->second->number > each.number) continue;
    entries_.erase(found->second);
    by_key_.erase(found);
  }
}

std::vector<Word> Published::words() const {
  std::vector<Word> words;
  words.reserve(entries_.size());
  for (const Entry& entry : entries_) words.push_back(entry.word);
  return words;
}

}  // namespace headwater::rethinkdb
