#include "cmd/keeper/channel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cmd/keeper/words.h"

namespace stack::keeper::channel {
namespace {

union Control {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * wire::kMaxFds)];
};

void take_fds(msghdr& header, Fds& fds) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      ::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
      fds.add(fd);
    }
  }
}

}  // namespace

void Fds::close_rest() {
  for (int number = take(); number >= 0; number = take()) ::close(number);
}

Sent send(int socket, const void* message, std::size_t size, const Fds& fds) {
  iovec io{const_cast<void*>(message), size};
  Control control;
  ::memset(&control, 0, sizeof control);
  msghdr header{};
  header.msg_iov = &io;
  header.msg_iovlen = 1;
  if (fds.count > 0) {
    const std::size_t bytes = sizeof(int) * static_cast<std::size_t>(fds.count);
    header.msg_control = &control;
    header.msg_controllen = CMSG_SPACE(bytes);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(bytes);
    ::memcpy(CMSG_DATA(&control.header), fds.fd, bytes);
  }
  for (;;) {
    if (::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return Sent::yes;
    if (errno == EINTR) continue;
    // ETOOMANYREFS: too many descriptors are on the way; the reader's progress makes room for these too.
    return errno == EAGAIN || errno == ETOOMANYREFS ? Sent::no_room : Sent::broken;
  }
}

Got receive(int socket, wire::AnyMessage& message, Fds& fds, Wait wait) {
  for (;;) {
    ::memset(message.bytes, 0, sizeof message.bytes);
    iovec io{message.bytes, sizeof message.bytes};
    Control control;
    msghdr header{};
    header.msg_iov = &io;
    header.msg_iovlen = 1;
    header.msg_control = &control;
    header.msg_controllen = sizeof control;
    const ssize_t n = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | (wait == Wait::yes ? 0 : MSG_DONTWAIT));
    // ECONNRESET: the peer died with unread messages of ours. What it had sent before is still to be read.
    if (n < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
    if (n < 0 && errno == EAGAIN) return Got::nothing;
    if (n <= 0) return Got::hung_up;
    take_fds(header, fds);
    if ((header.msg_flags & MSG_CTRUNC) != 0) complain("receive descriptors", "", EMFILE);
    return Got::message;
  }
}

}  // namespace stack::keeper::channel
