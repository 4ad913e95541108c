#include "testing/rig/port.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "testing/rig/loopback.h"

namespace headwater::rig {

// The socket is bound but does not listen. Linux then never assigns its port to another socket, but
// still lets a server listen on it if both set SO_REUSEADDR (net/ipv4/inet_connection_sock.c).
LocalPort::LocalPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int yes = 1;
  ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket_, generic(&address), size) != 0 ||
      ::getsockname(socket_, generic(&address), &size) != 0) {
    std::perror("finding a free port");
    std::abort();
  }
  number_ = ntohs(address.sin_port);
}

LocalPort::~LocalPort() { ::close(socket_); }

}  // namespace headwater::rig
