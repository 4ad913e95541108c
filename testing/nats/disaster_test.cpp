// Disasters that only a JetStream stream has: a full disk, a limit of its own, an emptied stream.
#include <string>

#include "testing/disasters/under_load.h"
#include "testing/nats/nats_stream.h"
#include "testing/rig/small_disk.h"

namespace headwater::rig {
namespace {

class nats_stream_disaster : public ::testing::Test, public UnderLoad {
 protected:
  [[nodiscard]] NatsServer& server() {
    return dynamic_cast<NatsStream&>(pipeline_->stream()).server();
  }
  /// Messages that only move the position have sequences, too.
  [[nodiscard]] std::uint64_t published() const override {
    return pipeline_->stream().events().size();
  }
};

class NatsOnSmallDisk final : public HasSmallDisk, public NatsStream {
 public:
  explicit NatsOnSmallDisk(const TemporaryFolder& folder)
      : HasSmallDisk{SmallDisk(folder / "disk")}, NatsStream({.data = folder / "disk/data"}) {}
};

std::unique_ptr<StreamUnderTest> nats_on_small_disk(const TemporaryFolder& folder) {
  return std::make_unique<NatsOnSmallDisk>(folder);
}

/// The server stops JetStream when it cannot write. An operator frees space and restarts it.
TEST_F(nats_stream_disaster, DiskFull) {
  begin({.stream = &nats_on_small_disk});
  const SmallDisk& disk = dynamic_cast<NatsOnSmallDisk&>(pipeline_->stream()).disk;
  if (!disk.mounted()) GTEST_SKIP() << "may not mount here";
  start();
  ASSERT_TRUE(logs("relay.retrying")) << relay_->errors();
  EXPECT_TRUE(relay_->running()) << relay_->errors();
  disk.enlarge();
  server().kill();
  server().start();
  ASSERT_TRUE(makes_progress()) << relay_->errors();
  expect_everything_published();
}

template <std::uint64_t bytes>
std::unique_ptr<StreamUnderTest> with_limit(const TemporaryFolder& folder) {
  const std::string data = folder / "limited";
  return std::make_unique<NatsStream>(
      NatsOptions{.data = data,
                  .lines = {"jetstream: { store_dir: \"" + data +
                            "\", max_file_store: " + std::to_string(bytes) + " }"}});
}

/// JetStream's limit may be smaller than the disk. The relay waits, and the stream has the first
/// events, in order.
TEST_F(nats_stream_disaster, OverItsLimit) {
  begin({.stream = &with_limit<400'000>});
  start();
  ASSERT_TRUE(logs("relay.retrying")) << relay_->errors();
  EXPECT_TRUE(logs("stream.disk_full")) << relay_->errors();
  EXPECT_TRUE(relay_->running()) << relay_->errors();
  ASSERT_EQ(writers_->finish().error, "");
  EXPECT_EQ(relay_->terminate(), Exit{}) << relay_->errors();
  const auto there = pipeline_->stream().events();
  const auto all = pipeline_->changes();
  ASSERT_LT(there.size(), all.size());
  for (std::size_t at = 0; at < there.size(); ++at) ASSERT_EQ(there[at].id, all[at]) << at;
}

}  // namespace
}  // namespace headwater::rig
