// A full disk, where a Kafka broker behaves in its own way.
#include "testing/disasters/disaster.h"

#include <memory>
#include <string>

#include "testing/kafka/kafka_stream.h"
#include "testing/rig/small_disk.h"

namespace headwater::rig {
namespace {

constexpr int mebibytes = 4;  // the broker does not start with less

class KafkaOnSmallDisk final : public HasSmallDisk, public KafkaStream {
 public:
  explicit KafkaOnSmallDisk(const TemporaryFolder& folder)
      : HasSmallDisk{SmallDisk(folder / "disk", mebibytes)},
        KafkaStream("", std::make_unique<KafkaBroker>(folder / "disk/data")) {}
};

std::unique_ptr<StreamUnderTest> kafka_on_small_disk(const TemporaryFolder& folder) {
  return std::make_unique<KafkaOnSmallDisk>(folder);
}

/// The broker ends when it cannot write. An operator frees space and starts it again.
TEST(kafka_stream_disaster, DiskFull) {
  Pipeline pipeline({.stream = &kafka_on_small_disk});
  auto& stream = dynamic_cast<KafkaOnSmallDisk&>(pipeline.stream());
  if (!stream.disk.mounted()) GTEST_SKIP() << "may not mount here";
  ASSERT_EQ(pipeline.init(), "");
  Writers writers(pipeline.source(), 2, {.seed = seed(), .pause = Milliseconds(2)});
  Process relay = pipeline.relay();
  ASSERT_TRUE(wait_until([&] { return !stream.broker().running(); })) << relay.errors();
  ASSERT_TRUE(wait_until([&] {
    return relay.errors().find("\"relay.retrying\"") != std::string::npos;
  })) << relay.errors();
  EXPECT_TRUE(relay.running()) << relay.errors();
  const Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  stream.disk.enlarge();
  stream.broker().start();
  ASSERT_TRUE(wait_until([&] { return stream.progress() >= pipeline.changes().size(); }))
      << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
}

}  // namespace
}  // namespace headwater::rig
