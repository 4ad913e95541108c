// Two writers and a relay at work, whatever a test then does to their stream or source.
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
  /// Each once, in order, without a new start of the relay.
  void expect_all_there() {
    const Written written = writers_->finish();
    ASSERT_EQ(written.error, "");
    ASSERT_TRUE(wait_for(pipeline_->committed())) << relay_->errors();
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
    ASSERT_TRUE(goes_on()) << relay_->errors();
  }
  [[nodiscard]] std::uint64_t progress() const { return pipeline_->stream().progress(); }
  [[nodiscard]] bool goes_on() const { return goes_on(some_); }
  [[nodiscard]] bool goes_on(std::uint64_t events) const {
    const auto before = progress();
    return wait_until([&] { return progress() > before + events; });
  }
  [[nodiscard]] bool says(const std::string& word) const {
    return wait_until([&] { return relay_->errors().find(word) != std::string::npos; });
  }
  [[nodiscard]] bool wait_for(std::uint64_t events) const {
    return wait_until([&] { return there() >= events; });
  }
  /// Events in the stream.
  [[nodiscard]] virtual std::uint64_t there() const { return progress(); }

  std::optional<Pipeline> pipeline_;
  std::optional<Writers> writers_;
  std::optional<Process> relay_;
  std::uint64_t some_ = 20;  ///< Events that show that it goes on.
};

}  // namespace headwater::rig
