// stream_went_back: the stream lost its newest events. The relay publishes them again under the
// same ids. (If the source no longer has them: source_history_lost.) stream_made_anew: the stream
// was deleted and created again. The relay ends with an error; after `init`, the stream is filled
// from the beginning.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "testing/disasters/disaster.h"

namespace headwater::rig {
namespace {

class stream_went_back : public Scenario {};

TEST_P(stream_went_back, WhileTheRelayIsDown) {
  Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  ASSERT_EQ(pipeline.catch_up(), "");
  pipeline.stream().keep_copy();
  write_some(pipeline, 2);
  ASSERT_EQ(pipeline.catch_up(), "");
  pipeline.stream().go_back();
  EXPECT_NE(pipeline.id_disagreement(), pipeline.stream().exactly_once() ? "" : "not applicable");
  write_some(pipeline, 3);
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
}

TEST_P(stream_went_back, WhileTheRelayRuns) {
  Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  ASSERT_EQ(pipeline.catch_up(), "");
  pipeline.stream().keep_copy();
  Writers writers(pipeline.source(), 1, {.seed = seed() + 2, .pause = Milliseconds(1)});
  Process relay = pipeline.relay();
  const auto before = pipeline.stream().progress();
  ASSERT_TRUE(wait_until([&] {
    return pipeline.stream().progress() > before + some(pipeline, std::uint64_t{100});
  })) << relay.errors();
  pipeline.stream().go_back();
  const auto after = pipeline.stream().progress();
  ASSERT_TRUE(wait_until([&] {
    return pipeline.stream().progress() > after + some(pipeline, std::uint64_t{200});
  })) << relay.errors();
  const Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
}

INSTANTIATE_TEST_SUITE_P(On, stream_went_back, each_and_further(all_streams()), setting_name);

class stream_made_anew : public Scenario {
 protected:
  void SetUp() override {
    Scenario::SetUp();
    if (IsSkipped()) return;
    pipeline_.emplace(options());
    // The empty stream, which delete_stream() restores.
    if (!is_file()) pipeline_->stream().keep_copy();
  }
  void delete_stream() {
    if (!is_file()) return pipeline_->stream().go_back();
    for (const char* name : {"events.db", "events.db-wal", "events.db-shm"}) {
      std::filesystem::remove(pipeline_->folder() / name);
    }
  }

  std::optional<Pipeline> pipeline_;

 private:
  [[nodiscard]] static bool is_file() { return std::string(GetParam().stream.name) == "embedded"; }
};

TEST_P(stream_made_anew, WhileTheRelayIsDown) {
  Pipeline& pipeline = *pipeline_;
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  ASSERT_EQ(pipeline.catch_up(), "");
  delete_stream();
  EXPECT_NE(pipeline.catch_up(), "");
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 2);
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
}

TEST_P(stream_made_anew, WhileTheRelayRuns) {
  Pipeline& pipeline = *pipeline_;
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  ASSERT_EQ(pipeline.catch_up(), "");
  Writers writers(pipeline.source(), 1, {.seed = seed() + 2, .pause = Milliseconds(1)});
  Process relay = pipeline.relay();
  const auto before = pipeline.stream().progress();
  ASSERT_TRUE(wait_until([&] {
    return pipeline.stream().progress() > before + some(pipeline, std::uint64_t{100});
  })) << relay.errors();
  delete_stream();
  EXPECT_EQ(relay.wait(), (Exit{.code = stream_error, .signal = 0})) << relay.errors();
  ASSERT_EQ(pipeline.init(), "");
  const Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
}

INSTANTIATE_TEST_SUITE_P(On, stream_made_anew, each(exactly_once_streams()), setting_name);

}  // namespace
}  // namespace headwater::rig
