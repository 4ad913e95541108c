#include "testing/kafka/shell.h"

#include <algorithm>
#include <array>

#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

constexpr int shell_patience_ms = 30'000;
constexpr int soon_ms = 2'000;
// How long one try may take of what is tried again.
constexpr int one_try_ms = 10'000;
constexpr const char* warm_up = "warm-up";

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

/// At this logical place of the partition; -1 if no broker says so in time.
/// rd_kafka_query_watermark_offsets() would wait for ever while none answers.
std::int64_t offset_at(rd_kafka_t* handle, const std::string& topic, std::int32_t partition,
                       std::int64_t place, int within_ms) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_t* asked =
      rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
  asked->offset = place;
  const auto code = rd_kafka_offsets_for_times(handle, list, within_ms);
  const bool known = code == RD_KAFKA_RESP_ERR_NO_ERROR &&
                     asked->err == RD_KAFKA_RESP_ERR_NO_ERROR && asked->offset >= 0;
  const std::int64_t offset = known ? asked->offset : -1;
  rd_kafka_topic_partition_list_destroy(list);
  return offset;
}

rd_kafka_event_t* admin_answer(rd_kafka_queue_t* queue, const std::string& what) {
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, shell_patience_ms);
  if (event == nullptr || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    give_up(what + ": " + (event == nullptr ? "no answer" : rd_kafka_event_error_string(event)));
  }
  return event;
}

/// Of one topic; empty: none. One that is there already will do.
std::string trouble_in_creating(rd_kafka_event_t* answer) {
  if (answer == nullptr) return "no answer";
  if (rd_kafka_event_error(answer) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return rd_kafka_event_error_string(answer);
  }
  std::size_t count = 0;
  const auto* const* topics =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer), &count);
  if (count != 1) return "an answer about another";
  const auto code = rd_kafka_topic_result_error(topics[0]);
  const bool well =
      code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
  if (well) return "";
  const char* why = rd_kafka_topic_result_error_string(topics[0]);
  return why == nullptr ? rd_kafka_err2str(code) : why;
}

/// Whether this went well; the error is not asked for.
bool well(rd_kafka_error_t* error) {
  if (error == nullptr) return true;
  rd_kafka_error_destroy(error);
  return false;
}

/// Whether a transaction of one record goes through.
bool commits(const std::string& brokers, const std::string& value) {
  rd_kafka_t* producer = open(brokers, {{"transactional.id", warm_up}}, RD_KAFKA_PRODUCER);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, warm_up, nullptr);
  std::string bytes = value;
  const bool done = well(rd_kafka_init_transactions(producer, one_try_ms)) &&
                    well(rd_kafka_begin_transaction(producer)) &&
                    rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, bytes.data(), bytes.size(),
                                     nullptr, 0, nullptr) == 0 &&
                    well(rd_kafka_commit_transaction(producer, one_try_ms));
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
  const bool there =
      rd_kafka_metadata(handle, 1, nullptr, &metadata, 500) == RD_KAFKA_RESP_ERR_NO_ERROR &&
      metadata->broker_cnt > 0;
  // A topic whose partition has no leader yet cannot be read.
  bool ready = there;
  for (int at = 0; there && at < metadata->topic_cnt; ++at) {
    for (int n = 0; n < metadata->topics[at].partition_cnt; ++n) {
      ready = ready && metadata->topics[at].partitions[n].leader >= 0;
    }
  }
  if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
  rd_kafka_destroy(handle);
  return ready;
}

/// All that a relay does, once, so that nothing of it is still to be made ready when a test begins.
bool KafkaShell::works(const std::string& brokers) {
  if (!answers(brokers)) return false;
  KafkaShell shell(brokers);
  if (!shell.try_to_create(warm_up, 1, {}).empty() || shell.partitions(warm_up) != 1) return false;
  const std::string said = std::to_string(SystemClock().steady().time_since_epoch().count());
  return commits(brokers, said) && shell.ends_with(warm_up, said);
}

bool KafkaShell::ends_with(const std::string& topic, const std::string& value) {
  // A transaction that is committed may take a moment until it can be read.
  return wait_until(
      [&] {
        const auto high = offset_at(consumer_, topic, 0, RD_KAFKA_OFFSET_END, soon_ms);
        if (high <= 0) return false;
        std::string trouble;
        const auto records = try_to_read(topic, 0, std::max<std::int64_t>(0, high - 2), trouble);
        return trouble.empty() && !records.empty() && records.back().value == value;
      },
      Milliseconds(one_try_ms));
}

