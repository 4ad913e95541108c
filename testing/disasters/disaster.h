// What the disasters share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "testing/disasters/long_run.h"
#include "testing/disasters/setting.h"
#include "testing/rig/pipeline.h"

namespace headwater::rig {

/// Ways in which a relay ends.
inline constexpr int usage_error = 2;
inline constexpr int source_error = 3;
inline constexpr int stream_error = 4;
inline constexpr Exit killed{.code = 0, .signal = 9};

/// `count`, or less in a quick run with a slow database.
template <class Number>
[[nodiscard]] Number some(const Pipeline& pipeline, Number count) {
  if (long_run()) return count;
  return std::max<Number>(count / static_cast<Number>(pipeline.source().slowness()), 1);
}

/// Runs the transactions of one writer to their end.
inline Written write_some(const Pipeline& pipeline, std::uint64_t salt = 1,
                          std::uint64_t transactions = 80) {
  Writers writers(pipeline.source(), 1,
                  {.seed = seed() + salt, .transactions = some(pipeline, transactions)});
  Written written = writers.join();
  EXPECT_EQ(written.error, "");
  return written;
}

/// How a relay ended, and its output.
inline std::string end_of(Process& relay) {
  const auto exit = relay.wait(Milliseconds(0));
  return exit ? "code " + std::to_string(exit->code) + ", signal " + std::to_string(exit->signal) +
                    "\n" + relay.output() + relay.errors()
              : "it is running\n" + relay.errors();
}

/// A scenario on a source and a stream. Skipped if the source cannot be harmed like that.
class Scenario : public ::testing::TestWithParam<Setting> {
 protected:
  explicit Scenario(Harm harm = Harm::none) : harm_(harm) {}

  void SetUp() override {
    const auto impossible = GetParam().source.impossible;
    const std::string why = impossible == nullptr ? "" : impossible(harm_);
    if (!why.empty()) GTEST_SKIP() << why;
  }
  [[nodiscard]] PipelineOptions options() const {
    return {.source = GetParam().source.make, .harm = harm_, .stream = GetParam().stream.make};
  }

 private:
  Harm harm_;
};

/// A scenario that harms the source.
template <Harm harm>
class HarmedSource : public Scenario {
 protected:
  HarmedSource() : Scenario(harm) {}
};

}  // namespace headwater::rig
