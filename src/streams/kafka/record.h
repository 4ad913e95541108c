// Events and tails as Kafka records: docs/formats/kafka-stream.md.
#pragma once

#include <rdkafka.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/event/event.h"
#include "src/event/known_names.h"
#include "src/ports/durable.h"
#include "src/ports/place.h"
#include "src/streams/kafka/client.h"

namespace headwater::kafka {

using Headers = std::unique_ptr<rd_kafka_headers_t, Destroy<&rd_kafka_headers_destroy>>;

/// A topic's state, from the record whose key is the topic's name.
struct State {
  std::uint64_t last = 0;  ///< Sequence of the topic's last event, of any relay.
  std::string relay{};     ///< The topic's owner; empty: none, or no longer any.
  Tail tail{};             ///< Of that relay.
  std::string life{};      ///< Of both topics; created with the first record.
  /// For each partition of the events, the offset after the events of this record. A topic that
  /// ends earlier has lost events.
  std::vector<std::int64_t> ends{};
};

/// A record to be written. Has views of what it was made from.
struct Record {
  std::string_view key;
  std::string_view value;
  bool tombstone = false;  ///< Has no value.
  std::int32_t partition = RD_KAFKA_PARTITION_UA;
  Headers headers{};
  std::string json{};  ///< The value, if not empty.

  [[nodiscard]] std::string_view content() const { return json.empty() ? value : json; }
};

[[nodiscard]] Record record_of(const Event& event, std::uint64_t sequence, Mode mode);
[[nodiscard]] Record tombstone_of(const Event& event, std::uint64_t sequence);
/// Whether the event is a delete.
[[nodiscard]] bool is_delete(const Event& event);
[[nodiscard]] Record record_of(const State& state, const std::string& topic);
[[nodiscard]] Record acknowledgement(std::string_view key, std::string_view sequence,
                                     const std::string& life);

/// Passes the record to the library, which copies it but takes ownership of its headers on success.
rd_kafka_resp_err_t produce(const Client& client, rd_kafka_topic_t* topic, Record& record);

/// The event of a stored record; nullopt for the tombstone of one. Fails for a record that
/// Headwater did not write.
Result<std::optional<StoredEvent>> event_in(const rd_kafka_message_t& message, KnownNames& known);
Result<State> state_in(const rd_kafka_message_t& message);
/// The content of an acknowledgement.
[[nodiscard]] Place place_in(const rd_kafka_message_t& message);
/// The sequence of an event or its tombstone; nullopt if it has none.
[[nodiscard]] std::optional<std::uint64_t> sequence_in(const rd_kafka_message_t& message);

/// The partition of a key, as Java's clients compute it.
[[nodiscard]] std::int32_t partition_of(std::string_view key, std::int32_t partitions);

[[nodiscard]] std::string_view key_of(const rd_kafka_message_t& message);
[[nodiscard]] std::string_view value_of(const rd_kafka_message_t& message);
/// The key of a consumer's acknowledgements. A topic's name cannot contain a slash.
[[nodiscard]] std::string consumer_key(const std::string& topic, const std::string& consumer);

}  // namespace headwater::kafka
