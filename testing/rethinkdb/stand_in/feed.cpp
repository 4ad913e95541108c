#include "testing/rethinkdb/stand_in/feed.h"

#include <algorithm>
#include <utility>

#include "testing/rethinkdb/stand_in/store.h"
#include "testing/rethinkdb/stand_in/table.h"

namespace headwater::rethinkdb::stand_in {

Feed::Feed(FeedPlan plan, std::shared_ptr<Wake> wake)
    : plan_(std::move(plan)), wake_(std::move(wake)) {
  begin();
}

void Feed::begin() {
  if (plan_.states) queue_.push_back(state(plan_.initial ? "initializing" : "ready"));
  if (!plan_.initial) return;
  const auto add = [this](const Datum& document) {
    Datum::Object entry{{"new_val", document}};
    if (plan_.types) entry.emplace("type", "initial");
    queue_.emplace_back(std::move(entry));
  };
  if (plan_.key) {
    add(plan_.slice.table->find(*plan_.key));
  } else {
    const Pull next = read_slice(plan_.slice);
    while (const auto each = next()) add(*each);
  }
  if (plan_.states) queue_.push_back(state("ready"));
  first_entries_ = queue_.size();
}

Datum Feed::state(const char* name) const {
  Datum::Object entry{{"state", name}};
  if (plan_.types) entry.emplace("type", "state");
  return entry;
}

bool Feed::watches(Store& store, const Datum& key, const Datum& document) const {
  if (document.is_null()) return false;
  if (plan_.key) return key == *plan_.key;
  if (plan_.slice.whole) return true;
  if (plan_.slice.index.empty()) return is_between(plan_.slice, key);
  // Without its index it sees nothing, and says nothing.
  const Index* const index = plan_.slice.table->index(plan_.slice.index);
  if (index == nullptr) return false;
  return std::ranges::any_of(index->keys_of(store, document),
                             [this](const Datum& each) { return is_between(plan_.slice, each); });
}

void Feed::see(Store& store, const Datum& key, const Datum& before, const Datum& after) {
  const auto shown = [&](const Datum& document) {
    if (!watches(store, key, document)) return Datum();
    return plan_.made ? plan_.made(document) : document;
  };
  const Datum from = shown(before);
  const Datum to = shown(after);
  if (from == to) return;
  std::optional<Datum> entry = entry_of(from, to);
  for (const Step& step : plan_.steps) {
    entry = step(*entry);
    if (!entry) return;
  }
  push(*std::move(entry));
}

Datum Feed::entry_of(const Datum& before, const Datum& after) const {
  Datum::Object entry{{"new_val", after}, {"old_val", before}};
  if (plan_.types) {
    entry.emplace("type", before.is_null() ? "add" : after.is_null() ? "remove" : "change");
  }
  return entry;
}

void Feed::push(Datum entry) {
  queue_.push_back(std::move(entry));
  const std::size_t waiting = queue_.size() - std::min(queue_.size(), first_entries_);
  if (waiting > plan_.queue) {
    skipped_ += waiting;
    queue_.resize(queue_.size() - waiting);
  }
  wake_->signal();
}

void Feed::abort() {
  aborted_ = true;
  wake_->signal();
}

bool Feed::next_is_alone() const {
  const bool ready = plan_.initial && plan_.states && first_entries_ == 1;
  return skipped_ != 0 || (ready && !plan_.key);
}

Datum Feed::take() {
  if (skipped_ != 0) {
    return Datum::Object{{"error", "Changefeed cache over array size limit, skipped " +
                                       std::to_string(std::exchange(skipped_, 0)) + " elements."}};
  }
  Datum entry = std::move(queue_.front());
  queue_.pop_front();
  first_entries_ -= std::min<std::size_t>(first_entries_, 1);
  return entry;
}

}  // namespace headwater::rethinkdb::stand_in