void KafkaShell::create_topic(const std::string& name, int partitions, const Settings& settings) {
  // A broker that had no time to say that it is alive is taken for dead by its controller.
  std::string trouble;
  const bool created = wait_until([&] {
    trouble = try_to_create(name, partitions, settings);
    return trouble.empty();
  });
  if (!created) give_up("creating topic " + name + ": " + trouble);
  if (!wait_until([&] { return this->partitions(name) == partitions; })) give_up("no " + name);
}

std::string KafkaShell::try_to_create(const std::string& name, int partitions,
                                      const Settings& settings) {
  std::array<char, 512> text{};
  rd_kafka_NewTopic_t* topic =
      rd_kafka_NewTopic_new(name.c_str(), partitions, 1, text.data(), text.size());
  for (const auto& [key, value] : settings) {
    rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
  }
  rd_kafka_queue_t* queue = rd_kafka_queue_new(consumer_);
  rd_kafka_CreateTopics(consumer_, &topic, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, shell_patience_ms);
  const std::string trouble = trouble_in_creating(event);
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_NewTopic_destroy(topic);
  rd_kafka_queue_destroy(queue);
  return trouble;
}

void KafkaShell::add_partitions(const std::string& topic, int partitions) {
  std::array<char, 512> text{};
  rd_kafka_NewPartitions_t* more = rd_kafka_NewPartitions_new(
      topic.c_str(), static_cast<std::size_t>(partitions), text.data(), text.size());
  rd_kafka_queue_t* queue = rd_kafka_queue_new(consumer_);
  rd_kafka_CreatePartitions(consumer_, &more, 1, nullptr, queue);
  rd_kafka_event_destroy(admin_answer(queue, "adding partitions to " + topic));
  rd_kafka_NewPartitions_destroy(more);
  rd_kafka_queue_destroy(queue);
  if (!wait_until([&] { return this->partitions(topic) == partitions; })) give_up("no partitions");
}

void KafkaShell::delete_topic(const std::string& name) {
  rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
  rd_kafka_queue_t* queue = rd_kafka_queue_new(consumer_);
  rd_kafka_DeleteTopics(consumer_, &topic, 1, nullptr, queue);
  rd_kafka_event_destroy(admin_answer(queue, "deleting topic " + name));
  rd_kafka_DeleteTopic_destroy(topic);
  rd_kafka_queue_destroy(queue);
  if (!wait_until([&] { return partitions(name) == 0; })) give_up(name + " stays");
}

/// A broker shows what its controller has told it, and then uses it, before it shows the next
/// thing. So it uses what it showed before the last; the one between is shown with it, perhaps.
void KafkaShell::alter_topic(const std::string& name, const Settings& settings) {
  alter_and_see(name, settings);
  static std::int64_t later = 1'000'000'000;
  for (int i = 0; i < 2; ++i) {
    alter_and_see(warm_up, {{"retention.ms", std::to_string(++later)}});
  }
}

void KafkaShell::alter_and_see(const std::string& name, const Settings& settings) {
  rd_kafka_ConfigResource_t* topic =
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str());
  for (const auto& [key, value] : settings) {
    rd_kafka_ConfigResource_set_config(topic, key.c_str(), value.c_str());
  }
  rd_kafka_queue_t* queue = rd_kafka_queue_new(consumer_);
  rd_kafka_AlterConfigs(consumer_, &topic, 1, nullptr, queue);
  rd_kafka_event_destroy(admin_answer(queue, "altering topic " + name));
  rd_kafka_ConfigResource_destroy(topic);
  rd_kafka_queue_destroy(queue);
  const bool seen = wait_until([&] {
    const auto all = settings_of(name);
    return std::ranges::all_of(settings, [&](const auto& setting) {
      return std::ranges::find(all, setting) != all.end();
    });
  });
  if (!seen) give_up("topic " + name + " keeps its settings");
}

Settings KafkaShell::settings_of(const std::string& name) {
  rd_kafka_ConfigResource_t* topic =
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str());
  rd_kafka_queue_t* queue = rd_kafka_queue_new(consumer_);
  rd_kafka_DescribeConfigs(consumer_, &topic, 1, nullptr, queue);
  rd_kafka_event_t* event = admin_answer(queue, "the settings of topic " + name);
  std::size_t count = 0;
  const auto* const* topics = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event), &count);
  Settings settings;
  if (count == 1) {
    const auto* const* entries = rd_kafka_ConfigResource_configs(topics[0], &count);
    for (std::size_t at = 0; at < count; ++at) {
      const char* value = rd_kafka_ConfigEntry_value(entries[at]);
      settings.emplace_back(rd_kafka_ConfigEntry_name(entries[at]), value == nullptr ? "" : value);
    }
  }
  rd_kafka_event_destroy(event);
  rd_kafka_ConfigResource_destroy(topic);
  rd_kafka_queue_destroy(queue);
  return settings;
}

