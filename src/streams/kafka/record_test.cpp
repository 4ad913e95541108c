// How an event becomes a record.
#include "src/streams/kafka/record.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater::kafka {
namespace {

std::string header(const Record& record, const char* name) {
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(record.headers.get(), name, &value, &size) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return "(none)";
  }
  return {static_cast<const char*>(value), size};
}

const Event order{.id = "sqlite:1:7",
                  .source = "sqlite:1",
                  .type = EventType("shop", "orders", "insert"),
                  .subject = "",
                  .partition_key = "orders/7",
                  .time = WallTime(Milliseconds(1'700'000'000'123)),
                  .data = R"({"a":1})"};

// As docs/formats/kafka-stream.md says.
TEST(KafkaRecord, OfABinaryEvent) {
  const Record record = record_of(order, 42, Mode::binary);
  EXPECT_EQ(record.key, "orders/7");
  EXPECT_EQ(record.content(), order.data);
  EXPECT_EQ(header(record, "content-type"), "application/json");
  EXPECT_EQ(header(record, "ce_specversion"), "1.0");
  EXPECT_EQ(header(record, "ce_id"), order.id);
  EXPECT_EQ(header(record, "ce_source"), order.source);
  EXPECT_EQ(header(record, "ce_type"), order.type.text());
  EXPECT_EQ(header(record, "ce_subject"), "(none)");
  EXPECT_EQ(header(record, "ce_time"), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(header(record, "ce_partitionkey"), "orders/7");
  EXPECT_EQ(header(record, "ce_sequence"), "42");
}

TEST(KafkaRecord, OfAState) {
  const State state{
      .last = 9, .relay = "a", .tail = {.sequence = 8, .position = {"here"}, .source = "sqlite:1"}};
  const std::string topic = "events";
  const Record record = record_of(state, topic);
  EXPECT_EQ(record.key, topic);
  EXPECT_EQ(record.content(), "here");
  EXPECT_EQ(header(record, "headwater_version"), "1");
  EXPECT_EQ(header(record, "headwater_relay"), "a");
  EXPECT_EQ(header(record, "headwater_source"), "sqlite:1");
  EXPECT_EQ(header(record, "headwater_sequence"), "8");
  EXPECT_EQ(header(record, "headwater_last"), "9");
}

}  // namespace
}  // namespace headwater::kafka
