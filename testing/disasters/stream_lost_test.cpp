// stream_went_back: the stream lost its newest events. The relay publishes them again under the
// same ids; if the source no longer has them, their loss is named, and the rows can be read again.
// stream_made_anew: the stream was deleted and created again. The relay ends with an error; after
// `init`, the stream is filled from the beginning, or the loss is named.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "testing/disasters/consumer.h"
#include "testing/disasters/disaster.h"

namespace headwater::rig {
namespace {

/// The relay has ended with an error that names the loss, where the source cannot tell again.
void expect_named(const Pipeline& pipeline, const std::string& log) {
  EXPECT_FALSE(pipeline.source().can_tell_again());
  EXPECT_NE(log.find("source.history_lost"), std::string::npos) << log;
  EXPECT_NE(log.find("on_lost_position"), std::string::npos) << "no next step: " << log;
}

/// The stream has all that was written; or what was lost is named, and then the rows take its place.
void expect_true_again(Pipeline& pipeline) {
  const auto before = pipeline.stream().events().size();
  const std::string error = pipeline.catch_up();
  if (error.empty()) {
    EXPECT_EQ(pipeline.disagreement(), "");
    return;
  }
  expect_named(pipeline, error);
  EXPECT_EQ(pipeline.stream().events().size(), before);
  pipeline.configure_source(", on_lost_position: snapshot");
  ASSERT_EQ(pipeline.catch_up(), "");
  // Not every stream can be read.
  if (!pipeline.stream().output().empty()) return;
  EXPECT_EQ(pipeline.verify(), "");
  const Consumer copy(pipeline, "copy");
  ASSERT_EQ(copy.catch_up(), "");
  EXPECT_EQ(copy.difference(pipeline), "");
}

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
  expect_true_again(pipeline);
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
    return !relay.running() ||
           pipeline.stream().progress() > after + some(pipeline, std::uint64_t{200});
  })) << relay.errors();
  const Exit exit = relay.running() ? *relay.terminate() : *relay.wait();
  if (exit != Exit{}) expect_named(pipeline, relay.errors());
  const Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  expect_true_again(pipeline);
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
  expect_true_again(pipeline);
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
  expect_true_again(pipeline);
}

INSTANTIATE_TEST_SUITE_P(On, stream_made_anew, each(exactly_once_streams()), setting_name);

}  // namespace
}  // namespace headwater::rig
