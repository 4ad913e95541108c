#include "src/sources/rethinkdb/feed/rethink_source.h"

#include <algorithm>
#include <utility>

#include "src/json/json.h"

namespace headwater::rethinkdb {
namespace {

constexpr std::size_t most_in_page = 250;  // documents
/// How often to look whether hook and index are still there, and whether the changefeed has missed
/// something.
constexpr Milliseconds look_interval{2'000};

}  // namespace

Milliseconds RethinkSource::left_until(SteadyTime until) const {
  return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(until - clock_->steady()));
}

Result<ChangeBatch> RethinkSource::read(const ReadLimits& limits, Milliseconds wait,
                                        std::stop_token stop) {
  if (!opened_) {
    const Position at = given_;
    if (auto again = open(at, stop); !again) return failed(again);
  }
  const SteadyTime until = clock_->steady() + wait;
  const Position before = given_;
  ChangeBatch batch;
  for (;;) {
    give(limits, batch);
    if (!batch.changes.empty() || given_ != before) return finished(std::move(batch));
    if (!doubt_.empty()) {
      Error error = contradicted(stop);
      disconnect();
      return fail(std::move(error));
    }
    if (error_) {
      disconnect();
      return fail(*std::move(error_));
    }
    auto more = fetch(until, stop);
    if (!more) {
      disconnect();
      // A query that was cut short. The next read opens the source again.
      if (stop.stop_requested()) return finished(std::move(batch));
      return failed(more);
    }
    if (!*more) return finished(std::move(batch));
  }
}

ChangeBatch RethinkSource::finished(ChangeBatch batch) {
  batch.position = given_;
  batch.current = current_ && queue_.empty() && !error_ && doubt_.empty();
  if (at_.snapshot) {
    batch.snapshot = SnapshotProgress{.table = options_.words(),
                                      .done = at_.snapshot->done,
                                      .total = std::max(rows_estimate_, at_.snapshot->done),
                                      .tables_done = 0,
                                      .tables_total = 1};
  }
  return batch;
}

/// Moves what is queued into the batch, as far as it fits.
void RethinkSource::give(const ReadLimits& limits, ChangeBatch& batch) {
  while (!queue_.empty()) {
    Item& item = queue_.front();
    if (is_returned(item)) {
      queue_.pop_front();
      continue;
    }
    if (!fits(item)) {
      queue_.clear();
      return;
    }
    if (item.change) {
      if (batch.changes.size() >= limits.count) return;
      // Its position is longer than the last one by a word at the most.
      const std::size_t size = footprint(*item.change) + given_.token.size() + word_size;
      if (!batch.changes.empty() && batch.bytes + size > limits.bytes) return;
    }
    return_item(item);
    if (item.change) {
      item.change->position = given_;
      const std::size_t size = footprint(*item.change);
      batch.add(*std::move(item.change), size);
    }
    queue_.pop_front();
  }
}

/// A page has a document twice if something of it is forgotten while the server reads: the index then
/// has it further on.
bool RethinkSource::is_returned(const Item& item) const {
  return item.number != 0 && !item.is_walked && published_.number_of(item.exact) >= item.number;
}

void RethinkSource::return_item(Item& item) {
  if (item.number != 0) {
    published_.add(item.exact, {.key = item.key,
                                .number = item.number,
                                .is_missing = item.is_missing,
                                .version = item.version});
  }
  if (at_.snapshot && item.is_walked) at_.snapshot->after = item.key;
  if (at_.snapshot && item.is_walked && item.change) ++at_.snapshot->done;
  if (item.ends_walk) at_.snapshot.reset();
  if (item.ends_skipping) at_.skipped = 0;
  if (item.change) ++at_.told;
  if (item.is_missing) told_.returned(item.exact, {});
  if (item.version != 0) {
    told_.returned(item.exact, {.number = item.number, .version = item.version});
  }
  set_position();
}

void RethinkSource::set_position() {
  at_.published = published_.words();
  at_.until = published_.until();
  given_ = encode(at_);
}

/// Returns true if there may be something to return; false if the time is over or a stop was requested.
Result<bool> RethinkSource::fetch(SteadyTime until, const std::stop_token& stop) {
  if (!page_.is_reading()) {
    if (auto collected = collect_releases(Milliseconds(0), stop); !collected)
      return failed(collected);
    if (clock_->steady() >= look_at_) {
      if (auto looked = look_around(stop); !looked) return failed(looked);
    }
    if (auto purged = purge(stop); !purged) return failed(purged);
    if (published_.size() >= most_unreleased) return wait_for_release(until, stop);
    if (round_over_ && !walks()) {
      if (auto found = scan_for_removed(stop); !found || *found) return found;
      return wait_for_more(until, stop);
    }
    if (auto begun = begin_page(); !begun) return failed(begun);
  }
  return read_page(until, stop);
}

Error RethinkSource::silent() const {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.unavailable",
          .message = options_.words() + " is not answered for " +
                     std::to_string(options_.timeout.count()) + " ms",
          .next = "check the server, and the network to it"};
}

