#include "testing/kafka/shell.h"

#include <algorithm>
#include <array>

#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

// For requests that a test retries by itself.
constexpr int short_timeout_ms = 2'000;
// For one try of a transaction.
constexpr int transaction_timeout_ms = 10'000;

using Settings = KafkaShell::Settings;

rd_kafka_t* open(const std::string& brokers, Settings settings,
                 rd_kafka_type_t type = RD_KAFKA_CONSUMER) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::array<char, 512> text{};
  settings.emplace_back("bootstrap.servers", brokers);
  if (type == RD_KAFKA_CONSUMER) {
    settings.emplace_back("enable.partition.eof", "true");
    settings.emplace_back("fetch.wait.max.ms", "5");
  }
  settings.emplace_back("reconnect.backoff.ms", "20");
  settings.emplace_back("reconnect.backoff.max.ms", "100");
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) !=
        RD_KAFKA_CONF_OK) {
      give_up(text.data());
    }
  }
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  rd_kafka_t* handle = rd_kafka_new(type, conf, text.data(), text.size());
  if (handle == nullptr) give_up(text.data());
  return handle;
}

/// The offset at a logical place of the partition, such as RD_KAFKA_OFFSET_END; -1 if no broker
/// answers in time. rd_kafka_query_watermark_offsets() would block forever then.
std::int64_t offset_at(rd_kafka_t* handle, const std::string& topic, std::int32_t partition,
                       std::int64_t place, int within_ms) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_t* query =
      rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
  query->offset = place;
  const auto code = rd_kafka_offsets_for_times(handle, list, within_ms);
  const bool known = code == RD_KAFKA_RESP_ERR_NO_ERROR &&
                     query->err == RD_KAFKA_RESP_ERR_NO_ERROR && query->offset >= 0;
  const std::int64_t offset = known ? query->offset : -1;
  rd_kafka_topic_partition_list_destroy(list);
  return offset;
}

/// Whether a call succeeded. Destroys its error.
bool succeeded(rd_kafka_error_t* error) {
  if (error == nullptr) return true;
  rd_kafka_error_destroy(error);
  return false;
}

/// Commits a transaction of one record. Returns whether that succeeded.
bool commit_record(const std::string& brokers, const char* topic_name, const std::string& value) {
  rd_kafka_t* producer = open(brokers, {{"transactional.id", topic_name}}, RD_KAFKA_PRODUCER);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, topic_name, nullptr);
  std::string bytes = value;
  const bool done = succeeded(rd_kafka_init_transactions(producer, transaction_timeout_ms)) &&
                    succeeded(rd_kafka_begin_transaction(producer)) &&
                    rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, bytes.data(), bytes.size(),
                                     nullptr, 0, nullptr) == 0 &&
                    succeeded(rd_kafka_commit_transaction(producer, transaction_timeout_ms));
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  return done;
}

KafkaShell::Record record_of(const rd_kafka_message_t& message) {
  KafkaShell::Record record{.partition = message.partition,
                            .offset = message.offset,
                            .key = {static_cast<const char*>(message.key), message.key_len}};
  if (message.payload != nullptr) {
    record.value.emplace(static_cast<const char*>(message.payload), message.len);
  }
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t at = 0;
       rd_kafka_header_get_all(headers, at, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++at) {
    record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
  }
  return record;
}

}  // namespace

KafkaShell::KafkaShell(const std::string& brokers)
    : consumer_(open(brokers, {})),
      uncommitted_(open(brokers, {{"isolation.level", "read_uncommitted"}})) {}

KafkaShell::~KafkaShell() {
  rd_kafka_destroy(consumer_);
  rd_kafka_destroy(uncommitted_);
}

bool KafkaShell::answers(const std::string& brokers) {
  rd_kafka_t* handle = open(brokers, {});
  const rd_kafka_metadata_t* metadata = nullptr;
  const bool answered =
      rd_kafka_metadata(handle, 1, nullptr, &metadata, 500) == RD_KAFKA_RESP_ERR_NO_ERROR &&
      metadata->broker_cnt > 0;
  // A topic whose partition has no leader yet cannot be read.
  bool ready = answered;
  for (int at = 0; answered && at < metadata->topic_cnt; ++at) {
    for (int n = 0; n < metadata->topics[at].partition_cnt; ++n) {
      ready = ready && metadata->topics[at].partitions[n].leader >= 0;
    }
  }
  if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
  rd_kafka_destroy(handle);
  return ready;
}

// Does once what a relay does, so that the broker has its internal topics before a test starts.
bool KafkaShell::works(const std::string& brokers) {
  if (!answers(brokers)) return false;
  KafkaShell shell(brokers);
  if (!shell.try_to_create(warm_up, 1, {}).empty() || shell.partitions(warm_up) != 1) return false;
  const std::string value = std::to_string(SystemClock().steady().time_since_epoch().count());
  return commit_record(brokers, warm_up, value) && shell.ends_with(warm_up, value);
}

