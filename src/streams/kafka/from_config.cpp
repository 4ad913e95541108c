// Apart from the rest, so that only programs that read a configuration need its library.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "src/streams/kafka/kafka.h"

namespace headwater {
namespace {

constexpr std::int64_t most_partitions = 10'000;
constexpr std::int64_t most_replicas = 100;
constexpr std::size_t least_event = 1'000;
constexpr std::size_t largest_event = 1'000'000'000;

/// As Kafka has it: org.apache.kafka.common.internals.Topic.
bool is_topic(std::string_view name) {
  constexpr std::size_t longest = 249;
  return !name.empty() && name.size() <= longest && name != "." && name != ".." &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string_view::npos;
}

/// librdkafka's CONFIGURATION.md: ssl.ca.location, sasl.kerberos.keytab,
/// sasl.oauthbearer.assertion.private.key.file. "probe" looks for the system's list.
bool names_a_file(const std::string& property, const std::string& value) {
  return value != "probe" && (property.ends_with(".location") || property.ends_with(".keytab") ||
                              property.ends_with(".file"));
}

void take_properties(config::Section& section, kafka::Options& options) {
  config::Section properties = section.child("properties");
  for (auto& [name, value] : properties.texts()) {
    if (names_a_file(name, value)) properties.names_file(name, value);
    if (const auto why = kafka::refusal(name); !why.empty()) {
      properties.complain(name, "may not be set: " + why);
    } else if (auto good = kafka::check_property(name, value); !good) {
      properties.complain(
          name, good.error().message.substr(good.error().message.find(name) + name.size() + 1));
    } else {
      options.properties.emplace_back(name, std::move(value));
    }
  }
}

}  // namespace

Result<std::unique_ptr<StreamAdapter>> make_kafka_stream(config::Section section,
                                                         const Clock& clock) {
  kafka::Options options{.brokers = section.address("brokers"),
                         .topic = section.text_or("topic", "events")};
  options.positions = section.text_or("positions", options.positions_topic());
  for (const auto& [key, name] :
       {std::pair{"topic", options.topic}, std::pair{"positions", options.positions}}) {
    if (!is_topic(name)) {
      section.complain(key,
                       "is no topic's name: letters, digits, '.', '_' and '-', 249 at the most");
    }
  }
  if (options.positions == options.topic) section.complain("positions", "must be another topic");
  options.partitions =
      static_cast<std::int32_t>(section.integer_or("partitions", 1, 1, most_partitions));
  options.replicas =
      static_cast<std::int16_t>(section.integer_or("replicas", -1, -1, most_replicas));
  options.create = section.flag_or("create", true);
  options.mode = section.choice_or("mode", {"binary", "structured"}, 0) == 0
                     ? kafka::Mode::binary
                     : kafka::Mode::structured;
  options.tombstones = section.flag_or("tombstones", false);
  options.max_event = section.size("max_event").value_or(options.max_event);
  if (options.max_event < least_event || options.max_event > largest_event) {
    section.complain("max_event", "must be from 1000 to 1000000000 bytes");
  }
  take_properties(section, options);
  if (auto ok = section.finish(); !ok) return failed(ok);
  return kafka::make_stream(std::move(options), clock);
}

}  // namespace headwater
