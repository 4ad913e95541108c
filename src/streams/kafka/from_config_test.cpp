#include <gtest/gtest.h>

#include <string>

#include "src/base/clock.h"
#include "src/config/config.h"
#include "src/config/section.h"
#include "src/streams/kafka/kafka.h"
#include "testing/contract/stream_test.h"

namespace headwater {
namespace {

Result<std::unique_ptr<StreamAdapter>> from(const std::string& yaml) {
  return testing::stream_from(yaml, make_kafka_stream);
}

TEST(KafkaFromConfig, BrokersAreAllItNeeds) {
  auto stream = from("brokers: 'one:9092,two:9092'");
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->describe(), "Kafka topic events on one:9092,two:9092");
  EXPECT_TRUE((*stream)->exactly_once());
  EXPECT_FALSE((*stream)->takes_several_relays());
  EXPECT_EQ((*stream)->append_pause(), Milliseconds(10));
}

TEST(KafkaFromConfig, EverythingIsRead) {
  auto stream = from(
      "{ brokers: 'one:9092', topic: orders, positions: places, partitions: 6, replicas: 3,"
      " create: false, mode: structured, tombstones: true, max_event: 1MiB,"
      " properties: { compression.type: lz4, security.protocol: sasl_ssl, sasl.mechanism: PLAIN } "
      "}");
  EXPECT_TRUE(stream) << stream.error().message;
}

TEST(KafkaFromConfig, MistakesAreNamed) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"topic: events", "missing key 'brokers'"},
      {"{ brokers: 'a:1', topic: 'a/b' }", "is no topic's name"},
      {"{ brokers: 'a:1', topic: a, positions: a }", "must be another topic"},
      {"{ brokers: 'a:1', mode: avro }", "mode"},
      {"{ brokers: 'a:1', max_event: 10 }", "max_event"},
      {"{ brokers: 'a:1', partition: 3 }", "did you mean 'partitions'?"},
      {"{ brokers: 'a:1', properties: { transactional.id: x } }", "may not be set"},
      {"{ brokers: 'a:1', properties: { enable.idempotence: false } }", "may not be set"},
      {"{ brokers: 'a:1', properties: { acks: 1 } }", "may not be set"},
      {"{ brokers: 'a:1', properties: { allow.auto.create.topics: true } }", "may not be set"},
      {"{ brokers: 'a:1', properties: { lingr.ms: 1 } }", "is no property that librdkafka knows"},
  };
  for (const auto& [yaml, message] : mistakes) {
    auto stream = from(yaml);
    ASSERT_FALSE(stream) << yaml;
    EXPECT_NE(stream.error().message.find(message), std::string::npos) << stream.error().message;
  }
}

TEST(KafkaFromConfig, AValueIsNotRepeated) {
  auto stream = from("{ brokers: 'a:1', properties: { security.protocol: hunter2 } }");
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().message.find("hunter2"), std::string::npos) << stream.error().message;
}

TEST(KafkaFromConfig, ItsFilesAndAddressesAreKnown) {
  auto section = *config::parse(
      "{ brokers: 'a:1', properties: { ssl.ca.location: /etc/ca.pem, ssl.keystore.location: k,"
      " ssl.crl.location: probe, client.id: /x } }",
      "relay.yaml");
  const SystemClock clock;
  auto stream = make_kafka_stream(section, clock);
  EXPECT_TRUE(stream) << stream.error().message;
  std::string files;
  std::string addresses;
  for (const config::ReadText& text : section.read_texts()) {
    if (text.use == config::TextUse::library_file) files += text.written + " ";
    if (text.use == config::TextUse::address) addresses += text.written + " ";
  }
  EXPECT_EQ(files, "/etc/ca.pem k ");
  EXPECT_EQ(addresses, "a:1 ");
}

}  // namespace
}  // namespace headwater
