#include "net/listener.h"

#include <netlink/msg.h>
#include <sys/socket.h>

#include <cerrno>

namespace stack::net {
namespace {

constexpr std::size_t kBufferSize = 32768;
constexpr int kMostDatagrams = 1024;  // in one turn: others are to be served too

}  // namespace

Listener::Listener(UniqueFd socket)
    : socket_(std::move(socket)), buffer_(std::make_unique<char[]>(kBufferSize)) {}

Result<Listener> Listener::open(int protocol, std::initializer_list<unsigned> groups) {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!socket) return os_error("open netlink socket");
  sockaddr_nl own{};
  own.nl_family = AF_NETLINK;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0)
    return os_error("bind netlink socket");
  for (const unsigned group : groups) {
    const int added = ::setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group);
    if (added != 0 && errno != EINVAL)
      return os_error("listen to group " + std::to_string(group) + " of netlink");
  }
  return Listener(std::move(socket));
}

Result<Listener::Heard> Listener::drain(const std::function<void(const nlmsghdr*)>& visit) {
  Heard heard = Heard::all;
  for (int i = 0; i < kMostDatagrams; ++i) {
    sockaddr_nl sender{};
    socklen_t length = sizeof sender;
    const ssize_t n = ::recvfrom(socket_.get(), buffer_.get(), kBufferSize, MSG_TRUNC,
                                 reinterpret_cast<sockaddr*>(&sender), &length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return heard;
    if (n < 0 && errno == ENOBUFS) {
      heard = Heard::not_all;
      continue;
    }
    if (n < 0) return os_error("receive netlink message");
    if (sender.nl_pid != 0) continue;  // not the kernel
    if (static_cast<std::size_t>(n) > kBufferSize) {
      heard = Heard::not_all;
      continue;
    }
    int left = static_cast<int>(n);
    auto* header = reinterpret_cast<nlmsghdr*>(buffer_.get());
    for (; ::nlmsg_ok(header, left); header = ::nlmsg_next(header, &left)) visit(header);
  }
  return Heard::not_all;
}

}  // namespace stack::net
