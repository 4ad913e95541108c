// A TCP port of this machine for one server.
#pragma once

#include <cstdint>

namespace headwater::rig {

/// A free loopback port. Reserves it until destruction, so nobody else gets it while the server is
/// down. The server must set SO_REUSEADDR, as all servers here do.
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
