// A change stream that is asked ahead: while one batch is being made into changes, the server works
// on the next.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "src/base/clock.h"
#include "src/sources/mongodb/feed/change_stream.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// Used by one thread. Has one of its own, which does nothing but wait for the server's answer; so
/// a stop need not wait for it.
class Tailer {
 public:
  /// `pool` must outlive it.
  Tailer(Pool& pool, StreamRequest request);
  ~Tailer();
  Tailer(const Tailer&) = delete;
  Tailer& operator=(const Tailer&) = delete;

  /// Opens a new cursor; whatever was asked is forgotten. Blocks.
  Answer<void> start(const StartAt& start);
  /// Ends the cursor. Blocks until the server has let go of it.
  void end();
  [[nodiscard]] bool started() const { return stream_.has_value(); }

  /// Asks for one more batch: at most `count` events, and an empty one after `wait` without any.
  /// Only once started. Several may be asked for; they come in order.
  void ask(std::int32_t count, Milliseconds wait);
  /// Asked for and not yet taken.
  [[nodiscard]] std::size_t asked() const { return asks_ - answers_; }
  /// How many were asked for so far, and how many of them taken.
  [[nodiscard]] std::uint64_t asks() const { return asks_; }
  [[nodiscard]] std::uint64_t answers() const { return answers_; }

  /// The next that was asked for. nullopt if it is not there within `wait`, or `stop` is requested:
  /// it stays asked for. A failure ends the cursor.
  std::optional<Answer<StreamBatch>> answer(Milliseconds wait, std::stop_token stop);

 private:
  struct Question {
    std::int32_t count;
    Milliseconds wait;
  };
  void work(const std::stop_token& stop);
  void drop_all();

  StreamRequest request_;
  Connection connection_;  // of the worker while something is asked, else of the caller
  Connection killer_;
  std::optional<ChangeStream> stream_;
  std::uint64_t asks_ = 0;
  std::uint64_t answers_ = 0;

  std::mutex mutex_;  // guards these:
  std::condition_variable_any changed_;
  std::deque<Question> questions_;
  std::deque<Answer<StreamBatch>> ready_;
  bool busy_ = false;    // the worker waits for the server
  std::jthread worker_;  // last: it uses the rest
};

}  // namespace headwater::mongodb