bool KafkaShell::ends_with(const std::string& topic, const std::string& value) {
  // A committed transaction becomes readable a moment later.
  return wait_until(
      [&] {
        const auto high = offset_at(consumer_, topic, 0, RD_KAFKA_OFFSET_END, short_timeout_ms);
        if (high <= 0) return false;
        std::optional<std::string> newest;
        std::string error;
        try_to_read(
            topic, 0, std::max<std::int64_t>(0, high - 2),
            [&](Record record) { newest = std::move(record.value); }, error);
        return error.empty() && newest == value;
      },
      Milliseconds(transaction_timeout_ms));
}

/// The first and the end offset, once no transaction between them is open.
std::optional<std::pair<std::int64_t, std::int64_t>> KafkaShell::ends(const std::string& topic,
                                                                      std::int32_t partition) {
  std::int64_t low = -1;
  std::int64_t stable = -1;
  const bool decided = wait_until([&] {
    const auto high = offset_at(uncommitted_, topic, partition, RD_KAFKA_OFFSET_END, timeout_ms);
    low = offset_at(consumer_, topic, partition, RD_KAFKA_OFFSET_BEGINNING, timeout_ms);
    stable = offset_at(consumer_, topic, partition, RD_KAFKA_OFFSET_END, timeout_ms);
    return low >= 0 && high >= 0 && stable >= high;
  });
  if (!decided) return std::nullopt;
  return std::pair(low, stable);
}

std::vector<KafkaShell::Record> KafkaShell::read(const std::string& topic, std::int32_t partition,
                                                 std::int64_t from) {
  std::vector<Record> records;
  std::string error;
  try_to_read(
      topic, partition, from, [&](Record record) { records.push_back(std::move(record)); }, error);
  if (!error.empty()) give_up("reading topic " + topic + ": " + error);
  return records;
}

void KafkaShell::try_to_read(const std::string& topic, std::int32_t partition, std::int64_t from,
                             const Take& take, std::string& error) {
  rd_kafka_topic_t* handle = rd_kafka_topic_new(consumer_, topic.c_str(), nullptr);
  rd_kafka_consume_start(handle, partition, from);
  for (;;) {
    rd_kafka_message_t* message = rd_kafka_consume(handle, partition, timeout_ms);
    const auto code = message == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : message->err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) take(record_of(*message));
    if (message != nullptr) rd_kafka_message_destroy(message);
    if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF) break;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    error = rd_kafka_err2str(code);
    break;
  }
  rd_kafka_consume_stop(handle, partition);
  rd_kafka_topic_destroy(handle);
}

std::vector<KafkaShell::Record> KafkaShell::records(const std::string& topic,
                                                    std::int32_t partition) {
  std::vector<Record> all;
  each_record(topic, partition, [&](Record record) { all.push_back(std::move(record)); });
  return all;
}

void KafkaShell::each_record(const std::string& topic, std::int32_t partition, const Take& take) {
  const auto found = ends(topic, partition);
  if (!found) give_up("topic " + topic + " still has an open transaction");
  if (found->first == found->second) return;
  std::string error;
  try_to_read(topic, partition, found->first, take, error);
  if (!error.empty()) give_up("reading topic " + topic + ": " + error);
}

std::vector<KafkaShell::Record> KafkaShell::events(const std::string& topic) {
  std::vector<Record> all;
  for (int number = 0; number < partitions(topic); ++number) {
    for (Record& record : records(topic, number)) all.push_back(std::move(record));
  }
  std::stable_sort(all.begin(), all.end(), [](const Record& left, const Record& right) {
    return std::stoull(left.header("ce_sequence")) < std::stoull(right.header("ce_sequence"));
  });
  return all;
}

std::optional<KafkaShell::Record> KafkaShell::last(const std::string& topic) {
  const auto low = offset_at(consumer_, topic, 0, RD_KAFKA_OFFSET_BEGINNING, short_timeout_ms);
  const auto high = offset_at(consumer_, topic, 0, RD_KAFKA_OFFSET_END, short_timeout_ms);
  if (low < 0 || high < 0) return std::nullopt;
  // The end of the log holds transaction markers, which are not records.
  constexpr std::int64_t enough = 10;
  if (high <= low) return std::nullopt;
  auto records = read(topic, 0, std::max(low, high - enough));
  if (records.empty()) return std::nullopt;
  return std::move(records.back());
}

std::string KafkaShell::Record::header(const std::string& name) const {
  for (const auto& [header, content] : headers) {
    if (header == name) return content;
  }
  return "";
}

}  // namespace headwater::rig
