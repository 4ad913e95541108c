#include "src/materialize/feed.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "src/materialize/errors.h"

namespace headwater::materialize {
namespace {

// So few that what they allocate stays in the processor's cache.
constexpr ReadLimits at_once{.count = 128, .bytes = std::size_t{1} << 20U};
constexpr std::size_t most_bytes = std::size_t{8} << 20U;  // of a batch
// Of a batch: events without an operation have no bytes in it, and the place moves past them, too.
constexpr std::uint64_t most_events = 100'000;
constexpr std::size_t most_waiting = 2;
constexpr Milliseconds longest_wait{60'000};

}  // namespace

Result<void> check_beginning(StreamReader& reader, const Retry& retry,
                             const std::stop_token& stop) {
  auto whole = retried(retry, stop, [&] { return reader.has_beginning(); });
  if (!whole) return failed(whole);
  if (*whole) return {};
  auto range = retried(retry, stop, [&] { return reader.range(); });
  if (!range) return failed(range);
  return fail(beginning_removed(range->first));
}

Feed::Feed(StreamReader& reader, DecoderOptions options, Begin begin, End end, const Retry& retry)
    : reader_(reader),
      decoder_(std::move(options)),
      place_(std::move(begin.after)),
      incomplete_(begin.incomplete),
      end_(end),
      retry_(retry),
      thread_([this](const std::stop_token& stop) { read_all(stop); }) {}

Feed::~Feed() {
  thread_.request_stop();
  thread_.join();
}

void Feed::read_all(const std::stop_token& stop) {
  for (bool last = false; !last && !stop.stop_requested();) {
    auto batch = fill(stop);
    if (!batch || error_in_batch_) {
      const Error error = error_in_batch_ ? *error_in_batch_ : batch.error();
      if (batch && batch->events > 0 && !push(*std::move(batch), stop)) return;
      const std::scoped_lock lock(mutex_);
      error_ = error;
      changed_.notify_all();
      return;
    }
    last = batch->last;
    if ((batch->events > 0 || last) && !push(*std::move(batch), stop)) return;
  }
}

/// What there is, up to the limit. Waits for the first event unless the feed ends here.
Result<Batch> Feed::fill(const std::stop_token& stop) {
  Batch batch = empty_batch();
  batch.place = place_;
  while (batch.bytes() < most_bytes && batch.events < most_events && !batch.last &&
         !error_in_batch_ && !stop.stop_requested()) {
    const bool may_wait = batch.events == 0 && !end_.at_end;
    auto more = take(batch, may_wait ? longest_wait : Milliseconds(0), stop);
    if (!more) return failed(more);
    if (!*more) break;
  }
  place_ = batch.place;
  return batch;
}

/// Reads once. Returns false if there was nothing more.
Result<bool> Feed::take(Batch& batch, Milliseconds wait, const std::stop_token& stop) {
  const std::uint64_t next = batch.place.sequence + 1;
  if (end_.sequence && next > *end_.sequence) {
    batch.last = true;
    return false;
  }
  auto events = retried(retry_, stop, [&] { return reader_.read(next, at_once, wait, stop); });
  if (!events) return failed(events);
  if (events->empty()) {
    batch.last = end_.at_end && !stop.stop_requested();
    return false;
  }
  if (auto whole = check_skipped(events->front().sequence, stop); !whole) return failed(whole);
  for (const StoredEvent& stored : *events) {
    if (is_past_end(stored)) {
      batch.last = true;
      return false;
    }
    if (auto added = decoder_.add(stored, batch); !added) {
      error_in_batch_ = std::move(added).error();
      return false;
    }
  }
  // Skipped numbers count from here on.
  place_.sequence = batch.place.sequence;
  return true;
}

bool Feed::is_past_end(const StoredEvent& stored) const {
  return (end_.sequence && stored.sequence > *end_.sequence) ||
         (end_.time && stored.event.time > *end_.time);
}

/// Numbers may be skipped. So only the stream's first event shows that some were removed.
Result<void> Feed::check_skipped(std::uint64_t found, const std::stop_token& stop) {
  const std::uint64_t next = place_.sequence + 1;
  if (found <= next) return {};
  // Again, because retention may have removed events since the copy began.
  if (place_.sequence == 0) {
    return incomplete_ ? Result<void>() : check_beginning(reader_, retry_, stop);
  }
  auto range = retried(retry_, stop, [&] { return reader_.range(); });
  if (!range) return failed(range);
  if (range->first > next) return fail(aged_out(place_, range->first));
  return {};
}

bool Feed::push(Batch batch, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const bool room = changed_.wait(lock, stop, [this] { return queue_.size() < most_waiting; });
  if (!room) return false;
  queue_.push_back(std::move(batch));
  changed_.notify_all();
  return true;
}

void Feed::spend(Batch batch) {
  const std::scoped_lock lock(mutex_);
  spent_.push_back(std::move(batch));
}

Batch Feed::empty_batch() {
  const std::scoped_lock lock(mutex_);
  if (spent_.empty()) return {};
  Batch batch = std::move(spent_.back());
  spent_.pop_back();
  batch.reset();
  return batch;
}

Result<std::optional<Batch>> Feed::next(Milliseconds wait, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, wait, [this] { return !queue_.empty() || error_; });
  if (!queue_.empty()) {
    std::optional<Batch> batch(std::move(queue_.front()));
    queue_.pop_front();
    changed_.notify_all();
    return batch;
  }
  if (error_ && !stop.stop_requested()) return fail(*error_);
  return std::optional<Batch>();
}

}  // namespace headwater::materialize
