// What the tests of the JetStream stream share.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/streams/nats/nats.h"
#include "testing/contract/stream_child.h"
#include "testing/contract/stream_test.h"
#include "testing/nats/nats_server.h"

namespace headwater::nats {

using testing::expect_stop;
using testing::find;
using testing::sample_ids;

[[nodiscard]] inline std::unique_ptr<StreamAdapter> stream_at(const std::string& url,
                                                              Options options = {}) {
  static const SystemClock clock;
  options.urls = {url};
  return make_stream(std::move(options), clock);
}

/// Appends sample events of relay "a" as one batch; the error, if it failed.
inline Result<Tail> append(StreamWriter& writer, std::uint64_t count) {
  auto tail = writer.tail();
  if (!tail) return failed(tail);
  const std::uint64_t done = testing::counted(tail->tail().position);
  auto appended = writer.append(tail->tail(), testing::sample_batch("a", done + 1, count),
                                testing::count_position(done + count), testing::sample_source);
  if (!appended) return failed(appended);
  return appended->tail();
}

/// `headwater position set`.
inline Result<Durable> set_position(StreamWriter& writer, std::uint64_t count) {
  return writer.set_position(writer.tail()->tail(), {}, testing::count_position(count),
                             testing::sample_source);
}

/// What stands in the stream, by cnats alone.
[[nodiscard]] inline std::vector<std::string> ids_at(const rig::NatsServer& server) {
  std::vector<std::string> ids;
  for (auto& message : server.messages("EVENTS", "events.>")) ids.push_back(std::move(message.id));
  return ids;
}

/// A server of the test's own, with the stream prepared for relay "a".
class NatsTest : public ::testing::Test {
 protected:
  explicit NatsTest(rig::NatsOptions options = {}) : server_(std::move(options)) {
    auto prepared = stream()->prepare("a");
    EXPECT_TRUE(prepared) << prepared.error().message;
  }

  [[nodiscard]] std::unique_ptr<StreamAdapter> stream(Options options = {}) const {
    return stream_at(server_.url(), std::move(options));
  }
  [[nodiscard]] std::unique_ptr<StreamWriter> writer() const {
    auto made = stream()->writer("a");
    EXPECT_TRUE(made) << made.error().message;
    return made ? *std::move(made) : nullptr;
  }
  void fill(std::uint64_t count) const {
    auto appended = append(*writer(), count);
    ASSERT_TRUE(appended) << appended.error().message;
  }

  rig::NatsServer server_;
};

}  // namespace headwater::nats