/// The pages of a snapshot and those of pending changes take turns.
Result<void> RethinkSource::begin_page() {
  page_wait_ = {};
  const bool pending_is_due = reads_rows_ && !round_over_;
  reads_rows_ = walks() && !pending_is_due;
  if (reads_rows_) {
    round_over_ = false;
    asked_ = std::min(most_in_page, page_.fitting());
    return page_.begin(page_of_rows(standing_.names, walked_, asked_), standing_.names.primary_key,
                       {});
  }
  asked_ = std::min({most_in_page, most_unreleased - published_.size(), page_.fitting()});
  PageChoice choice{.after = cursor_, .count = asked_};
  if (at_.snapshot && !at_.snapshot->again) choice.not_after = walked_;
  return page_.begin(page_of_pending(standing_.names, choice), standing_.names.primary_key, {});
}

Result<bool> RethinkSource::read_page(SteadyTime until, const std::stop_token& stop) {
  // The time to wait is for changes to come. What is there takes a query.
  const Milliseconds left = std::chrono::ceil<Milliseconds>(options_.timeout - page_wait_);
  const Milliseconds longest = std::min(std::max(left_until(until), query_patience), left);
  const SteadyTime began = clock_->steady();
  auto documents = page_.next(longest, stop);
  if (!documents) return failed(documents);
  if (!*documents) {
    page_wait_ += clock_->steady() - began;
    if (page_wait_ >= options_.timeout) return fail(silent());
    return false;
  }
  page_wait_ = {};
  if (!reads_rows_) note_lag(**documents);
  if (auto noted = note_keys(**documents, stop); !noted) return failed(noted);
  if (!page_.is_reading()) end_page();
  for (JournaledDocument& document : **documents) {
    if (reads_rows_) {
      queue_row(std::move(document));
    } else {
      queue_pending(std::move(document));
    }
  }
  if (page_.is_reading()) return true;
  if (reads_rows_ && walk_read_) queue({.ends_walk = true});
  // Nothing that was pending when this source began is left.
  if (round_over_ && !at_.snapshot && at_.skipped != 0) queue({.ends_skipping = true});
  return true;
}

/// All documents of the page have come.
void RethinkSource::end_page() {
  const bool at_end = page_.count() < asked_;
  if (reads_rows_) {
    if (page_.last()) walked_ = page_.last()->key;
    walk_read_ = at_end;
    return;
  }
  round_over_ = at_end;
  cursor_ = at_end ? std::nullopt : page_.last();
  current_ = current_ || (at_end && !at_.snapshot);
}

/// A round is over: until the next one.
Result<bool> RethinkSource::wait_for_more(SteadyTime until, const std::stop_token& stop) {
  const Milliseconds left = left_until(std::min(until, look_at_));
  auto woken = wake_.wait(left, stop);
  if (!woken) return failed(woken);
  if (*woken) round_over_ = false;
  return *woken || (clock_->steady() < until && !stop.stop_requested());
}

Result<void> RethinkSource::look_around(const std::stop_token& stop) {
  auto standing = standing_of(session_, stop);
  if (!standing) return failed(standing);
  if (auto sound = check_standing(*standing, relay_); !sound) return sound;
  if (standing->names.id != standing_.names.id || standing->registered->journal != at_.journal) {
    return fail({.remedy = Remedy::retry,
                 .origin = Origin::source,
                 .name = "source.unavailable",
                 .message = options_.words() + " was made or prepared again",
                 .next = {}});
  }
  server_ahead_ms_ =
      static_cast<std::int64_t>(standing->now_ms) - clock_->wall().time_since_epoch().count();
  standing_ = *std::move(standing);
  look_at_ = clock_->steady() + look_interval;
  round_over_ = false;
  return {};
}

void RethinkSource::note_lag(const std::vector<JournaledDocument>& documents) {
  const auto waiting = std::ranges::find_if(documents, [&](const JournaledDocument& document) {
    return !document.pending.empty() &&
           document.pending.back().number > published_.number_of(exact_key(document.key));
  });
  oldest_pending_ms_ = waiting == documents.end() ? 0 : waiting->first_pending();
}

std::optional<SourceLag> RethinkSource::lag(const Position& /*position*/) const {
  const std::uint64_t oldest = oldest_pending_ms_;
  if (oldest == 0) return SourceLag{.amount = 0, .unit = SourceLag::Unit::seconds};
  const std::int64_t now = clock_->wall().time_since_epoch().count() + server_ahead_ms_;
  const std::int64_t behind = std::max<std::int64_t>(0, now - static_cast<std::int64_t>(oldest));
  return SourceLag{.amount = static_cast<std::uint64_t>(behind / 1000),
                   .unit = SourceLag::Unit::seconds};
}

}  // namespace headwater::rethinkdb
