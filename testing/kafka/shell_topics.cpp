// The part of KafkaShell that administers topics.
#include <algorithm>
#include <array>
#include <string>

#include "testing/kafka/shell.h"
#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

using Settings = KafkaShell::Settings;

/// Blocks until the broker has answered. Ends the test program if it reports an error.
rd_kafka_event_t* admin_answer(rd_kafka_queue_t* queue, const std::string& what) {
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, KafkaShell::timeout_ms);
  if (event == nullptr || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    give_up(what + ": " + (event == nullptr ? "no answer" : rd_kafka_event_error_string(event)));
  }
  return event;
}

/// The error of creating one topic; empty if it exists now.
std::string creation_error(rd_kafka_event_t* answer) {
  if (answer == nullptr) return "no answer";
  if (rd_kafka_event_error(answer) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return rd_kafka_event_error_string(answer);
  }
  std::size_t count = 0;
  const auto* const* topics =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer), &count);
  if (count != 1) return "an answer about other topics";
  const auto code = rd_kafka_topic_result_error(topics[0]);
  const bool exists =
      code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
  if (exists) return "";
  const char* why = rd_kafka_topic_result_error_string(topics[0]);
  return why == nullptr ? rd_kafka_err2str(code) : why;
}

}  // namespace

void KafkaShell::create_topic(const std::string& name, int partitions, const Settings& settings) {
  // On a busy machine a broker may miss its heartbeats. Until it is registered again, this fails.
  std::string error;
  const bool created = wait_until([&] {
    error = try_to_create(name, partitions, settings);
    return error.empty();
  });
  if (!created) give_up("creating topic " + name + ": " + error);
  if (!wait_until([&] { return this->partitions(name) == partitions; }))
    give_up("topic " + name + " was not created");
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
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, timeout_ms);
  std::string error = creation_error(event);
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_NewTopic_destroy(topic);
  rd_kafka_queue_destroy(queue);
  return error;
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
  if (!wait_until([&] { return this->partitions(topic) == partitions; }))
    give_up("topic " + topic + " did not get its partitions");
}

void KafkaShell::delete_topic(const std::string& name) {
  rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
  rd_kafka_queue_t* queue = rd_kafka_queue_new(consumer_);
  rd_kafka_DeleteTopics(consumer_, &topic, 1, nullptr, queue);
  rd_kafka_event_destroy(admin_answer(queue, "deleting topic " + name));
  rd_kafka_DeleteTopic_destroy(topic);
  rd_kafka_queue_destroy(queue);
  if (!wait_until([&] { return partitions(name) == 0; }))
    give_up("topic " + name + " was not deleted");
}

// A broker shows a new setting before it uses it, but uses it before it shows a later one. Two
// later ones are altered, because the broker may show the first of them together with this one.
void KafkaShell::alter_topic(const std::string& name, const Settings& settings) {
  alter_and_wait(name, settings);
  static std::int64_t later = 1'000'000'000;
  for (int i = 0; i < 2; ++i) {
    alter_and_wait(warm_up, {{"retention.ms", std::to_string(++later)}});
  }
}

void KafkaShell::alter_and_wait(const std::string& name, const Settings& settings) {
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
  if (!seen) give_up("topic " + name + " did not get its new settings");
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

// The broker refuses a batch that is larger than a segment (RECORD_LIST_TOO_LARGE). Requiring more
// replicas than there are does not work with a single broker.
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
  if (rd_kafka_metadata(consumer_, 0, handle, &metadata, timeout_ms) ==
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (metadata->topic_cnt == 1) count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
  }
  rd_kafka_topic_destroy(handle);
  return count;
}

}  // namespace headwater::rig
