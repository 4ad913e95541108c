#include "src/streams/kafka/inspect.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "src/base/number_in.h"
#include "src/streams/kafka/admin.h"

namespace headwater::kafka {
namespace {

using Kind = Finding::Kind;

std::string value_of(const Settings& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? "" : found->second;
}

std::int64_t number_of(const Settings& settings, const std::string& name, std::int64_t fallback) {
  return whole_number<std::int64_t>(value_of(settings, name)).value_or(fallback);
}

std::string alter(const std::string& topic, const std::string& setting) {
  return "kafka-configs.sh --bootstrap-server HOST:PORT --alter --topic " + topic +
         " --add-config " + setting;
}

struct Looked {
  std::string name;
  TopicShape shape;
  Settings settings;
};

Result<Looked> look_at(const Client& client, const std::string& name, const Deadline& deadline) {
  auto shape = shape_of(client, name, deadline);
  if (!shape) return failed(shape);
  auto settings = settings_of(client, name, deadline);
  if (!settings) return failed(settings);
  return Looked{.name = name, .shape = *shape, .settings = *std::move(settings)};
}

/// What a broker's or a machine's failure may take.
void durability(const Looked& topic, Report& report) {
  const auto least = number_of(topic.settings, "min.insync.replicas", 1);
  const std::string replicas = std::to_string(topic.shape.replicas) + " replicas, " +
                               std::to_string(least) + " of them in sync for an append";
  if (topic.shape.replicas < 2 || least < 2) {
    report.push_back({.kind = Kind::note,
                      .what = "topic " + topic.name + ": " + replicas +
                              ": the loss of one broker may lose acknowledged records; if both "
                              "topics lost the same appends, the relay publishes them again; "
                              "otherwise it stops with stream.events_lost or "
                              "stream.position_lost",
                      .next = "3 replicas and " + alter(topic.name, "min.insync.replicas=2")});
  } else {
    report.push_back({.what = "topic " + topic.name + ": " + replicas});
  }
  if (value_of(topic.settings, "unclean.leader.election.enable") == "true") {
    report.push_back({.kind = Kind::problem,
                      .what = "topic " + topic.name +
                              ": unclean.leader.election.enable lets a replica lead that lacks "
                              "events which were acknowledged",
                      .next = alter(topic.name, "unclean.leader.election.enable=false")});
  }
  if (number_of(topic.settings, "flush.messages", std::numeric_limits<std::int64_t>::max()) > 1) {
    report.push_back(
        {.kind = Kind::note,
         .what = "topic " + topic.name +
                 ": brokers acknowledge before they sync to disk (Kafka's default): "
                 "a power failure of all replicas at once may lose the newest events"});
  }
}

void positions(const Looked& topic, Report& report) {
  if (topic.shape.partitions != 1) {
    report.push_back(
        {.kind = Kind::problem,
         .what = "topic " + topic.name + " has " + std::to_string(topic.shape.partitions) +
                 " partitions; positions need exactly one",
         .next = "name another topic as stream.kafka.positions: headwater init makes it"});
  }
  const std::string policy = value_of(topic.settings, "cleanup.policy");
  if (policy != "compact") {
    report.push_back({.kind = Kind::problem,
                      .what = "topic " + topic.name + ": cleanup.policy=" + policy +
                              " would delete the relay's position with time",
                      .next = alter(topic.name, "cleanup.policy=compact")});
  }
}

void retention(const Looked& topic, const Options& options, Report& report) {
  const std::string policy = value_of(topic.settings, "cleanup.policy");
  if (policy.find("compact") != std::string::npos && !options.tombstones) {
    report.push_back({.kind = Kind::problem,
                      .what = "topic " + topic.name + ": cleanup.policy=" + policy +
                              " removes all events of a row but the last",
                      .next = alter(topic.name, "cleanup.policy=delete") +
                              "; or, if that is what you want: stream.kafka.tombstones: true"});
  }
  const auto time = number_of(topic.settings, "retention.ms", -1);
  const auto size = number_of(topic.settings, "retention.bytes", -1);
  if (policy.find("delete") == std::string::npos || (time < 0 && size < 0)) return;
  if (time >= 0 && value_of(topic.settings, "message.timestamp.type") == "CreateTime") {
    report.push_back({.kind = Kind::note,
                      .what = "topic " + topic.name +
                              ": the age of events counts by the clock of the relay's machine",
                      .next = alter(topic.name, "message.timestamp.type=LogAppendTime")});
  }
  std::string what = "topic " + topic.name + ": the broker removes events";
  if (time >= 0) what += " after " + std::to_string(time / 3'600'000) + " h";
  if (size >= 0) what += " beyond " + std::to_string(size >> 20U) + " MiB for each partition";
  report.push_back({.kind = Kind::note,
                    .what = what + ", whether or not a consumer has read them",
                    .next = alter(topic.name, "retention.ms=...")});
}

void sizes(const Looked& topic, const Options& options, Report& report) {
  const auto most = number_of(topic.settings, "max.message.bytes", 1'048'588);
  if (most >= static_cast<std::int64_t>(options.max_event)) return;
  report.push_back(
      {.kind = Kind::note,
       .what = "topic " + topic.name + ": max.message.bytes=" + std::to_string(most) +
               " is less than stream.kafka.max_event; a larger event stops the relay",
       .next = alter(topic.name, "max.message.bytes=" + std::to_string(options.max_event))});
}

}  // namespace

Result<Report> inspect_topics(const Options& options, const Client& client,
                              const Deadline& deadline) {
  auto events = look_at(client, options.topic, deadline);
  if (!events) return failed(events);
  auto beside = look_at(client, options.positions_topic(), deadline);
  if (!beside) return failed(beside);
  Report report;
  report.push_back({.what = "topic " + options.topic + ": " +
                            std::to_string(events->shape.partitions) +
                            " partitions; positions in " + options.positions_topic()});
  positions(*beside, report);
  retention(*events, options, report);
  sizes(*events, options, report);
  durability(*events, report);
  durability(*beside, report);
  return report;
}

}  // namespace headwater::kafka
