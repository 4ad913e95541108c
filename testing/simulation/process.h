// A simulated process with one relay: a RelayCore whose tasks take random time. It can be paused,
// killed at any step, and started again.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "src/relay/core.h"
#include "testing/simulation/database.h"
#include "testing/simulation/feed.h"
#include "testing/simulation/hint.h"
#include "testing/simulation/stream.h"
#include "testing/simulation/world.h"

namespace headwater::simulation {

struct Environment {
  World& world;
  Database& database;
  Stream& stream;
  Hint& hint;
  Broken broken = Broken::nothing;
};

class Process final : public RelayObserver {
 public:
  Process(Environment environment, std::string name, RelayOptions options);

  void start();
  /// Ends it at once, like SIGKILL. A request that is on its way to the stream may still arrive.
  void kill();
  /// Suspends it, like SIGSTOP and a later SIGCONT.
  void pause(Milliseconds span);
  void stop();

  [[nodiscard]] bool running() const { return core_ != nullptr; }
  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] std::uint64_t takeovers() const { return takeovers_; }
  /// Those for which the hint was the reason.
  [[nodiscard]] std::uint64_t claims() const { return claims_; }
  /// Whether it ended with an error that only a person can fix.
  [[nodiscard]] bool gave_up() const { return gave_up_; }

  void note(const RelayNote& note) override;

 private:
  enum Lane : std::size_t { source_lane, shape_lane, stream_lane, hint_lane };
  enum class StreamCall { other, tail, append };

  /// Starts the next task of every idle lane.
  void pump();
  /// Calls `what` after `delay`, once the process is not paused. Never if it was killed meanwhile.
  void later(Milliseconds delay, std::function<void()> what);
  /// Ends the task of a lane: calls `report`, then starts the next tasks.
  void done(Lane lane, const std::function<void()>& report);
  [[nodiscard]] Milliseconds duration();
  /// Sometimes kills the process at this step. Returns whether it did.
  bool dies(Step step);

  bool start_source_task();
  bool start_shape_task();
  bool start_stream_task();
  bool start_hint_task();
  void wait(Lane lane, const task::Wait& wait);

  void perform(const task::Open& open);
  void perform(const task::Read& read);
  void perform(const task::Release& release);
  void perform(task::Shape task);
  void perform(const task::ReadTail& tail);
  void perform(task::Append append);
  void perform(const task::Maintain& maintain);
  void perform(const task::AskClaim& task);
  void perform(const task::TakeClaim& task);
  void perform(const task::GiveUpClaim& task);
  [[nodiscard]] std::string claimant() const { return name_ + "#" + std::to_string(life_); }
  void finish_read();
  /// The request reaches the stream.
  /// `call`: the sender's count of ended calls; nullopt if the sender has died.
  void arrive(const std::shared_ptr<task::Append>& append, std::optional<std::uint64_t> call);
  /// Ends the stream lane's call without a result, if nobody waits for it any longer.
  void end_stream_call();
  void tend();
  void close();
  void release_source(const Tail& tail);
  void check_queues();
  void check_tended();
  void ended();
  /// Whether the world is such that a relay may end with this error.
  [[nodiscard]] bool is_justified(const Error& error) const;

  Environment env_;
  std::string name_;
  RelayOptions options_;
  std::unique_ptr<RelayCore> core_;
  std::unique_ptr<Feed> feed_;
  std::uint64_t life_ = 0;  ///< Changes when the process starts and when it is killed.
  std::array<bool, 4> busy_{};
  std::array<bool, 4> finished_{};
  std::array<std::optional<SteadyTime>, 4> wakes_{};
  std::optional<ReadLimits> reading_;  ///< The limits of a read that waits for changes.
  std::uint64_t reads_ = 0;
  bool finishing_read_ = false;
  bool source_open_ = false;
  SteadyTime source_idle_since_{};
  StreamCall stream_call_ = StreamCall::other;
  std::uint64_t stream_calls_ended_ = 0;  ///< Without a result; in all its lives.
  SteadyTime paused_until_{};
  bool stopping_ = false;
  bool standing_by_ = false;
  bool gave_up_ = false;
  std::uint64_t takeovers_ = 0;
  std::uint64_t claims_ = 0;
  SteadyTime tail_read_at_{};
  SteadyTime last_move_seen_{};
  std::uint64_t restores_at_start_ = 0;
  std::uint64_t head_at_start_ = 0;
};

}  // namespace headwater::simulation
