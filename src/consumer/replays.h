// Hands dead letters over again when a person asks for it. Private to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <stop_token>

#include "src/consumer/shared.h"

namespace headwater::consumer {

/// One thread.
class Replays {
 public:
  explicit Replays(Consumer::Shared& shared) : shared_(shared) {}

  /// Reads all dead letters there are. Fails as the stream does.
  Result<void> catch_up(const std::stop_token& stop);
  /// Hands over those that are asked for. Returns false if it failed for good, or at a stop.
  [[nodiscard]] bool hand_over_wanted(const std::stop_token& stop);
  /// Follows the dead letters until a stop is requested.
  void follow(const std::stop_token& stop);

 private:
  Result<std::size_t> read_some(Milliseconds wait, const std::stop_token& stop);
  Result<void> hand_over(std::uint64_t letter, const std::stop_token& stop);

  Consumer::Shared& shared_;
  std::unique_ptr<StreamReader> reader_;
  std::unique_ptr<Letters> letters_;
  std::uint64_t next_ = 0;
  std::set<std::uint64_t> handed_over_;
};

}  // namespace headwater::consumer
