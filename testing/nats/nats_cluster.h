// A cluster of three nats-servers with JetStream.
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
  /// Starts a killed server again. Returns once it is in the cluster and knows the leader of the
  /// stream.
  void start(std::size_t number, const std::string& stream);
  /// Waits until the stream has a leader. Returns its number.
  [[nodiscard]] std::size_t leader(const std::string& stream) const;

 private:
  std::array<LocalPort, size> routes_;
  std::array<std::unique_ptr<NatsServer>, size> servers_;
};

}  // namespace headwater::rig
