// A simulated process that runs one relay: a RelayCore whose lanes take random time, and which may
// be paused, killed at any step, and started again.
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
#include "testing/simulation/stream.h"
#include "testing/simulation/world.h"

namespace headwater::simulation {

struct Surroundings {
  World& world;
  Database& database;
  Stream& stream;
  Broken broken = Broken::nothing;
};

class Process final : public RelayObserver {
 public:
  Process(Surroundings around, std::string name, RelayOptions options);

  void start();
  /// At once, as by SIGKILL; what is already on its way to the stream may still arrive.
  void kill();
  /// Nothing happens in it until then, as by SIGSTOP.
  void pause(Milliseconds span);
  void stop();

  [[nodiscard]] bool running() const { return core_ != nullptr; }
  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] std::uint64_t takeovers() const { return takeovers_; }
  /// It ended because something is lost for good, and said so.
  [[nodiscard]] bool gave_up() const { return gave_up_; }

  void note(const RelayNote& note) override;

 private:
  enum Lane : std::size_t { source_lane, shape_lane, stream_lane };

  void pump();
  void finished(Lane lane);
  /// In this life of the process, and not while it is paused.
  void later(Milliseconds delay, std::function<void()> what);
  /// Reports what a lane did, and goes on.
  void done(Lane lane, const std::function<void()>& report);
  [[nodiscard]] Milliseconds duration();
  /// The process may be killed exactly here; then true.
  bool dies(Step step);

  bool take_source();
  bool take_shape();
  bool take_stream();
  void wait(Lane lane, const task::Wait& wait);

  void perform(const task::Open& open);
  void perform(const task::Read& read);
  void perform(const task::Release& release);
  void perform(task::Shape task);
  void perform(const task::ReadTail& tail);
  void perform(task::Append append);
  void perform(const task::Maintain& maintain);
  void end_read();
  void arrive(const std::shared_ptr<task::Append>& append, bool sender_lives);
  void tell_source(const Tail& tail);
  void check_queues();
  void ended();
  [[nodiscard]] bool is_right(const Error& error) const;

  Surroundings around_;
  std::string name_;
  RelayOptions options_;
  std::unique_ptr<RelayCore> core_;
  std::unique_ptr<Feed> feed_;
  std::uint64_t life_ = 0;
  std::array<bool, 3> busy_{};
  std::array<bool, 3> finished_{};
  std::array<std::optional<SteadyTime>, 3> wakes_{};
  std::optional<ReadLimits> reading_;  ///< A read that waits for something to come.
  std::uint64_t reads_ = 0;
  bool read_ending_ = false;
  SteadyTime paused_until_{};
  bool stopping_ = false;
  bool standing_by_ = false;
  bool gave_up_ = false;
  std::uint64_t takeovers_ = 0;
  SteadyTime looked_at_{};
  SteadyTime moved_before_look_{};
  std::uint64_t gone_back_at_start_ = 0;
  std::uint64_t head_at_start_ = 0;
};

}  // namespace headwater::simulation
