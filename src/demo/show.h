// The script of the demo: what is started, killed and stopped when, and how it is shown.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/demo/demo.h"
#include "src/demo/picture.h"
#include "src/demo/reader.h"
#include "src/demo/relay_process.h"
#include "src/demo/screen.h"
#include "src/demo/stage.h"
#include "src/process/child.h"

namespace headwater::demo {

/// One thread. All arguments must outlive it.
class Show {
 public:
  Show(const DemoOptions& options, const Stage& stage, const Clock& clock, Screen::Print print,
       std::stop_token stop);

  /// From `headwater init` until the writers and relays have ended.
  Result<void> play();

  /// Returns what the command prints on stdout. Ignores its exit code.
  Result<std::string> run_to_end(const std::vector<std::string>& words);

  [[nodiscard]] const Stage& stage() const { return stage_; }
  [[nodiscard]] ShopWatch& shop() { return *shop_; }
  [[nodiscard]] std::uint64_t committed() const { return committed_; }
  [[nodiscard]] int kills() const;

 private:
  Result<void> begin();
  Result<void> act();
  Result<void> end_writers();
  Result<void> drain();
  void end_relays();

  Result<void> follow_script();
  Result<void> start_relay(RelayProcess& relay, const std::string& why);
  void kill_relay(RelayProcess& relay);

  /// Waits for the next line of any process, at most until the next tick, and takes the lines.
  Result<void> look();
  void take_lines();
  Result<void> tick();
  void note(const std::string& text);
  [[nodiscard]] Milliseconds elapsed() const;

  const DemoOptions& options_;
  const Stage& stage_;
  const Clock& clock_;
  std::stop_token stop_;
  std::optional<ShopWatch> shop_;
  std::vector<Child> writers_;
  RelayProcess first_{"A"};
  RelayProcess second_{"B"};
  std::optional<Child> tail_;
  Reader reader_;

  SteadyTime began_;
  Milliseconds next_tick_{0};
  std::size_t cue_ = 0;  // the next step of the script
  std::uint64_t committed_ = 0;
  struct Bucket {
    Milliseconds at{0};
    std::uint64_t changes = 0;
    std::uint64_t events = 0;
  };
  Bucket bucket_;  // the start of the rates
  Picture picture_;
  Screen screen_;
};

}  // namespace headwater::demo
