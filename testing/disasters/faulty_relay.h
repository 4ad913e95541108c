// The relay of `headwater run`, made from the same configuration by the same class, with a fault.
// The product has no such back door.
#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>

#include "src/relay/observer.h"

namespace headwater::rig {

/// A signal that a relay sends to itself, and when. One that never comes by that moment is sound.
struct Fault {
  int signal = SIGKILL;                      ///< SIGSTOP: it hangs.
  std::optional<Step> step;                  ///< At this step; nothing: inside an append.
  std::uint64_t passing = 1;                 ///< The which one; 0: never.
  std::chrono::microseconds into_append{0};  ///< How long after the append has begun.
};

/// What a relay has done so far. It may stand in memory that another process sees, too.
struct alignas(64) Deeds {
  std::atomic<bool> at_work = false;    ///< Has come by a step.
  std::atomic<bool> appending = false;  ///< Is inside an append.
  std::atomic<std::uint32_t> appends = 0;
  std::atomic<std::uint32_t> refused = 0;  ///< Appends that came after another relay's.
};
static_assert(std::atomic<bool>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);

/// Relays until a SIGTERM, a SIGINT or the fault; the exit code. Blocks. Logs JSON to stderr.
int run_faulty_relay(const std::string& config, const Fault& fault, Deeds& deeds);

}  // namespace headwater::rig
