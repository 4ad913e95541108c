// Two writers and a relay that keep running while a test harms their stream or source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "testing/disasters/disaster.h"

namespace headwater::rig {

class UnderLoad {
 public:
  virtual ~UnderLoad() = default;

 protected:
  /// Stops the writers, and expects every event once, in order, without a restart of the relay.
  void expect_everything_published() {
    const Written written = writers_->finish();
    ASSERT_EQ(written.error, "");
    ASSERT_TRUE(wait_for_events(pipeline_->committed())) << relay_->errors();
    EXPECT_EQ(relay_->terminate(), Exit{}) << relay_->errors();
    EXPECT_EQ(pipeline_->disagreement(), "");
    EXPECT_EQ(pipeline_->tally_disagreement(written.changes), "");
  }
  void begin(const PipelineOptions& options) {
    pipeline_.emplace(options);
    ASSERT_EQ(pipeline_->init(), "");
  }
  void start(Milliseconds pause = Milliseconds(2)) {
    writers_.emplace(pipeline_->source(), 2, WriterOptions{.seed = seed(), .pause = pause});
    relay_.emplace(pipeline_->relay());
    ASSERT_TRUE(makes_progress()) << relay_->errors();
  }
  [[nodiscard]] std::uint64_t progress() const { return pipeline_->stream().progress(); }
  [[nodiscard]] bool makes_progress() const { return makes_progress(progress_step_); }
  [[nodiscard]] bool makes_progress(std::uint64_t events) const {
    const auto before = progress();
    return wait_until([&] { return progress() > before + events; });
  }
  [[nodiscard]] bool logs(const std::string& word) const {
    return wait_until([&] { return relay_->errors().find(word) != std::string::npos; });
  }
  [[nodiscard]] bool wait_for_events(std::uint64_t events) const {
    return pipeline_->wait_for_events(events);
  }
  /// The number of events in the stream.
  [[nodiscard]] virtual std::uint64_t published() const { return progress(); }

  std::optional<Pipeline> pipeline_;
  std::optional<Writers> writers_;
  std::optional<Process> relay_;
  std::uint64_t progress_step_ = 20;  ///< Events that count as progress.
};

}  // namespace headwater::rig
