// A course while it runs: its relays, its writers, and one fault after the other.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "testing/rig/writers.h"
#include "testing/soak/course.h"
#include "testing/soak/relays.h"

namespace headwater::soak {

/// What happened on one track.
struct Outcome {
  std::string name;
  std::string made_of;
  Findings findings;
  std::uint64_t transactions = 0;  ///< As the writers counted those that were acknowledged.
  std::map<std::string, std::uint64_t> faults;  ///< How often each happened.
  std::uint64_t leaders_killed = 0;
  Milliseconds longest_silence{0};  ///< Without a new event, after the end of a fault.
  Logged logged;
  std::vector<Samples> samples;
};

/// One thread, which starts all its processes and must not end before it.
class Track {
 public:
  /// Initialises the pipeline, and starts relays and writers.
  Track(std::unique_ptr<Course> course, std::uint64_t seed);

  /// Does what is due: begins a fault or ends it, changes the load, samples. Blocks for seconds at
  /// most, while a server starts.
  void tick();
  /// What went wrong so far; empty: nothing.
  [[nodiscard]] const std::string& trouble();

  /// Ends the fault, lets each lasting relay lead, ends the writers, waits until everything is
  /// published, stops the relays, and counts.
  [[nodiscard]] Outcome finish();
  /// Copies what would vanish with this object into its folder.
  void keep() { course_->keep(); }

 private:
  void add_relay_faults();
  void begin_fault();
  void end_fault();
  void stop_writers();
  void change_load();
  /// Notices that nothing is published any more.
  void watch();
  /// Whether a relay publishes while the others are stopped: one that hangs would otherwise go
  /// unnoticed.
  [[nodiscard]] bool can_lead(std::size_t number);
  [[nodiscard]] SteadyTime in(int least_ms, int most_ms);
  void note(const std::string& text);

  SystemClock clock_;
  Random random_;
  std::unique_ptr<Course> course_;
  std::ofstream log_;
  std::optional<Relays> relays_;
  std::optional<rig::Writers> writers_;
  rig::Written written_;
  std::uint64_t seed_;

  std::vector<Fault> faults_;
  const Fault* active_ = nullptr;
  SteadyTime fault_due_;  ///< When it ends, or the next begins.
  std::size_t victim_ = 0;
  std::map<std::string, std::uint64_t> happened_;
  std::uint64_t leaders_killed_ = 0;

  SteadyTime load_due_;
  SteadyTime sample_due_;
  SteadyTime watch_due_;
  SteadyTime look_due_;
  std::uint64_t progress_ = 0;
  SteadyTime progress_at_;  ///< The last event, or the end of the last fault.
  SteadyTime::duration longest_silence_{0};
  bool awaits_progress_ = false;  ///< Before the next fault.
  std::string trouble_;
};

}  // namespace headwater::soak
