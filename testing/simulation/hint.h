// A simulated hint at who leads, honest or not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/ports/hint.h"
#include "testing/simulation/world.h"

namespace headwater::simulation {

class Hint {
 public:
  explicit Hint(World& world);

  /// 0: this world has none.
  [[nodiscard]] Milliseconds interval() const { return interval_; }

  // `who` is one life of a process.
  Result<Claim> claim(const std::string& who);
  Result<Claim> take(const std::string& who);
  Result<void> give_up(const std::string& who);

 private:
  /// What a lying hint is doing.
  enum class Lie {
    none,
    away,    ///< Answers nothing.
    frozen,  ///< Calls another the leader, whoever asks.
    both,    ///< Calls whoever asks the leader.
    lost,    ///< Forgets each claim.
  };

  void lie_now_and_then();
  [[nodiscard]] bool has_lapsed() const;
  void hold(const std::string& who);

  World& world_;
  Milliseconds interval_{0};
  Lie lie_ = Lie::none;
  std::optional<std::string> holder_;
  SteadyTime renewed_{};
};

}  // namespace headwater::simulation
