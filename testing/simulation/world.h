// The time, the chance and the future events of one simulated world. A seed always gives the same
// world, event for event.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "src/base/clock.h"

namespace headwater::simulation {

/// Random numbers from a seed, the same on every machine (SplitMix64).
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
  /// From `least` to `most`, inclusive.
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

/// What a source does when changes are lost.
enum class OnLost { stop, snapshot, skip };
/// What a relay does with a change that is too large.
enum class OnLarge { publish, gap, stop };

/// The properties of a source.
struct SourceKind {
  bool snapshot = false;     ///< Existing rows come first.
  bool reads_ahead = false;  ///< A row comes just before its first change. Otherwise that change is
                             ///< left out, and the row comes later as it is then.
  bool has_beginning = true;
  bool loses = false;  ///< The database may lose history, and the stream may be recreated.
  OnLost on_lost = OnLost::stop;
  OnLarge on_large = OnLarge::publish;

  static SourceKind random(Chance& chance) {
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
      : chance(seed), source(SourceKind::random(chance)), tracing_(tracing) {}

  Chance chance;
  const SourceKind source;
  /// False: there are no more faults, and everything has to drain.
  bool faulty = true;

  [[nodiscard]] SteadyTime now() const { return now_; }
  void after(Milliseconds delay, std::function<void()> what) {
    coming_.emplace(now_ + delay, std::move(what));  // Events at the same time keep their order.
  }
  /// Runs the next event. Returns false if there is none.
  bool step() {
    if (coming_.empty()) return false;
    const auto next = coming_.begin();
    now_ = next->first;
    const std::function<void()> what = std::move(next->second);
    coming_.erase(next);
    what();
    return true;
  }

  /// Whether a fault with this probability happens now.
  bool fault(std::uint64_t in_thousand) { return faulty && chance.in_thousand(in_thousand); }

  /// `line` returns the text; it is called only if there is a trace.
  template <class Line>
  void trace(Line line) {
    if (tracing_) trace_ += time() + " " + line() + "\n";
  }
  void fail(const std::string& what) {
    trace([&] { return "FAILED: " + what; });
    if (failure_.empty()) failure_ = time() + " " + what;
  }
  /// The first violation; empty if there was none.
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

/// A deliberate bug, to show that the simulation detects it.
enum class Broken {
  nothing,
  fence,           ///< The stream ignores that its tail has moved on.
  guessed_tail,    ///< The relay assumes that an append without a reply succeeded.
  early_release,   ///< The source is released when an append begins.
  stale_read,      ///< The source continues where it was when it is opened again.
  wrong_position,  ///< The position of a batch is one change too late.
  late_position,   ///< Each event has the position of the last one of its batch.
  silent_loss,     ///< The source skips lost changes without a gap.
  empty_is_now,    ///< A feed opened at the empty position starts at the present.
  untended,        ///< Nobody tends the source while nobody reads it.
  false_gap,       ///< The source leaves a gap whenever it is opened again.
};

}  // namespace headwater::simulation
