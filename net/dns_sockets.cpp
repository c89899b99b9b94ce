#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/sys/files.h"
#include "net/dns_server.h"
#include "net/netns.h"

namespace stack::net {
namespace {

constexpr const char* kOwnNamespace = "/proc/thread-self/ns/net";
constexpr int kBacklog = 64;

Result<void> set_option(int fd, int level, int option, const char* name) {
  const int on = 1;
  if (setsockopt(fd, level, option, &on, sizeof(on)) == 0) return {};
  return os_error(std::string("dns: set ") + name);
}

Result<UniqueFd> open_bound(int type) {
  UniqueFd fd(socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return os_error("dns: open socket");
  // Bound although loopback may not be up yet: without the route of 127.0.0.0/8 bind says EADDRNOTAVAIL.
  TRY(set_option(fd.get(), IPPROTO_IP, IP_FREEBIND, "IP_FREEBIND"));
  // Connections in TIME_WAIT do not stand in the way of a new listener. Not for UDP, where it would let a
  // process of the container bind the same address over ours.
  if (type == SOCK_STREAM) TRY(set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR"));

  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(0x7f00000b);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return os_error("dns: bind 127.0.0.11:53");
  return fd;
}

Result<UniqueFd> open_listener() {
  UniqueFd tcp = TRY(open_bound(SOCK_STREAM));
  if (listen(tcp.get(), kBacklog) != 0) return os_error("dns: listen on 127.0.0.11:53");
  return tcp;
}

}  // namespace

Result<DnsSockets> open_dns_sockets(int netns) {
  const UniqueFd home = TRY(open_fd(kOwnNamespace, O_RDONLY));
  const InNetns inside = TRY(InNetns::enter(netns, home.get()).with("dns"));
  DnsSockets sockets;
  sockets.udp = TRY(open_bound(SOCK_DGRAM));
  sockets.tcp = TRY(open_listener());
  return sockets;
}

Result<UniqueFd> open_dns_listener(int netns) {
  const UniqueFd home = TRY(open_fd(kOwnNamespace, O_RDONLY));
  const InNetns inside = TRY(InNetns::enter(netns, home.get()).with("dns"));
  return open_listener();
}

bool is_listening(int tcp) {
  int accepts = 0;
  socklen_t size = sizeof accepts;
  return getsockopt(tcp, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) == 0 && accepts != 0;
}

}  // namespace stack::net
