// What an event and a tail look like as Kafka records: docs/formats/kafka-stream.md.
#pragma once

#include <rdkafka.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/event/event.h"
#include "src/ports/durable.h"
#include "src/ports/place.h"
#include "src/streams/kafka/client.h"

namespace headwater::kafka {

using Headers = std::unique_ptr<rd_kafka_headers_t, Destroy<&rd_kafka_headers_destroy>>;

/// A topic's state, as the record with the topic's name as its key holds it.
struct State {
  std::uint64_t last = 0;  ///< Sequence of the topic's last event, whoever wrote it.
  std::string relay{};     ///< Whom the topic belongs to; empty: nobody, or nobody any more.
  Tail tail{};             ///< Of that relay.
  std::string life{};      ///< Of the two topics together; made with the first record.
  /// For each partition of the events: the offset behind what this record goes with. A topic that
  /// ends before has lost events.
  std::vector<std::int64_t> ends{};
};

/// A record to be written. The views are of what it was made from.
struct Record {
  std::string_view key;
  std::string_view value;
  bool tombstone = false;  ///< Without a value at all.
  std::int32_t partition = RD_KAFKA_PARTITION_UA;
  Headers headers{};
  std::string json{};  ///< The value, if not empty.

  [[nodiscard]] std::string_view content() const { return json.empty() ? value : json; }
};

[[nodiscard]] Record record_of(const Event& event, std::uint64_t sequence, Mode mode);
[[nodiscard]] Record tombstone_of(const Event& event, std::uint64_t sequence);
/// Whether the event says that a row is gone.
[[nodiscard]] bool is_delete(const Event& event);
[[nodiscard]] Record record_of(const State& state, const std::string& topic);
[[nodiscard]] Record acknowledgement(const std::string& key, const std::string& sequence,
                                     const std::string& life);

/// Hands the record to the library, which copies it, but takes its headers if it succeeds.
rd_kafka_resp_err_t produce(const Client& client, rd_kafka_topic_t* topic, Record& record);

/// What a stored record is: an event; or, null, a tombstone that goes with one; or an Error:
/// nothing that Headwater wrote.
Result<std::optional<StoredEvent>> event_in(const rd_kafka_message_t& message);
Result<State> state_in(const rd_kafka_message_t& message);
/// What an acknowledgement says.
[[nodiscard]] Place place_in(const rd_kafka_message_t& message);
/// Of an event or its tombstone; nothing if it has none.
[[nodiscard]] std::optional<std::uint64_t> sequence_in(const rd_kafka_message_t& message);

/// Where a key belongs, as Java's clients have it.
[[nodiscard]] std::int32_t partition_of(std::string_view key, std::int32_t partitions);

[[nodiscard]] std::string_view key_of(const rd_kafka_message_t& message);
[[nodiscard]] std::string_view value_of(const rd_kafka_message_t& message);
/// The key of a consumer's acknowledgements. No topic's name has a slash.
[[nodiscard]] std::string consumer_key(const std::string& topic, const std::string& consumer);

}  // namespace headwater::kafka
