// A named consumer of a stream: reads, hands over, tries again, puts aside what cannot be handled,
// and acknowledges what is done.
//
//     stream ──Follower──▶ lanes ──events──▶ handlers ──done──▶ Tracker ──place──▶ stream
//                            ▲                  │
//                            └──── replays ──── dead letters
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/consumer/beginning.h"
#include "src/consumer/follower.h"
#include "src/consumer/handler.h"
#include "src/ports/adapter.h"

namespace headwater::consumer {

/// What becomes of an event that cannot be handled.
enum class OnFailure {
  retry,        ///< It is tried again until it succeeds.
  dead_letter,  ///< After some attempts it goes to the dead letters.
  stop,         ///< After some attempts the consumer stops.
};

struct Options {
  std::string name;
  Beginning first{};  ///< Where it begins if it has no place yet.
  ReadLimits limits{.count = 500, .bytes = std::size_t{1} << 20U};  ///< Of one call of a handler.
  unsigned workers = 1;
  /// Bytes of all events between the stream and the handlers; one more read may exceed it.
  std::size_t window_bytes = std::size_t{8} << 20U;
  OnFailure on_failure = OnFailure::retry;
  unsigned attempts = 5;
  Milliseconds first_pause{100};
  Milliseconds longest_pause{10'000};
  bool skip_aged_out = false;
};

class Replays;

/// What a person may want to know while it runs.
struct Note {
  enum class Kind {
    retrying,     ///< `error` happened (to the handler or the stream); tries again after `pause`.
    dead_letter,  ///< Event `sequence` is a dead letter because of `error`.
    replayed,     ///< Dead letter `sequence` was handled after all.
    aged_out,     ///< Retention has removed events before `sequence`; goes on.
  };
  Kind kind;
  Error error{};
  std::uint64_t sequence = 0;
  Milliseconds pause{0};
};

/// By the error's name. A handler's errors may have any; after so many, the others are counted
/// together as "other".
using Counts = std::map<std::string, std::uint64_t, std::less<>>;
constexpr std::size_t most_names_counted = 50;

struct Progress {
  std::uint64_t acknowledged = 0;
  std::uint64_t handled = 0;  ///< Events, dead letters that were replayed among them.
  std::uint64_t failed = 0;   ///< Calls of a handler that left something.
  std::uint64_t dead_letters = 0;
  Counts retries;  ///< Failures of the handler or a stream after which it was tried again.
  Counts causes;   ///< Of the dead letters.
  /// Dead letters that nobody has replayed or dropped, as last read; nothing: there is no stream
  /// for them, or it was not read yet.
  std::optional<std::uint64_t> letters_open;
  std::string trouble;                      ///< Name of the last error; empty if it went on since.
  std::optional<SteadyTime> trouble_since;  ///< The first error after the last success.
};

/// Makes the handler of a worker. Called before the worker's thread starts.
using MakeHandler = std::function<std::unique_ptr<Handler>(unsigned worker)>;
/// From any of its threads, one call at a time; must be short.
using TakeNote = std::function<void(const Note&)>;

class Consumer {
 public:
  /// All must outlive it. `dead_letters` may be null unless the options need it.
  Consumer(StreamAdapter& stream, StreamAdapter* dead_letters, Options options, const Clock& clock,
           TakeNote note = {});
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  /// Registers the consumer, so that retention waits for it. Blocks. Fails with
  /// `consumer.no_dead_letters`, or as the streams do.
  Result<void> open();

  /// Hands events to handlers until `stop` is requested (succeeds, after the calls under way), with
  /// `to_end` until everything is handled that was there at the start, or until something fails that
  /// a person has to mend. Blocks; call it once, after open().
  Result<void> run(const MakeHandler& make, const std::stop_token& stop, bool to_end);

  /// Any thread. lag() blocks for some round trips.
  [[nodiscard]] Progress progress() const;
  Result<Lag> lag();

  struct Shared;  ///< Private to this folder.

 private:
  /// Tells the dead letters that the consumer is new, or starts again.
  Result<void> begin_letters();
  /// Reads, and runs the workers, to the end.
  void work(StreamReader& reader, std::vector<std::unique_ptr<Handler>> handlers, Replays& replays,
            bool to_end);
  /// After all threads have ended.
  Result<void> acknowledge_rest(bool to_end);

  std::unique_ptr<Shared> shared_;
};

}  // namespace headwater::consumer
