// One relay's stream, as clients share it: a few threads that read, however many clients there are.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/gateway/ring.h"
#include "src/ports/stream.h"

namespace headwater::gateway {

/// A question to the stream that a feed's thread answers. `value` belongs to the asker once `done`.
template <class T>
struct Pending {
  std::atomic<bool> done{false};
  std::atomic<bool> cancelled{false};  ///< Nobody waits for it any more.
  std::optional<Result<T>> value;
  std::string life;  ///< Of the stream that has answered; place.h.
};

/// Cancels the question when the asker goes away. One thread.
template <class T>
class Asked {
 public:
  Asked() = default;
  explicit Asked(std::shared_ptr<Pending<T>> pending) : pending_(std::move(pending)) {}
  Asked(Asked&& other) noexcept = default;
  Asked& operator=(Asked&& other) noexcept {
    std::swap(pending_, other.pending_);
    std::swap(life_, other.life_);
    return *this;
  }
  ~Asked() {
    if (pending_) pending_->cancelled = true;
  }
  [[nodiscard]] bool is_open() const { return pending_ != nullptr; }
  /// The answer, once; nothing: it is not known yet.
  [[nodiscard]] std::optional<Result<T>> take() {
    if (!pending_ || !pending_->done.load(std::memory_order_acquire)) return std::nullopt;
    auto value = std::move(pending_->value);
    life_ = pending_->life;
    pending_.reset();
    return value;
  }
  /// Of the stream that has answered, after take().
  [[nodiscard]] const std::string& life() const { return life_; }

 private:
  std::shared_ptr<Pending<T>> pending_;
  std::string life_;
};

/// What the numbers in a question belong to. A stream that is created again begins another life,
/// in which they stand for other events.
struct Bound {
  bool to_stream = false;  ///< There are some, so only the stream that was there before may answer.
  std::string life{};      ///< If so: the one that they are known to be from; empty: not known.
};

struct FeedOptions {
  std::string relay;
  std::function<Result<std::unique_ptr<StreamReader>>()> open;
  std::size_t page_bytes = std::size_t{128} << 10U;  ///< Of events that are read at once.
  std::size_t ring_bytes = std::size_t{8} << 20U;
  std::function<void()> changed;                 ///< A question was answered, or the ring moved.
  std::function<void(const Error&)> note_error;  ///< Of a read that will be tried again.
};

/// Starts its threads when they are first needed, three at most. Any thread may call it.
class Feed {
 public:
  explicit Feed(FeedOptions options);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  [[nodiscard]] const std::string& relay() const { return options_.relay; }
  [[nodiscard]] std::size_t page_bytes() const { return options_.page_bytes; }

  /// `question` is called with a reader on one of the feed's threads; it may block.
  template <class T>
  Asked<T> ask(const Bound& bound,
               std::function<Result<T>(StreamReader&, std::stop_token)> question) {
    auto pending = std::make_shared<Pending<T>>();
    enqueue({.is_cancelled = [pending] { return pending->cancelled.load(); },
             .run = [pending, question = std::move(question)](
                        StreamReader& reader, std::stop_token stop) -> std::optional<Error> {
               pending->value = question(reader, std::move(stop));
               pending->life = reader.life();
               if (*pending->value) return std::nullopt;
               return pending->value->error();
             },
             .end =
                 [pending](const Error* error) {
                   if (error != nullptr) pending->value = Result<T>(fail(*error));
                   pending->done.store(true, std::memory_order_release);
                 },
             .bound = bound});
    return Asked<T>(std::move(pending));
  }

  /// While it exists, the ring follows the end of the stream.
  class Watch {
   public:
    explicit Watch(Feed& feed) : feed_(&feed) { feed.add_watcher(); }
    ~Watch() { --feed_->watchers_; }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Feed* feed_;
  };
  /// Another one after the stream has failed, or after nobody has watched for a while.
  [[nodiscard]] std::shared_ptr<Ring> ring() const;

 private:
  struct Job {
    std::function<bool()> is_cancelled;
    /// Returns the error.
    std::function<std::optional<Error>(StreamReader&, std::stop_token)> run;
    /// With an error if there was no reader.
    std::function<void(const Error*)> end;
    Bound bound;
    std::uint64_t number = 0;  ///< In the order of the questions.
  };

  /// One thread's; null: not open.
  using OwnReader = std::unique_ptr<StreamReader>;

  void enqueue(Job job);
  void add_watcher();
  void work(const std::stop_token& stop);
  [[nodiscard]] std::uint64_t last_job() const;
  /// Answers those that wait, up to this number, with an error.
  void end_jobs(std::uint64_t last, const Error& error);
  void answer(const Job& job, OwnReader& own, const std::stop_token& stop);
  /// Whether a reader of this life reads the stream that is there now, as far as any thread knows.
  [[nodiscard]] bool is_present(const std::string& life) const;
  /// Opens it, unless it is open and no other thread has found that the stream was created again.
  Result<void> ready(OwnReader& own);
  /// The stream was created again. Every thread then opens it again.
  void end_life(const std::string& life);
  void follow(const std::stop_token& stop);
  void follow_watched(OwnReader& own, const std::stop_token& stop);
  Result<void> read_on(StreamReader& reader, Ring& ring, const std::stop_token& stop);
  std::shared_ptr<Ring> ring_to_start();
  /// Nothing is added to it any more.
  void end_ring(const std::shared_ptr<Ring>& ring, const Error& error);

  FeedOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any moved_;
  std::deque<Job> jobs_;
  std::uint64_t last_job_ = 0;  ///< Its number.
  std::size_t sweep_at_ = 0;    ///< As many jobs, and those that are cancelled are removed.
  std::shared_ptr<Ring> ring_;
  std::string life_;  ///< The newest that any thread has found; place.h.
  bool life_has_ended_ = false;
  std::atomic<std::size_t> watchers_{0};
  std::stop_source stop_;
  std::vector<std::jthread> workers_;
  std::jthread follower_;
};

}  // namespace headwater::gateway
