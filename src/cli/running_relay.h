// A running relay with its connected adapters; logs its state.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/cli/configured.h"
#include "src/cli/retry_lines.h"
#include "src/relay/observer.h"
#include "src/serve/figures.h"

namespace headwater {
class Relay;
}

namespace headwater::cli {

class RunningRelay : public RelayObserver {
 public:
  /// `clock` and `log` must outlive it.
  RunningRelay(ConfiguredRelay configured, bool until_current, const Clock& clock, Log& log);
  ~RunningRelay() override;

  [[nodiscard]] const std::string& name() const { return configured_.name; }

  /// Connects, then relays until stopped. Blocks; call it once. Does not log its error.
  Result<void> run(std::stop_token stop);

  /// Any thread may call at any time: starting before it is connected, ended once run() has
  /// returned.
  [[nodiscard]] RelayProgress progress() const;
  /// The same with whatever else is shown of it.
  [[nodiscard]] RelayFigures figures() const;

  void note(const RelayNote& note) override;

 private:
  Result<void> work(std::stop_token stop);
  Result<void> connect();
  Result<void> connect_patiently(const std::stop_token& stop);
  Result<void> announce();
  void note_retry(const Error& error, Milliseconds delay);
  void note_gap(const Gap& gap);

  ConfiguredRelay configured_;
  bool until_current_;
  const Clock& clock_;
  Log& log_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<StreamWriter> writer_;
  std::unique_ptr<LeaderHint> hint_;  // may be null
  RetryLines retry_lines_;            // used while connecting, then by the lanes, one at a time
  mutable std::mutex mutex_;  // guards the members below against progress() and has_failed()
  std::unique_ptr<Relay> relay_;
  std::map<std::string, std::uint64_t, std::less<>> early_retries_;  // before there was a relay
  std::optional<Retrying> early_retrying_;
  WallTime since_;  // when it was made, or ended
  bool ended_ = false;
  std::string error_;  // its name, if it has ended with one
};

}  // namespace headwater::cli
