// A TCP port of this machine for one server.
#pragma once

#include <cstdint>

namespace headwater::rig {

/// A free loopback port, held while this lives: also while its server is down nobody else gets it.
/// A server that sets SO_REUSEADDR, as they all do, can listen on it.
class LocalPort {
 public:
  LocalPort();
  ~LocalPort();
  LocalPort(const LocalPort&) = delete;
  LocalPort& operator=(const LocalPort&) = delete;

  [[nodiscard]] std::uint16_t number() const { return number_; }

 private:
  int socket_;
  std::uint16_t number_ = 0;
};

}  // namespace headwater::rig
