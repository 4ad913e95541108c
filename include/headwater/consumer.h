// A named consumer: acts on each event, and remembers in the stream how far it has come.
#pragma once

#include <headwater/stream.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace headwater::client {

/// What becomes of an event that the handler cannot handle.
enum class OnFailure {
  retry,        ///< It is tried again until it succeeds. Nothing passes it.
  dead_letter,  ///< After some attempts it goes to the dead letters, with the cause.
  stop,         ///< After some attempts the consumer stops with the handler's error.
};

struct ConsumerOptions {
  /// At most 200 bytes, without NUL. Its place in the stream has this name.
  std::string name{};
  /// Where it begins if it has no place yet.
  Start first = Start::earliest();
  Limits limits{.events = 500};  ///< Of one call of the handler.
  /// Threads that call the handler. Events of one partition key stay in order: one worker gets all
  /// of them.
  unsigned workers = 1;

  OnFailure on_failure = OnFailure::retry;
  unsigned attempts = 5;                       ///< Before dead_letter or stop; at least 1.
  std::chrono::milliseconds first_pause{100};  ///< Before the second attempt; then twice as long,
  std::chrono::milliseconds longest_pause{10'000};  ///< and at most this.
  /// Where dead letters go; for dead_letter only. A stream of its own, of any kind that can be read
  /// and that relays do not use. An embedded one is a file.
  std::optional<Stream> dead_letters{};

  /// If retention has removed events that the consumer had not seen: stop with `stream.aged_out`,
  /// or go on with those that are left.
  bool skip_aged_out = false;
};

/// Handles all events of the batch or fails. It is called again with the same events if it fails,
/// if it is interrupted by a crash, or if acknowledging fails; so it must undo what it has done (a
/// transaction) or recognize what it has done (an inbox).
///
/// A batch of several events that fails is handed over again event by event, so that only the event
/// that cannot be handled is affected. Remedy::retry: try again later. Remedy::stop: trying again
/// does not help; OnFailure::retry tries again all the same, the others act at once. An exception is
/// a failure with Remedy::retry.
using Handler = std::function<Result<void>(const Batch& batch)>;

/// What a consumer has done since run() was last called.
struct Progress {
  std::uint64_t acknowledged = 0;  ///< Its place.
  std::uint64_t handled = 0;       ///< Events.
  std::uint64_t failed = 0;        ///< Calls of the handler that failed.
  std::uint64_t dead_letters = 0;
  /// Of the last failure, of the handler or of the stream; empty if it went on since.
  std::string trouble{};
};

/// Not copyable. progress() and lag() may be called from any thread while run() blocks another.
class Consumer {
 public:
  /// Connects, and registers the consumer so that retention waits for it. Fails with
  /// `consumer.bad_options`, `stream.recreated`, `stream.beyond_end`, or as the stream does.
  static Result<Consumer> open(const Stream& stream, ConsumerOptions options);

  Consumer(Consumer&&) noexcept;
  Consumer& operator=(Consumer&&) noexcept;
  ~Consumer();

  /// Hands events to `handler` until `stop` is requested (then succeeds, after the calls that are
  /// under way) or something fails that a person has to mend. While the stream is away it waits and
  /// tries again. Acknowledges only what was handled or is a durable dead letter.
  Result<void> run(const Handler& handler, std::stop_token stop);
  /// The same until it has handled what the stream holds now.
  Result<void> run_to_end(const Handler& handler, std::stop_token stop = {});

  [[nodiscard]] Progress progress() const;
  Result<Lag> lag();

 private:
  struct State;
  explicit Consumer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace headwater::client
