#include "testing/rig/port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace headwater::rig {

// A socket that is bound but does not listen: Linux gives its port to nobody who asks for any, and
// to a listener that sets SO_REUSEADDR as well (bind conflicts: net/ipv4/inet_connection_sock.c).
LocalPort::LocalPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int yes = 1;
  ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  // The C interface knows addresses of all families by this one type.
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket_, any, size) != 0 || ::getsockname(socket_, any, &size) != 0) {
    std::perror("finding a free port");
    std::abort();
  }
  number_ = ntohs(address.sin_port);
}

LocalPort::~LocalPort() { ::close(socket_); }

}  // namespace headwater::rig
