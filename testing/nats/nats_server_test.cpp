// Whether the test server can be read as the disasters do it.
#include "testing/nats/nats_server.h"

#include <gtest/gtest.h>
#include <nats/nats.h>

#include <cstdint>
#include <stop_token>
#include <thread>

namespace headwater::rig {
namespace {

void publish_on(natsConnection* connection, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    for (int count = 0; count < 100; ++count) {
      natsConnection_PublishString(connection, "events.a", "x");
    }
    natsConnection_Flush(connection);
  }
}

/// The disasters read a stream again and again while relays append to it. What still comes after the
/// last message of a reading must not find a subscription that is gone: cnats then crashes, or never
/// answers again.
TEST(nats_server, IsReadWhileMessagesKeepComing) {
  const NatsServer server;
  const char* subject = "events.>";
  server.create([&](jsStreamConfig& config) {
    config.Name = "EVENTS";
    config.Subjects = &subject;
    config.SubjectsLen = 1;
    config.Storage = js_MemoryStorage;
    config.MaxMsgs = 100;
  });
  server.publish("events.a", "x");
  natsConnection* connection = nullptr;
  ASSERT_EQ(natsConnection_ConnectTo(&connection, server.url().c_str()), NATS_OK);
  std::jthread publishing([&](const std::stop_token& stop) { publish_on(connection, stop); });
  std::uint64_t last = 0;
  for (int times = 0; times < 50; ++times) {
    const auto messages = server.messages("EVENTS", subject);
    ASSERT_FALSE(messages.empty());
    EXPECT_GE(messages.back().sequence, last);
    last = messages.back().sequence;
  }
  publishing.request_stop();
  publishing.join();
  natsConnection_Destroy(connection);
}

}  // namespace
}  // namespace headwater::rig
