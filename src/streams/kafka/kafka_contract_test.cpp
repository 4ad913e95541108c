// Kafka passes the contract suite of streams, on a real broker.
#include <memory>
#include <string>
#include <vector>

#include "src/streams/kafka/kafka.h"
#include "testing/contract/stream_suite.h"
#include "testing/kafka/broker.h"
#include "testing/kafka/shell.h"

namespace headwater::testing {
namespace {

class KafkaRig : public StreamRig {
 public:
  explicit KafkaRig(int partitions = 1)
      : broker_(&rig::shared_broker()), topic_(rig::fresh_topic()), partitions_(partitions) {
    stream_ = another();
    auto prepared = stream_->prepare("a");
    EXPECT_TRUE(prepared) << prepared.error().message;
  }
  ~KafkaRig() override { broker_->reset(); }

  StreamAdapter& stream() override { return *stream_; }
  std::unique_ptr<StreamAdapter> another() override {
    return kafka::make_stream(
        {.brokers = broker_->direct(), .topic = topic_, .partitions = partitions_}, clock_);
  }
  [[nodiscard]] rig::Command child(const std::vector<std::string>& arguments) const override {
    rig::Command command{.words = {HEADWATER_KAFKA_CHILD, broker_->direct(), topic_}};
    command.words.insert(command.words.end(), arguments.begin(), arguments.end());
    return command;
  }
  [[nodiscard]] bool shared() const override { return false; }
  void recreate() override {
    rig::KafkaShell shell(broker_->direct());
    for (const char* of : {"", ".positions"}) shell.delete_topic(topic_ + of);
    auto prepared = stream_->prepare("a");
    EXPECT_TRUE(prepared) << prepared.error().message;
  }
  /// Retention is the broker's.
  std::unique_ptr<StreamAdapter> with_retention(Milliseconds /*age*/,
                                                const Clock& /*clock*/) override {
    return nullptr;
  }

  bool obstruct() override {
    rig::KafkaShell(broker_->direct()).obstruct(topic_);
    return true;
  }
  void relieve() override { rig::KafkaShell(broker_->direct()).relieve(topic_); }

  bool pause() override {
    broker_->pause();
    return true;
  }
  void resume() override { broker_->resume(); }

  bool keep_copy() override {
    broker_->keep_copy();
    return true;
  }
  void go_back() override { broker_->go_back(); }

 private:
  SystemClock clock_;
  rig::KafkaBroker* broker_;
  std::string topic_;
  std::int32_t partitions_;
  std::unique_ptr<StreamAdapter> stream_;
};

std::unique_ptr<StreamRig> make_rig() { return std::make_unique<KafkaRig>(); }
std::unique_ptr<StreamRig> make_partitioned_rig() { return std::make_unique<KafkaRig>(4); }

INSTANTIATE_TEST_SUITE_P(Kafka, StreamSuite, ::testing::Values(&make_rig));
INSTANTIATE_TEST_SUITE_P(Kafka, StreamReaderSuite, ::testing::Values(&make_rig));
INSTANTIATE_TEST_SUITE_P(KafkaPartitions, StreamReaderSuite,
                         ::testing::Values(&make_partitioned_rig));

}  // namespace
}  // namespace headwater::testing
