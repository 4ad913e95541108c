// A change stream that is asked ahead: while one batch is being made into changes, the server works
// on the next.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>

#include "src/base/clock.h"
#include "src/sources/mongodb/feed/change_stream.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// Used by one thread. Has one of its own, which does nothing but wait for the server's answer; so
/// a stop need not wait for it. A thread whose answer does not come, because the network has gone
/// silent, is left to itself with its connections, and ends when the socket's time is over.
class Tailer {
 public:
  Tailer(std::shared_ptr<Pool> pool, StreamRequest request);
  ~Tailer();
  Tailer(const Tailer&) = delete;
  Tailer& operator=(const Tailer&) = delete;

  /// Opens a new cursor; whatever was asked is forgotten. Blocks.
  Answer<void> start(const StartAt& start);
  /// Ends the cursor. Blocks until the server has let go of it, or a few seconds.
  void end();
  [[nodiscard]] bool started() const;

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
  /// The pool's threads find that the cursor's server cannot be reached: an answer is
  /// not to be waited for.
  [[nodiscard]] bool cut_off();

 private:
  struct Line;
  void open_line();
  bool drop_all();

  std::shared_ptr<Pool> pool_;
  StreamRequest request_;
  std::uint64_t asks_ = 0;
  std::uint64_t answers_ = 0;
  std::shared_ptr<Line> line_;
  std::jthread worker_;
};

}  // namespace headwater::mongodb
