// Addresses on this machine, for the sockets interface.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

namespace headwater::rig {

/// 127.0.0.1 with this port; 0: any free port.
[[nodiscard]] inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// The type with which the C interface passes addresses of all families.
[[nodiscard]] inline const sockaddr* generic(const sockaddr_in* address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(address));
}
[[nodiscard]] inline sockaddr* generic(sockaddr_in* address) {
  return static_cast<sockaddr*>(static_cast<void*>(address));
}

}  // namespace headwater::rig
