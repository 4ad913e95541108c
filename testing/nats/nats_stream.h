// A JetStream stream for the disasters.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "testing/nats/nats_server.h"
#include "testing/rig/stream_under_test.h"

namespace headwater::rig {

/// The stream "EVENTS" on its own server.
class NatsStream : public StreamUnderTest, public NetworkStream {
 public:
  explicit NatsStream(NatsOptions options = {})
      : server_(std::move(options)), proxy_(server_.port()) {}

  [[nodiscard]] std::string configuration() const override;
  [[nodiscard]] bool exactly_once() const override { return true; }
  [[nodiscard]] std::vector<Seen> events() const override;
  [[nodiscard]] std::uint64_t progress() const override;
  void keep_copy() override { server_.keep_copy(); }
  void go_back() override { server_.go_back(); }
  void obstruct() override { server_.set_writable("EVENTS", false); }
  void relieve() override { server_.set_writable("EVENTS", true); }
  NetworkStream& network() override { return *this; }

  TcpProxy& proxy() override { return proxy_; }
  void kill_server() override { server_.kill(); }
  void start_server() override { server_.start(); }
  void pause_server() override { server_.pause(); }
  void resume_server() override { server_.resume(); }
  [[nodiscard]] int server_kills() const override { return 20; }

  [[nodiscard]] NatsServer& server() { return server_; }

 private:
  NatsServer server_;
  TcpProxy proxy_;
};

[[nodiscard]] std::unique_ptr<StreamUnderTest> nats_stream(const TemporaryFolder& folder);

}  // namespace headwater::rig
