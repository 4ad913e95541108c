// The relay of `headwater run`, with a fault. It is made from the same configuration by the same
// class; the product itself has no fault injection.
#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>

#include "src/relay/observer.h"

namespace headwater::rig {

/// A signal that a relay sends to itself at some moment. If that moment never comes, nothing
/// happens.
struct Fault {
  int signal = SIGKILL;       ///< SIGSTOP makes it hang.
  std::optional<Step> step;   ///< nullopt: inside an append.
  std::uint64_t passing = 1;  ///< How often the moment comes before it counts; 0: never.
  std::chrono::microseconds into_append{0};  ///< The time since the start of the append.
};

/// What a relay has done so far. May be in memory that it shares with another process.
struct alignas(64) RelayState {
  std::atomic<bool> connected = false;  ///< Has reached a step.
  std::atomic<bool> appending = false;  ///< Is inside an append.
  std::atomic<std::uint32_t> appends = 0;
  std::atomic<std::uint32_t> refused = 0;  ///< Appends refused because another relay was first.
};
static_assert(std::atomic<bool>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);

/// Relays until a SIGTERM, a SIGINT or the fault. Returns the exit code. Logs JSON to stderr.
/// Blocks.
int run_faulty_relay(const std::string& config, const Fault& fault, RelayState& state);

}  // namespace headwater::rig
