// What only a JetStream stream can suffer: a full disk, its own limit, an emptied stream.
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
  /// Messages that moved the position have sequences, too.
  [[nodiscard]] std::uint64_t there() const override { return pipeline_->stream().events().size(); }
};

class NatsOnSmallDisk final : public HasSmallDisk, public NatsStream {
 public:
  explicit NatsOnSmallDisk(const TemporaryFolder& folder)
      : HasSmallDisk{SmallDisk(folder / "disk")}, NatsStream({.data = folder / "disk/data"}) {}
};

std::unique_ptr<StreamUnderTest> nats_on_small_disk(const TemporaryFolder& folder) {
  return std::make_unique<NatsOnSmallDisk>(folder);
}

/// A server that could not write stops JetStream; somebody makes room and starts it again.
TEST_F(nats_stream_disaster, DiskFull) {
  begin({.stream = &nats_on_small_disk});
  const SmallDisk& disk = dynamic_cast<NatsOnSmallDisk&>(pipeline_->stream()).disk;
  if (!disk.mounted()) GTEST_SKIP() << "may not mount here";
  start();
  ASSERT_TRUE(says("relay.retrying")) << relay_->errors();
  EXPECT_TRUE(relay_->running()) << relay_->errors();
  disk.enlarge();
  server().kill();
  server().start();
  ASSERT_TRUE(goes_on()) << relay_->errors();
  expect_all_there();
}

template <std::uint64_t bytes>
std::unique_ptr<StreamUnderTest> with_limit(const TemporaryFolder& folder) {
  const std::string data = folder / "limited";
  return std::make_unique<NatsStream>(
      NatsOptions{.data = data,
                  .lines = {"jetstream: { store_dir: \"" + data +
                            "\", max_file_store: " + std::to_string(bytes) + " }"}});
}

/// A server may have less room for JetStream than its disk has. The relay waits; what is there is a
/// beginning, in order.
TEST_F(nats_stream_disaster, OverItsLimit) {
  begin({.stream = &with_limit<400'000>});
  start();
  ASSERT_TRUE(says("relay.retrying")) << relay_->errors();
  EXPECT_TRUE(says("stream.disk_full")) << relay_->errors();
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
