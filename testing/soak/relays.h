// The relay processes of one pipeline.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "testing/rig/pipeline.h"
#include "testing/soak/clock.h"

namespace headwater::soak {

/// What was measured of one process, once a second.
struct Samples {
  std::string relay;
  std::vector<double> resident_mib;
  std::vector<double> proportional_mib;  ///< Its share of what it has in common with others.
  std::vector<double> descriptors;
  std::vector<double> threads;
};

/// What the relays have logged.
struct Logged {
  std::uint64_t takeovers = 0;
  std::uint64_t conflicts = 0;                   ///< Of the relays that were not killed.
  std::map<std::string, std::uint64_t> retries;  ///< By the error's name, as far as it was logged.
};

/// Relays number 0 and 1 live all the time, number 2 is there to be killed, and number 3 only comes
/// now and then. They have the same name, and each has its own clock. One thread.
class Relays {
 public:
  static constexpr std::size_t lasting = 2;
  static constexpr std::size_t mortal = 2;
  static constexpr std::size_t guest = 3;

  /// Starts all but the guest. `pipeline` must outlive it.
  explicit Relays(const rig::Pipeline& pipeline);

  void start(std::size_t number);
  void kill(std::size_t number);
  /// With SIGTERM. Unless it ends well, trouble() says so.
  void stop(std::size_t number);
  void pause(std::size_t number) { slots_.at(number).process->pause(); }
  void resume(std::size_t number) { slots_.at(number).process->resume(); }
  [[nodiscard]] bool leads(std::size_t number) const {
    return rig::leads(*slots_.at(number).process);
  }
  [[nodiscard]] Clock& clock(std::size_t number) { return *slots_.at(number).clock; }
  /// Stops all.
  void stop_all();

  /// Measures the lasting ones.
  void sample();
  /// What went wrong; empty: nothing. A relay that ends by itself is such a thing.
  [[nodiscard]] const std::string& trouble();

  [[nodiscard]] std::vector<Samples> samples() const;
  [[nodiscard]] const Logged& logged() const { return logged_; }

 private:
  struct Slot {
    std::unique_ptr<Clock> clock;
    std::unique_ptr<rig::Process> process;
    Samples samples;
  };

  /// Keeps the log of a process that has ended.
  void end(std::size_t number);
  void read_log(const std::string& log);

  const rig::Pipeline& pipeline_;
  std::vector<Slot> slots_;
  Logged logged_;
  std::string trouble_;
};

}  // namespace headwater::soak
