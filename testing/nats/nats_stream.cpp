#include "testing/nats/nats_stream.h"

#include <utility>

namespace headwater::rig {

std::string NatsStream::configuration() const {
  return "nats: { url: 'nats://127.0.0.1:" + std::to_string(proxy_.port()) + "', stream: EVENTS }";
}

std::vector<StreamUnderTest::Seen> NatsStream::events() const {
  std::vector<Seen> events;
  for (auto& message : server_.messages("EVENTS", "events.>")) {
    events.push_back({.id = std::move(message.id), .type = std::move(message.type)});
  }
  return events;
}

std::uint64_t NatsStream::progress() const { return server_.last("EVENTS", "events.>"); }

std::unique_ptr<StreamUnderTest> nats_stream(const TemporaryFolder& /*folder*/) {
  return std::make_unique<NatsStream>();
}

}  // namespace headwater::rig
