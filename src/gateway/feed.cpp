#include "src/gateway/feed.h"

#include <algorithm>
#include <chrono>

#include "src/base/wait_for.h"
#include "src/gateway/errors.h"
#include "src/gateway/start.h"
#include "src/ports/place.h"

namespace headwater::gateway {
namespace {

// For pages and places, besides the one that follows the end.
constexpr std::size_t most_workers = 2;
// How soon a follower notices that nobody watches any more.
constexpr Milliseconds longest_wait{2'000};
constexpr Milliseconds first_pause{250};
constexpr Milliseconds longest_pause{5'000};
constexpr std::size_t least_jobs_to_sweep = 64;

}  // namespace

Feed::Feed(FeedOptions options)
    : options_(std::move(options)), ring_(std::make_shared<Ring>(options_.ring_bytes)) {}

Feed::~Feed() {
  stop_.request_stop();
  workers_.clear();
}

std::shared_ptr<Ring> Feed::ring() const {
  const std::lock_guard lock(mutex_);
  return ring_;
}

std::shared_ptr<Ring> Feed::ring_to_start() {
  const std::lock_guard lock(mutex_);
  if (ring_->end() != 0) ring_ = std::make_shared<Ring>(options_.ring_bytes);
  return ring_;
}

/// Before anybody hears of the failure there is another one: who comes because of it gets that.
void Feed::end_ring(const std::shared_ptr<Ring>& ring, const Error& error) {
  if (ring->has_failed()) return;
  {
    const std::lock_guard lock(mutex_);
    if (ring_ == ring) ring_ = std::make_shared<Ring>(options_.ring_bytes);
  }
  ring->fail(for_client(error, relay()));
  options_.changed();
}

void Feed::enqueue(Job job) {
  const std::lock_guard lock(mutex_);
  job.number = ++last_job_;
  // Whichever thread answers, and even if it opens the stream only then.
  if (job.bound.to_stream && job.bound.life.empty() && !life_has_ended_) job.bound.life = life_;
  jobs_.push_back(std::move(job));
  // While the stream hangs, nobody takes the questions of clients that have left.
  if (jobs_.size() >= sweep_at_) {
    std::erase_if(jobs_, [](const Job& each) { return each.is_cancelled(); });
    sweep_at_ = std::max(least_jobs_to_sweep, 2 * jobs_.size());
  }
  if (workers_.size() < most_workers) {
    workers_.emplace_back([this] { work(stop_.get_token()); });
  }
  moved_.notify_all();
}

void Feed::add_watcher() {
  const std::lock_guard lock(mutex_);
  ++watchers_;
  if (!follower_.joinable()) follower_ = std::jthread([this] { follow(stop_.get_token()); });
  moved_.notify_all();
}

void Feed::work(const std::stop_token& stop) {
  OwnReader own;
  while (!stop.stop_requested()) {
    std::optional<Job> job;
    {
      std::unique_lock lock(mutex_);
      moved_.wait(lock, stop, [this] { return !jobs_.empty(); });
      if (stop.stop_requested()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    if (job->is_cancelled()) continue;
    answer(*job, own, stop);
    options_.changed();
  }
}

bool Feed::is_present(const std::string& life) const {
  const std::lock_guard lock(mutex_);
  return life_has_ended_ ? life != life_ : !are_different_lives(life, life_);
}

Result<void> Feed::ready(OwnReader& own) {
  if (own && is_present(own->life())) return {};
  auto opened = options_.open();
  if (!opened) return failed(opened);
  own = *std::move(opened);
  // From its first call on, a reader is bound to a life.
  if (auto range = own->range(); !range) {
    own.reset();
    return failed(range);
  }
  const std::string life = own->life();
  std::string before;
  {
    const std::lock_guard lock(mutex_);
    before = life_;
    if (!life.empty() && life != life_) {
      life_ = life;
      life_has_ended_ = false;
    }
  }
  if (are_different_lives(life, before)) end_life(before);
  return {};
}

void Feed::end_life(const std::string& life) {
  if (life.empty()) return;
  std::shared_ptr<Ring> of_it;
  {
    const std::lock_guard lock(mutex_);
    if (life_ == life) life_has_ended_ = true;
    if (ring_->end() != 0 && ring_->life() == life) of_it = ring_;
  }
  if (of_it) end_ring(of_it, recreated("the stream of relay " + relay(), ""));
}

std::uint64_t Feed::last_job() const {
  const std::lock_guard lock(mutex_);
  return last_job_;
}

void Feed::end_jobs(std::uint64_t last, const Error& error) {
  std::vector<Job> ended;
  {
    const std::lock_guard lock(mutex_);
    while (!jobs_.empty() && jobs_.front().number <= last) {
      ended.push_back(std::move(jobs_.front()));
      jobs_.pop_front();
    }
  }
  for (const Job& each : ended) each.end(&error);
}

void Feed::answer(const Job& job, OwnReader& own, const std::stop_token& stop) {
  for (;;) {
    const bool known = own != nullptr && is_present(own->life());
    const std::uint64_t last = last_job();
    if (auto opened = ready(own); !opened) {
      options_.note_error(opened.error());
      // Whoever asked before this try would get the same, but each only after a try of its own.
      end_jobs(last, opened.error());
      return job.end(&opened.error());
    }
    if (job.bound.to_stream && are_different_lives(job.bound.life, own->life())) {
      const Error error = recreated("the stream of relay " + relay(), "");
      return job.end(&error);
    }
    const auto error = job.run(*own, stop);
    if (!error) return job.end(nullptr);
    if (!is_about_place(*error) && !stop.stop_requested()) options_.note_error(*error);
    if (error->name != "stream.recreated") return job.end(nullptr);
    end_life(own->life());
    own.reset();
    if (!known || job.bound.to_stream) return job.end(nullptr);
  }
}

void Feed::follow(const std::stop_token& stop) {
  OwnReader own;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      moved_.wait(lock, stop, [this] { return watchers_ > 0; });
    }
    if (!stop.stop_requested()) follow_watched(own, stop);
  }
}

/// Until nobody watches, or the stream has failed.
void Feed::follow_watched(OwnReader& own, const std::stop_token& stop) {
  const std::shared_ptr<Ring> ring = ring_to_start();
  // The stream may have been created again while nobody watched.
  own.reset();
  Milliseconds delay = first_pause;
  while (watchers_ > 0 && !stop.stop_requested() && !ring->has_failed()) {
    // Of the stream that the ring is of, even if another thread knows that there is a new one.
    auto done = ring->end() != 0 && own ? Result<void>() : ready(own);
    if (done) done = read_on(*own, *ring, stop);
    if (done) {
      delay = first_pause;
      continue;
    }
    if (stop.stop_requested() || ring->has_failed()) return;
    options_.note_error(done.error());
    if (is_about_place(done.error())) {
      if (own && done.error().name == "stream.recreated") end_life(own->life());
      own.reset();
      end_ring(ring, done.error());
    }
    if (!wait_for(delay, stop)) return;
    delay = std::min(delay * 2, longest_pause);
  }
}

Result<void> Feed::read_on(StreamReader& reader, Ring& ring, const std::stop_token& stop) {
  if (ring.end() == 0) {
    auto range = reader.range();
    if (!range) return failed(range);
    ring.start(range->last + 1, reader.life());
    options_.changed();
  }
  const ReadLimits limits{.count = most_events_in_a_chunk, .bytes = options_.page_bytes};
  // Retention may be faster than this.
  auto events = read_from(reader, relay(), ring.end(), limits, longest_wait, stop);
  if (!events) return failed(events);
  if (events->empty()) return {};
  ring.add(to_chunk(*events));
  options_.changed();
  return {};
}

}  // namespace headwater::gateway
