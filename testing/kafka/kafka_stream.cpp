#include "testing/kafka/kafka_stream.h"

#include <string_view>
#include <utility>

namespace headwater::rig {

KafkaStream::KafkaStream(std::string keys, std::unique_ptr<KafkaBroker> own)
    : own_(std::move(own)),
      broker_(own_ ? own_.get() : &shared_broker()),
      shell_(std::make_unique<KafkaShell>(broker_->direct())),
      topic_(fresh_topic()),
      keys_(std::move(keys)) {}

KafkaStream::~KafkaStream() { broker_->reset(); }

std::string KafkaStream::configuration() const {
  return "kafka: { brokers: '" + broker_->through_proxy() + "', topic: " + topic_ + keys_ + " }";
}

std::vector<StreamUnderTest::Seen> KafkaStream::events() const {
  std::vector<Seen> events;
  for (const auto& record : shell_->events(topic_)) {
    if (!record.value) continue;
    events.push_back({.id = record.header("ce_id"), .type = record.header("ce_type")});
  }
  return events;
}

std::uint64_t KafkaStream::progress() const {
  const auto last = shell_->last(topic_ + ".positions");
  const std::string sequence = last ? last->header("headwater_last") : "";
  return sequence.empty() ? 0 : std::stoull(sequence);
}

// An append takes several requests and becomes visible with the last one, EndTxn. A request
// consists of its size, api key and version, a correlation id (4 bytes), and the client's name with
// its length: https://kafka.apache.org/protocol#protocol_messages
void KafkaStream::lose_replies() {
  proxy().lose_replies_from([](std::string_view piece) {
    constexpr std::string_view end_txn("\0\x1a", 2);
    constexpr std::string_view client("\0\x09headwater", 11);
    constexpr std::size_t between = 6;  // version and correlation id
    for (auto at = piece.find(end_txn); at != std::string_view::npos;
         at = piece.find(end_txn, at + 1)) {
      const auto name = at + end_txn.size() + between;
      if (name <= piece.size() && piece.substr(name).starts_with(client)) return true;
    }
    return false;
  });
}

void KafkaStream::obstruct() { shell_->obstruct(topic_); }
void KafkaStream::relieve() { shell_->relieve(topic_); }

std::unique_ptr<StreamUnderTest> kafka_stream(const TemporaryFolder& /*folder*/) {
  return std::make_unique<KafkaStream>();
}

}  // namespace headwater::rig
