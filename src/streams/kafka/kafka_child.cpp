// A process of its own that appends to a Kafka topic, for the tests.
// Usage: kafka_child BROKERS TOPIC ... (see stream_child())
#include <string>
#include <vector>

#include "src/streams/kafka/kafka.h"
#include "testing/contract/stream_child.h"

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  const headwater::SystemClock clock;
  const auto stream =
      headwater::kafka::make_stream({.brokers = arguments.at(0), .topic = arguments.at(1)}, clock);
  return headwater::testing::stream_child(*stream, {arguments.begin() + 2, arguments.end()});
}
