// Three nats-servers that keep JetStream's streams together.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "testing/nats/nats_server.h"

namespace headwater::rig {

/// One thread.
class NatsCluster {
 public:
  /// `program`: as in NatsOptions.
  explicit NatsCluster(const std::string& program = {});

  [[nodiscard]] std::vector<std::string> urls() const;
  [[nodiscard]] NatsServer& server(std::size_t number) { return *servers_.at(number); }
  static constexpr std::size_t size = 3;
  /// One that was killed; returns when it is back in the cluster and knows who leads the stream.
  void start(std::size_t number, const std::string& stream);
  /// The number of the server that leads a stream, waited for.
  [[nodiscard]] std::size_t leader(const std::string& stream) const;

 private:
  std::array<LocalPort, size> routes_;
  std::array<std::unique_ptr<NatsServer>, size> servers_;
};

}  // namespace headwater::rig
