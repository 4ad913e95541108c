// Time, chance, and what is still to come, for one simulated world. The same seed gives the same
// world, event for event.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "src/base/clock.h"

namespace headwater::simulation {

/// Numbers from a seed: the same on every machine (SplitMix64).
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  /// From least to most, both included.
  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    return least + next() % (most - least + 1);
  }
  bool in_thousand(std::uint64_t hits) { return next() % 1'000 < hits; }
  Milliseconds span(std::uint64_t least_ms, std::uint64_t most_ms) {
    return Milliseconds(static_cast<std::int64_t>(between(least_ms, most_ms)));
  }

 private:
  std::uint64_t state_;
};

/// What a source does about changes that are gone.
enum class OnLost { stop, snapshot, skip };
/// What a relay does about one that is too large.
enum class OnLarge { publish, gap, stop };

/// What kind of source it is.
struct SourceKind {
  bool snapshot = false;     ///< Rows that were there before come first.
  bool reads_ahead = false;  ///< A row that a change is about to touch comes just before it; else
                             ///< such changes are left out, and the row comes as it is then.
  bool has_beginning = true;
  bool loses = false;  ///< The database may forget what it should not, the stream be made anew.
  OnLost on_lost = OnLost::stop;
  OnLarge on_large = OnLarge::publish;

  static SourceKind any(Chance& chance) {
    SourceKind kind;
    kind.snapshot = chance.in_thousand(500);
    kind.reads_ahead = chance.in_thousand(500);
    kind.has_beginning = kind.snapshot || chance.in_thousand(500);
    kind.loses = chance.in_thousand(300);
    kind.on_lost = static_cast<OnLost>(chance.between(0, 2));
    if (chance.in_thousand(200)) kind.on_large = OnLarge::gap;
    if (chance.in_thousand(50)) kind.on_large = OnLarge::stop;
    return kind;
  }
};

class World {
 public:
  World(std::uint64_t seed, bool tracing)
      : chance(seed), source(SourceKind::any(chance)), tracing_(tracing) {}

  Chance chance;
  const SourceKind source;
  /// False: nothing fails any more, and everything has to drain.
  bool faulty = true;

  [[nodiscard]] SteadyTime now() const { return now_; }
  void after(Milliseconds delay, std::function<void()> what) {
    coming_.emplace(now_ + delay, std::move(what));  // Of the same time: in the order they came.
  }
  /// Lets the next thing happen; false if nothing is to come.
  bool step() {
    if (coming_.empty()) return false;
    const auto next = coming_.begin();
    now_ = next->first;
    const std::function<void()> what = std::move(next->second);
    coming_.erase(next);
    what();
    return true;
  }

  /// Whether a fault happens now.
  bool mishap(std::uint64_t in_thousand) { return faulty && chance.in_thousand(in_thousand); }

  /// `line` gives the text, and is only called when somebody listens.
  template <class Line>
  void trace(Line line) {
    if (tracing_) trace_ += time() + " " + line() + "\n";
  }
  void fail(const std::string& what) {
    trace([&] { return "FAILED: " + what; });
    if (failure_.empty()) failure_ = time() + " " + what;
  }
  /// The first thing that should never have happened; empty if there was none.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] const std::string& trace_text() const { return trace_; }

 private:
  [[nodiscard]] std::string time() const {
    return std::to_string(
               std::chrono::duration_cast<Milliseconds>(now_.time_since_epoch()).count()) +
           "ms";
  }

  SteadyTime now_{};
  std::multimap<SteadyTime, std::function<void()>> coming_;
  bool tracing_;
  std::string trace_;
  std::string failure_;
};

/// What is broken on purpose, to see whether the simulation notices.
enum class Broken {
  nothing,
  fence,           ///< The stream appends whatever tail is expected.
  guessed_tail,    ///< An append without a reply is taken for done.
  early_release,   ///< The source is told when an append begins, not when it is durable.
  stale_read,      ///< The source goes on where it was, although it was opened elsewhere.
  wrong_position,  ///< A batch says that it ends one change later than it does.
  late_position,   ///< Each event says the position of the last one it was shaped with.
  silent_loss,     ///< The source goes on behind what is gone without a word.
  empty_is_now,    ///< A feed taken up at the empty position begins with what comes next.
  false_gap,       ///< The source leaves a gap whenever it is opened again.
};

}  // namespace headwater::simulation
