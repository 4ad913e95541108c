// A source and a stream to soak: what can happen to them, and how to count what arrived.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "testing/rig/pipeline.h"
#include "testing/rig/writers.h"
#include "testing/soak/count.h"

namespace headwater::soak {

using Random = std::mt19937_64;

/// A random number from `least` to `most`.
[[nodiscard]] inline int any(Random& random, int least, int most) {
  return std::uniform_int_distribution(least, most)(random);
}

/// How far a clock is stepped: from seconds to days, ahead or back.
[[nodiscard]] std::chrono::seconds any_step(Random& random);

/// Something that goes wrong for a while.
struct Fault {
  std::string name;
  int weight = 1;  ///< How often it comes, compared with the others.
  Milliseconds shortest{0};
  Milliseconds longest{0};
  std::function<void()> begin;
  std::function<void()> end;
};

/// The writers of a while.
struct Load {
  int writers = 1;
  Milliseconds pause{20};  ///< Of each, after a transaction.
};

struct Findings {
  Count count;
  std::vector<std::string> wrong{};  ///< What else is wrong, a sentence each.
};

/// A function that cannot return an error ends the program instead. One thread.
class Course {
 public:
  virtual ~Course() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  /// Words for the report: which servers these are.
  [[nodiscard]] virtual std::string made_of() const = 0;
  [[nodiscard]] virtual rig::Pipeline& pipeline() = 0;

  /// What can happen to its servers, its disk and its network. The course must outlive them.
  [[nodiscard]] virtual std::vector<Fault> faults(Random& random) = 0;
  [[nodiscard]] virtual Load load(Random& random) = 0;
  /// Commits much at once, and counts it. Only while no fault is active.
  virtual void burst(Random& /*random*/, rig::Tally& /*tally*/) {}
  /// Called now and then while no fault is active.
  virtual void look() {}

  /// The number of events in the stream.
  [[nodiscard]] virtual std::uint64_t published() = 0;
  /// Compares all of the stream with what was committed. `tally`: what the writers counted.
  [[nodiscard]] virtual Findings check(const rig::Tally& tally) = 0;
  /// Copies what would vanish with this object into the pipeline's folder.
  virtual void keep() = 0;
};

/// MongoDB to NATS. The server is a real mongod if there is one, else SecantusDB.
[[nodiscard]] std::unique_ptr<Course> mongodb_to_nats();
/// SQLite to the embedded stream.
[[nodiscard]] std::unique_ptr<Course> sqlite_to_embedded();

/// The size of a disk that can be filled up: far more than hours need.
constexpr int disk_mebibytes = 8192;
/// Copies a disk's content beside it.
void keep_disk(const rig::Pipeline& pipeline);
/// The ids of all events in the stream.
[[nodiscard]] std::vector<std::string> event_ids(const rig::Pipeline& pipeline);

}  // namespace headwater::soak
