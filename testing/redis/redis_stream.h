// A Redis Stream for the disasters.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "testing/redis/redis_server.h"
#include "testing/rig/stream_under_test.h"

namespace headwater::rig {

/// The stream "events" on its own server. Reads it as docs/formats/redis-stream.md specifies for
/// other programs.
class RedisStream : public StreamUnderTest, public NetworkStream {
 public:
  explicit RedisStream(RedisOptions options = {});

  [[nodiscard]] std::string configuration() const override;
  [[nodiscard]] bool exactly_once() const override { return true; }
  [[nodiscard]] std::vector<Seen> events() const override;
  [[nodiscard]] std::uint64_t progress() const override;
  void keep_copy() override { server_.keep_copy(); }
  void go_back() override { server_.go_back(); }
  void obstruct() override { server_.set("maxmemory", "1"); }
  void relieve() override { server_.set("maxmemory", "0"); }
  NetworkStream& network() override { return *this; }

  TcpProxy& proxy() override { return proxy_; }
  void kill_server() override { server_.kill(); }
  void start_server() override { server_.start(); }
  void pause_server() override { server_.pause(); }
  void resume_server() override { server_.resume(); }
  [[nodiscard]] int server_kills() const override { return 40; }

  [[nodiscard]] RedisServer& server() { return server_; }
  /// From now on `other` has the stream. It must outlive this.
  void fail_over_to(const RedisServer& other) {
    current_ = &other;
    proxy_.set_target(other.port());
  }
  /// More keys of the configuration, each after a comma.
  void configure(std::string keys) { keys_ = std::move(keys); }

 private:
  RedisServer server_;
  TcpProxy proxy_;
  const RedisServer* current_ = &server_;
  std::string keys_;
};

[[nodiscard]] std::unique_ptr<StreamUnderTest> redis_stream(const TemporaryFolder& folder);

/// The values of these fields in each entry of the stream, in order.
[[nodiscard]] std::vector<std::vector<std::string>> redis_fields(
    const RedisServer& server, const std::string& key, const std::vector<std::string>& names);

}  // namespace headwater::rig
