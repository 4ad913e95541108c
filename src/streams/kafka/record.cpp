#include "src/streams/kafka/record.h"

#include <array>
#include <utility>

#include "src/base/number_in.h"
#include "src/event/json_text.h"
#include "src/streams/kafka/errors.h"

namespace headwater::kafka {
namespace {

constexpr std::string_view structured_type = "application/cloudevents+json; charset=UTF-8";
constexpr std::string_view version = "1";

/// CloudEvents knows no empty attributes; one that is not there reads as empty.
void add(const Headers& headers, const char* name, std::string_view value) {
  if (value.empty()) return;
  rd_kafka_header_add(headers.get(), name, -1, value.data(), static_cast<ssize_t>(value.size()));
}

Headers new_headers(std::size_t count) { return Headers(rd_kafka_headers_new(count)); }

/// The value of a record's header; nothing if it has none of this name.
std::optional<std::string_view> header(const rd_kafka_message_t& message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {};
  }
  return std::string_view(static_cast<const char*>(value), size);
}

/// An event's attributes, in its record's headers.
struct Attributes {
  std::optional<std::string_view> sequence;
  std::optional<std::string_view> id;
  std::string_view source;
  std::string_view type;
  std::string_view subject;
  std::string_view time;
};

/// Reads them in one pass; of a name that comes again the last counts, as in header().
Attributes attributes_of(const rd_kafka_message_t& message) {
  Attributes found;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return found;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t at = 0;
       rd_kafka_header_get_all(headers, at, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++at) {
    const std::string_view is(name);
    const std::string_view text(static_cast<const char*>(value), size);
    if (is == "ce_id") found.id = text;
    if (is == "ce_source") found.source = text;
    if (is == "ce_type") found.type = text;
    if (is == "ce_subject") found.subject = text;
    if (is == "ce_time") found.time = text;
    if (is == "ce_sequence") found.sequence = text;
  }
  return found;
}

std::optional<std::uint64_t> number(std::optional<std::string_view> text) {
  return text ? whole_number(*text) : std::nullopt;
}

std::string joined(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t each : numbers) text += (text.empty() ? "" : ",") + std::to_string(each);
  return text;
}

/// nullopt if it is not such a list.
std::optional<std::vector<std::int64_t>> numbers_in(std::string_view text) {
  std::vector<std::int64_t> all;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto each = whole_number<std::int64_t>(text.substr(0, comma));
    if (!each || *each < 0) return {};
    all.push_back(*each);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return all;
}

rd_kafka_vu_t field(rd_kafka_vtype_t type) {
  rd_kafka_vu_t field{};
  field.vtype = type;
  return field;
}

rd_kafka_vu_t bytes(rd_kafka_vtype_t type, std::string_view of) {
  rd_kafka_vu_t field{};
  field.vtype = type;
  // The library copies it (RD_KAFKA_MSG_F_COPY). An empty text is not the same as none.
  field.u.mem.ptr = const_cast<char*>(of.data() == nullptr ? "" : of.data());
  field.u.mem.size = of.size();
  return field;
}

Error torn(const rd_kafka_message_t& message) {
  return hopeless("stream.torn",
                  "Kafka: the record at offset " + std::to_string(message.offset) +
                      " of partition " + std::to_string(message.partition) + " of topic " +
                      rd_kafka_topic_name(message.rkt) + " is none that Headwater wrote",
                  "docs/kafka.md, \"stream.torn\", says how to mend it");
}

}  // namespace

Record record_of(const Event& event, std::uint64_t sequence, Mode mode) {
  Record record{.key = event.partition_key, .value = event.data};
  const std::string place = std::to_string(sequence);
  if (mode == Mode::structured) {
    record.json = to_json({.sequence = sequence, .event = event});
    record.headers = new_headers(2);
    add(record.headers, "content-type", structured_type);
    // For readers that look for a place without reading the events.
    add(record.headers, "ce_sequence", place);
    return record;
  }
  std::string time;
  append_time(time, event.time);
  record.headers = new_headers(9);
  add(record.headers, "content-type", "application/json");
  add(record.headers, "ce_specversion", "1.0");
  add(record.headers, "ce_id", event.id);
  add(record.headers, "ce_source", event.source);
  add(record.headers, "ce_type", event.type.text());
  add(record.headers, "ce_subject", event.subject);
  add(record.headers, "ce_time", time);
  add(record.headers, "ce_partitionkey", event.partition_key);
  add(record.headers, "ce_sequence", place);
  return record;
}

Record tombstone_of(const Event& event, std::uint64_t sequence) {
  Record record{.key = event.partition_key, .value = {}, .tombstone = true};
  record.headers = new_headers(1);
  add(record.headers, "ce_sequence", std::to_string(sequence));
  return record;
}

bool is_delete(const Event& event) { return event.type.operation() == "delete"; }

