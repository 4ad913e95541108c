// Creating topics and reading their settings.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "src/streams/kafka/client.h"

namespace headwater::kafka {

using Settings = std::map<std::string, std::string>;

struct NewTopic {
  std::string name;
  std::int32_t partitions = 1;
  std::int16_t replicas = -1;  ///< -1: the broker's default.
  Settings settings{};
};

/// Returns false if it already exists.
Result<bool> create_topic(const Client& client, const NewTopic& topic, const Deadline& deadline);

struct TopicShape {
  std::int32_t partitions = 0;
  std::int32_t replicas = 0;  ///< Of the partition with the fewest.
};
/// Fails with `stream.not_prepared` if it does not exist.
Result<TopicShape> shape_of(const Client& client, const std::string& topic,
                            const Deadline& deadline);
/// The effective settings, including the broker's defaults.
Result<Settings> settings_of(const Client& client, const std::string& topic,
                             const Deadline& deadline);

/// Asks until the topic is known. A broker does not know a new topic at once. With ZooKeeper, it
/// knows no topic right after its start.
template <class Question>
auto once_known(const Client& client, const Deadline& deadline, const Question& ask) {
  constexpr int moment_ms = 20;
  auto answer = ask();
  const auto unknown = [&] {
    return !answer && (answer.error().name == "stream.not_prepared" ||
                       answer.error().name == "stream.topic_unknown");
  };
  while (unknown() && !deadline.over()) {
    rd_kafka_poll(client.handle(), moment_ms);
    answer = ask();
  }
  return answer;
}

}  // namespace headwater::kafka
