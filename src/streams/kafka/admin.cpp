#include "src/streams/kafka/admin.h"

#include <algorithm>
#include <array>
#include <utility>

#include "src/streams/kafka/errors.h"

namespace headwater::kafka {
namespace {

using Handle = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<&rd_kafka_NewTopic_destroy>>;
using Resource =
    std::unique_ptr<rd_kafka_ConfigResource_t, Destroy<&rd_kafka_ConfigResource_destroy>>;
using AdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, Destroy<&rd_kafka_AdminOptions_destroy>>;
using AdminEvent = std::unique_ptr<rd_kafka_event_t, Destroy<&rd_kafka_event_destroy>>;

AdminOptions asking(const Client& client, rd_kafka_admin_op_t what, const Deadline& deadline) {
  AdminOptions options(rd_kafka_AdminOptions_new(client.handle(), what));
  std::array<char, 256> text{};
  // The library takes no 0.
  const int within = std::max(1, deadline.milliseconds());
  rd_kafka_AdminOptions_set_request_timeout(options.get(), within, text.data(), text.size());
  if (what == RD_KAFKA_ADMIN_OP_CREATETOPICS) {
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), within, text.data(), text.size());
  }
  return options;
}

Result<AdminEvent> answer(const Client& client, const Queue& queue, const std::string& what,
                          const Deadline& deadline) {
  AdminEvent event(rd_kafka_queue_poll(queue.get(), deadline.milliseconds()));
  const auto code = event ? rd_kafka_event_error(event.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(client.error(code, what));
  return event;
}

}  // namespace

Result<bool> create_topic(const Client& client, const NewTopic& topic, const Deadline& deadline) {
  std::array<char, 512> text{};
  const Handle handle(rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, topic.replicas,
                                            text.data(), text.size()));
  if (!handle) {
    return fail(hopeless("stream.bad_setting", "Kafka: topic " + topic.name + ": " + text.data(),
                         "correct stream.kafka.partitions and stream.kafka.replicas"));
  }
  for (const auto& [name, value] : topic.settings) {
    rd_kafka_NewTopic_set_config(handle.get(), name.c_str(), value.c_str());
  }
  const Queue queue(rd_kafka_queue_new(client.handle()));
  const auto options = asking(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, deadline);
  rd_kafka_NewTopic_t* one = handle.get();
  rd_kafka_CreateTopics(client.handle(), &one, 1, options.get(), queue.get());
  auto event = answer(client, queue, "creating topic " + topic.name, deadline);
  if (!event) return failed(event);
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  const auto code =
      count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return false;
  Error error = client.error(code, "creating topic " + topic.name);
  if (const char* why = count == 1 ? rd_kafka_topic_result_error_string(results[0]) : nullptr) {
    error.message += std::string(" (") + why + ")";
  }
  if (error.remedy == Remedy::retry && code != RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT) {
    error.remedy = Remedy::stop;
    error.name = "stream.bad_setting";
    error.next = "correct stream.kafka.partitions and stream.kafka.replicas";
  }
  return fail(std::move(error));
}

Result<TopicShape> shape_of(const Client& client, const std::string& topic,
                            const Deadline& deadline) {
  auto metadata = client.metadata(topic, deadline);
  if (!metadata) return failed(metadata);
  const rd_kafka_metadata_topic_t& found = (*metadata)->topics[0];
  TopicShape shape{.partitions = found.partition_cnt, .replicas = 0};
  for (int number = 0; number < found.partition_cnt; ++number) {
    const auto replicas = found.partitions[number].replica_cnt;
    shape.replicas = number == 0 ? replicas : std::min(shape.replicas, replicas);
  }
  return shape;
}

Result<Settings> settings_of(const Client& client, const std::string& topic,
                             const Deadline& deadline) {
  const Resource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const Queue queue(rd_kafka_queue_new(client.handle()));
  const auto options = asking(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, deadline);
  rd_kafka_ConfigResource_t* one = resource.get();
  rd_kafka_DescribeConfigs(client.handle(), &one, 1, options.get(), queue.get());
  const std::string what = "the settings of topic " + topic;
  auto event = answer(client, queue, what, deadline);
  if (!event) return failed(event);
  std::size_t count = 0;
  const auto* const* results = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  if (count != 1) return fail(client.error(RD_KAFKA_RESP_ERR__BAD_MSG, what));
  if (const auto code = rd_kafka_ConfigResource_error(results[0]);
      code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(client.error(code, what));
  }
  Settings settings;
  const auto* const* entries = rd_kafka_ConfigResource_configs(results[0], &count);
  for (std::size_t at = 0; at < count; ++at) {
    const char* value = rd_kafka_ConfigEntry_value(entries[at]);
    settings[rd_kafka_ConfigEntry_name(entries[at])] = value == nullptr ? "" : value;
  }
  return settings;
}

}  // namespace headwater::kafka
