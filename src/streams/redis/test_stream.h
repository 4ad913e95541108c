// Helpers that the tests of the Redis Stream share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/streams/redis/redis.h"
#include "testing/contract/stream_child.h"
#include "testing/contract/stream_test.h"
#include "testing/redis/redis_server.h"
#include "testing/redis/redis_stream.h"

namespace headwater::redis {

using testing::expect_stop;
using testing::find;
using testing::sample_ids;

/// A stream at this server, under its usual key.
[[nodiscard]] inline std::unique_ptr<StreamAdapter> stream_at(const std::string& url,
                                                              Options options = {}) {
  static const SystemClock clock;
  options.server = parse_url(url).value();
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

/// Reads the stream's entries with hiredis alone.
[[nodiscard]] inline std::vector<std::string> ids_at(const rig::RedisServer& server) {
  std::vector<std::string> ids;
  for (auto& fields : rig::redis_fields(server, "events", {"id"})) ids.push_back(fields[0]);
  return ids;
}

/// The test's own server, with the stream prepared for relay "a".
class RedisTest : public ::testing::Test {
 protected:
  explicit RedisTest(rig::RedisOptions options = {}) : server_(std::move(options)) {
    auto prepared = stream()->prepare("a");
    EXPECT_TRUE(prepared) << prepared.error().message;
  }

  [[nodiscard]] std::unique_ptr<StreamAdapter> stream(Options options = {}) const {
    return stream_at(server_.url(), std::move(options));
  }
  void fill(std::uint64_t count) const {
    auto writer = stream()->writer("a");
    ASSERT_TRUE(writer) << writer.error().message;
    auto appended = append(**writer, count);
    ASSERT_TRUE(appended) << appended.error().message;
  }
  /// From here on, appended events are in the append-only file, even if the server is killed. With
  /// "everysec", a slow disk delays the writing.
  void write_at_once() const { server_.set("appendfsync", "always"); }
  /// Returns the error of an append that must fail.
  [[nodiscard]] Error refusal() const {
    auto writer = stream()->writer("a");
    if (!writer) return writer.error();
    auto appended = append(**writer, 1);
    EXPECT_FALSE(appended) << "it was appended";
    return appended ? Error{} : appended.error();
  }

  rig::RedisServer server_;
};

}  // namespace headwater::redis