Record record_of(const State& state, const std::string& topic) {
  Record record{.key = topic, .value = state.tail.position.token};
  record.headers = new_headers(7);
  add(record.headers, "headwater_version", version);
  add(record.headers, "headwater_relay", state.relay);
  add(record.headers, "headwater_source", state.tail.source);
  add(record.headers, "headwater_sequence", std::to_string(state.tail.sequence));
  add(record.headers, "headwater_last", std::to_string(state.last));
  add(record.headers, "headwater_life", state.life);
  add(record.headers, "headwater_ends", joined(state.ends));
  return record;
}

Record acknowledgement(std::string_view key, std::string_view sequence, const std::string& life) {
  Record record{.key = key, .value = sequence};
  record.headers = new_headers(2);
  add(record.headers, "headwater_version", version);
  add(record.headers, "headwater_life", life);
  return record;
}

std::optional<std::uint64_t> sequence_in(const rd_kafka_message_t& message) {
  return number(header(message, "ce_sequence"));
}

rd_kafka_resp_err_t produce(const Client& client, rd_kafka_topic_t* topic, Record& record) {
  rd_kafka_vu_t to = field(RD_KAFKA_VTYPE_RKT);
  to.u.rkt = topic;
  rd_kafka_vu_t flags = field(RD_KAFKA_VTYPE_MSGFLAGS);
  flags.u.i = RD_KAFKA_MSG_F_COPY;
  rd_kafka_vu_t headers = field(RD_KAFKA_VTYPE_HEADERS);
  headers.u.headers = record.headers.get();
  rd_kafka_vu_t partition = field(RD_KAFKA_VTYPE_PARTITION);
  partition.u.i32 = record.partition;
  const std::array<rd_kafka_vu_t, 6> fields{
      to,        flags,   bytes(RD_KAFKA_VTYPE_KEY, record.key),
      partition, headers, bytes(RD_KAFKA_VTYPE_VALUE, record.content())};
  const std::size_t count = record.tombstone ? fields.size() - 1 : fields.size();
  const Failure failure(rd_kafka_produceva(client.handle(), fields.data(), count));
  if (failure) return rd_kafka_error_code(failure.get());
  // They are the library's only now.
  static_cast<void>(record.headers.release());
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

Result<std::optional<StoredEvent>> event_in(const rd_kafka_message_t& message, KnownNames& known) {
  const Attributes attributes = attributes_of(message);
  const auto sequence = number(attributes.sequence);
  if (!sequence) return fail(torn(message));
  if (message.payload == nullptr) return std::nullopt;
  if (!attributes.id) {
    auto stored = event_from_json(value_of(message));
    if (!stored || stored->sequence != *sequence) return fail(torn(message));
    return *std::move(stored);
  }
  const auto time = time_from(attributes.time);
  if (!time) return fail(torn(message));
  return StoredEvent{.sequence = *sequence,
                     .event = {.id = std::string(*attributes.id),
                               .source = known.source(attributes.source),
                               .type = known.type(attributes.type),
                               .subject = std::string(attributes.subject),
                               .partition_key = std::string(key_of(message)),
                               .time = *time,
                               .data = std::string(value_of(message))}};
}

Result<State> state_in(const rd_kafka_message_t& message) {
  if (header(message, "headwater_version") != version) {
    return fail(hopeless("stream.other_version",
                         std::string("Kafka: topic ") + rd_kafka_topic_name(message.rkt) +
                             " holds a position of a version that this Headwater does not know",
                         "install the Headwater that wrote it, or a newer one"));
  }
  const auto sequence = number(header(message, "headwater_sequence"));
  const auto last = number(header(message, "headwater_last"));
  auto ends = numbers_in(header(message, "headwater_ends").value_or(""));
  if (!sequence || !last || !ends) return fail(torn(message));
  return State{.last = *last,
               .relay = std::string(header(message, "headwater_relay").value_or("")),
               .tail = {.sequence = *sequence,
                        .position = {std::string(value_of(message))},
                        .source = std::string(header(message, "headwater_source").value_or(""))},
               .life = std::string(header(message, "headwater_life").value_or("")),
               .ends = *std::move(ends)};
}

Place place_in(const rd_kafka_message_t& message) {
  return {.sequence = number_in(value_of(message)),
          .life = std::string(header(message, "headwater_life").value_or(""))};
}

std::int32_t partition_of(std::string_view key, std::int32_t partitions) {
  return rd_kafka_msg_partitioner_murmur2(nullptr, key.data() == nullptr ? "" : key.data(),
                                          key.size(), partitions, nullptr, nullptr);
}

std::string_view key_of(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.key), message.key_len};
}

std::string_view value_of(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.payload), message.len};
}

std::string consumer_key(const std::string& topic, const std::string& consumer) {
  return topic + "/consumer/" + consumer;
}

}  // namespace headwater::kafka
