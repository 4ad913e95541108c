// Kafka: events in one topic, the relay's position in a second, compacted topic, both written in
// one transaction. docs/formats/kafka-stream.md specifies the records.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"

namespace headwater {

namespace kafka {

/// How an event becomes a record: the CloudEvents Kafka binding's two content modes.
enum class Mode { binary, structured };

struct Options {
  std::string brokers;  ///< "host:9092,other:9092"
  std::string topic = "events";
  std::string positions{};  ///< Empty: the topic's name and ".positions".
  std::int32_t partitions = 1;
  std::int16_t replicas = -1;  ///< -1: the broker's default.
  bool create = true;          ///< prepare() creates missing topics.
  Mode mode = Mode::binary;
  bool tombstones = false;  ///< A delete is followed by a record without value, for compaction.
  std::size_t max_event = std::size_t{16} << 20U;  ///< Bytes of one record.
  /// Properties of librdkafka, passed through: security.protocol, sasl.*, ssl.*, linger.ms...
  std::vector<std::pair<std::string, std::string>> properties{};

  [[nodiscard]] std::string positions_topic() const {
    return positions.empty() ? topic + ".positions" : positions;
  }
  /// A topic belongs to one relay, so one name fences all other writers.
  [[nodiscard]] std::string transactional_id() const { return "headwater." + topic; }
};

/// Why the configuration may not set `property`; empty if it may.
[[nodiscard]] std::string refusal(const std::string& property);
/// Fails if librdkafka does not accept the property. The error never contains the value.
Result<void> check_property(const std::string& property, const std::string& value);

/// `clock` must outlive the adapter and everything it makes.
[[nodiscard]] std::unique_ptr<StreamAdapter> make_stream(Options options, const Clock& clock);

}  // namespace kafka

/// From the mapping under `stream.kafka` (docs/configuration.md). Does not connect.
Result<std::unique_ptr<StreamAdapter>> make_kafka_stream(config::Section section,
                                                         const Clock& clock);

}  // namespace headwater
