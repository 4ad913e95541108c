// A Kafka topic for the disasters.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "testing/kafka/broker.h"
#include "testing/kafka/shell.h"
#include "testing/rig/stream_under_test.h"

namespace headwater::rig {

/// A new topic on the shared broker, or on its own one. Reads it as docs/formats/kafka-stream.md
/// specifies for other programs.
class KafkaStream : public StreamUnderTest, public NetworkStream {
 public:
  /// `keys`: more keys of the configuration, each after a comma.
  explicit KafkaStream(std::string keys = "", std::unique_ptr<KafkaBroker> own = nullptr);
  ~KafkaStream() override;

  [[nodiscard]] std::string configuration() const override;
  [[nodiscard]] bool exactly_once() const override { return true; }
  [[nodiscard]] std::vector<Seen> events() const override;
  [[nodiscard]] std::uint64_t progress() const override;
  [[nodiscard]] int lives() const override { return 60; }
  void keep_copy() override { broker_->keep_copy(); }
  void go_back() override { broker_->go_back(); }
  void obstruct() override;
  void relieve() override;
  NetworkStream& network() override { return *this; }

  TcpProxy& proxy() override { return broker_->proxy(); }
  void lose_replies() override;
  void kill_server() override { broker_->kill(); }
  void start_server() override { broker_->start(); }
  void pause_server() override { broker_->pause(); }
  void resume_server() override { broker_->resume(); }
  [[nodiscard]] int server_kills() const override { return 4; }
  [[nodiscard]] int slowness() const override { return 2; }

  [[nodiscard]] KafkaBroker& broker() { return *broker_; }
  [[nodiscard]] const std::string& topic() const { return topic_; }

 private:
  std::unique_ptr<KafkaBroker> own_;
  KafkaBroker* broker_;
  std::unique_ptr<KafkaShell> shell_;
  std::string topic_;
  std::string keys_;
};

[[nodiscard]] std::unique_ptr<StreamUnderTest> kafka_stream(const TemporaryFolder& folder);

}  // namespace headwater::rig