// Of a single broker no more replicas can be wanted than there are; but no batch may be larger than
// a segment (RECORD_LIST_TOO_LARGE).
void KafkaShell::obstruct(const std::string& topic) {
  alter_topic(topic, {{"segment.bytes", "200"}, {"max.message.bytes", "16777216"}});
}

void KafkaShell::relieve(const std::string& topic) {
  alter_topic(topic, {{"max.message.bytes", "16777216"}});
}

void KafkaShell::delete_records(const std::string& topic, std::int32_t partition) {
  rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(all, topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_END;
  rd_kafka_DeleteRecords_t* what = rd_kafka_DeleteRecords_new(all);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(consumer_);
  rd_kafka_DeleteRecords(consumer_, &what, 1, nullptr, queue);
  rd_kafka_event_destroy(admin_answer(queue, "deleting records of " + topic));
  rd_kafka_DeleteRecords_destroy(what);
  rd_kafka_topic_partition_list_destroy(all);
  rd_kafka_queue_destroy(queue);
}

int KafkaShell::partitions(const std::string& topic) {
  rd_kafka_topic_t* handle = rd_kafka_topic_new(consumer_, topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  int count = 0;
  if (rd_kafka_metadata(consumer_, 0, handle, &metadata, shell_patience_ms) ==
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (metadata->topic_cnt == 1) count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
  }
  rd_kafka_topic_destroy(handle);
  return count;
}

/// First and last offset, once nothing between them is undecided.
std::optional<std::pair<std::int64_t, std::int64_t>> KafkaShell::ends(const std::string& topic,
                                                                      std::int32_t partition) {
  std::int64_t low = -1;
  std::int64_t stable = -1;
  const bool settled = wait_until([&] {
    const auto high =
        offset_at(uncommitted_, topic, partition, RD_KAFKA_OFFSET_END, shell_patience_ms);
    low = offset_at(consumer_, topic, partition, RD_KAFKA_OFFSET_BEGINNING, shell_patience_ms);
    stable = offset_at(consumer_, topic, partition, RD_KAFKA_OFFSET_END, shell_patience_ms);
    return low >= 0 && high >= 0 && stable >= high;
  });
  if (!settled) return std::nullopt;
  return std::pair(low, stable);
}

std::vector<KafkaShell::Record> KafkaShell::read(const std::string& topic, std::int32_t partition,
                                                 std::int64_t from) {
  std::string trouble;
  auto records = try_to_read(topic, partition, from, trouble);
  if (!trouble.empty()) give_up(topic + ": " + trouble);
  return records;
}

std::vector<KafkaShell::Record> KafkaShell::try_to_read(const std::string& topic,
                                                        std::int32_t partition, std::int64_t from,
                                                        std::string& trouble) {
  std::vector<Record> records;
  rd_kafka_topic_t* handle = rd_kafka_topic_new(consumer_, topic.c_str(), nullptr);
  rd_kafka_consume_start(handle, partition, from);
  for (;;) {
    rd_kafka_message_t* message = rd_kafka_consume(handle, partition, shell_patience_ms);
    const auto error = message == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : message->err;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) records.push_back(record_of(*message));
    if (message != nullptr) rd_kafka_message_destroy(message);
    if (error == RD_KAFKA_RESP_ERR__PARTITION_EOF) break;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    trouble = rd_kafka_err2str(error);
    break;
  }
  rd_kafka_consume_stop(handle, partition);
  rd_kafka_topic_destroy(handle);
  return records;
}

std::vector<KafkaShell::Record> KafkaShell::records(const std::string& topic,
                                                    std::int32_t partition) {
  const auto found = ends(topic, partition);
  if (!found) give_up("topic " + topic + " stays undecided");
  if (found->first == found->second) return {};
  return read(topic, partition, found->first);
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
  const auto low = offset_at(consumer_, topic, 0, RD_KAFKA_OFFSET_BEGINNING, soon_ms);
  const auto high = offset_at(consumer_, topic, 0, RD_KAFKA_OFFSET_END, soon_ms);
  if (low < 0 || high < 0) return std::nullopt;
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
