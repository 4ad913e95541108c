// stream_down: the stream is unavailable for a while. Memory stays bounded, writers are not
// affected, and the relay catches up.
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "testing/disasters/disaster.h"
#include "testing/rig/small_disk.h"

namespace headwater::rig {
namespace {

constexpr std::uint64_t memory_bound = 64ULL << 20U;

/// Writers continue at full speed while nothing can be published. When the stream is back, the same
/// relay catches up without help.
class stream_down : public Scenario {
 protected:
  static constexpr std::size_t backlog_bytes = 72'000'000;
  static constexpr int parts = 10;

  /// Writes more than fits into the memory bound.
  static Written write_backlog(const Pipeline& pipeline) {
    const auto transactions = some(pipeline, std::uint64_t{500});
    const int orders = some(pipeline, 18'000);
    Writers writers(pipeline.source(), 2, {.seed = seed(), .transactions = transactions});
    for (int part = 0; part < parts; ++part) {
      pipeline.source().insert_orders(orders / parts,
                                      backlog_bytes / static_cast<std::size_t>(orders));
    }
    Written written = writers.join();
    EXPECT_EQ(written.error, "");
    EXPECT_EQ(written.transactions, 2 * transactions);
    written.changes["orders.insert"] += static_cast<std::uint64_t>(orders);
    return written;
  }

  static void expect_recovery(Pipeline& pipeline, Process& relay, const Written& written) {
    if (pipeline.stream().exactly_once()) {
      ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
    }
    const auto memory = relay.peak_memory();
    EXPECT_GT(memory, 0U);
    EXPECT_LT(memory, memory_bound) << (memory >> 20U) << " MiB";
    RecordProperty("peak_memory_kib", static_cast<int>(memory / 1024));
    EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
    ASSERT_EQ(pipeline.catch_up(), "");
    EXPECT_EQ(pipeline.disagreement(), "");
    if (pipeline.stream().exactly_once()) {
      EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
    }
  }
};

TEST_P(stream_down, Locked) {
  Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  pipeline.stream().obstruct();
  Process relay = pipeline.relay();
  const Written written = write_backlog(pipeline);
  EXPECT_TRUE(relay.running()) << relay.errors();
  EXPECT_EQ(pipeline.stream().events().size(), 0U);
  pipeline.stream().relieve();
  expect_recovery(pipeline, relay, written);
}

/// With a slow source server, this takes minutes. Such a source has its own, smaller test.
INSTANTIATE_TEST_SUITE_P(On, stream_down, each(all_streams()), setting_name);

/// Failures of a server.
class stream_down_network : public stream_down {};

TEST_P(stream_down_network, ServerGone) {
  Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  pipeline.stream().network().kill_server();
  Process relay = pipeline.relay();
  const Written written = write_backlog(pipeline);
  EXPECT_TRUE(relay.running()) << relay.errors();
  pipeline.stream().network().start_server();
  expect_recovery(pipeline, relay, written);
}

TEST_P(stream_down_network, NothingGetsThrough) {
  Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.relay();
  pipeline.stream().network().proxy().silence();
  const Written written = write_backlog(pipeline);
  EXPECT_TRUE(relay.running()) << relay.errors();
  pipeline.stream().network().proxy().restore();
  expect_recovery(pipeline, relay, written);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(stream_down_network);
INSTANTIATE_TEST_SUITE_P(On, stream_down_network, each(streams_with_server()), setting_name);

std::unique_ptr<StreamUnderTest> embedded_on_small_disk(const TemporaryFolder& folder) {
  return embedded_stream(folder, "disk/events.db");
}

/// Failures of a file.
class stream_down_embedded : public stream_down {
 protected:
  PipelineOptions on_small_disk() {
    PipelineOptions small = options();
    small.stream = &embedded_on_small_disk;
    return small;
  }
};

TEST_P(stream_down_embedded, FileMayNotGrow) {
  Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  Command command = pipeline.headwater({"run"});
  command.file_limit = 1ULL << 20U;
  Process relay(command);
  const Written written = write_backlog(pipeline);
  EXPECT_TRUE(relay.running()) << relay.errors();
  const auto last = pipeline.committed();
  EXPECT_LT(pipeline.stream().progress(), last);
  relay.set_file_limit(RLIM_INFINITY);
  expect_recovery(pipeline, relay, written);
}

TEST_P(stream_down_embedded, DiskFull) {
  Pipeline pipeline(on_small_disk());
  const SmallDisk disk(pipeline.folder() / "disk");
  if (!disk.mounted()) GTEST_SKIP() << "may not mount here; FileMayNotGrow stands in";
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.relay();
  const Written written = write_backlog(pipeline);
  EXPECT_TRUE(relay.running()) << relay.errors();
  ASSERT_TRUE(wait_until([&] {
    return relay.errors().find("stream.disk_full") != std::string::npos;
  })) << relay.errors();
  disk.enlarge();
  expect_recovery(pipeline, relay, written);
}

/// A relay without write permission for the stream's file, or its folder, ends with an error. With
/// the permission, the next one continues.
TEST_P(stream_down_embedded, ReadOnlyFileAndFolder) {
  Pipeline pipeline(on_small_disk());
  const std::string folder = pipeline.folder() / "disk";
  std::filesystem::create_directory(folder);
  ASSERT_EQ(pipeline.init(), "");
  ASSERT_EQ(pipeline.catch_up(), "");
  Writers writers(pipeline.source(), 1, {.seed = seed(), .transactions = 100});
  const Written written = writers.join();

  for (const auto& [path, mode, usual_mode] :
       {std::tuple{folder + "/events.db", 0444, 0644}, std::tuple{folder, 0555, 0755}}) {
    SCOPED_TRACE(path);
    ASSERT_EQ(::chmod(path.c_str(), static_cast<mode_t>(mode)), 0);
    Command command = pipeline.headwater({"run", "--until-current"});
    command.bound_by_permissions = true;
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.exit, (Exit{.code = stream_error, .signal = 0})) << outcome.errors;
    EXPECT_NE(outcome.errors.find("stream."), std::string::npos) << outcome.errors;
    ASSERT_EQ(::chmod(path.c_str(), static_cast<mode_t>(usual_mode)), 0);
  }
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
}

INSTANTIATE_TEST_SUITE_P(On, stream_down_embedded, each({embedded}), setting_name);

}  // namespace
}  // namespace headwater::rig
