#include "core/keeper/messages.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace stack::keeper {
namespace {

union Control {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * wire::kMaxFds)];
};

Result<void> send_message(int socket, const void* message, std::size_t size, const std::vector<int>& fds,
                          const std::string& what) {
  iovec io{const_cast<void*>(message), size};
  Control control;
  std::memset(&control, 0, sizeof control);
  msghdr header{};
  header.msg_iov = &io;
  header.msg_iovlen = 1;
  if (!fds.empty()) {
    const std::size_t bytes = sizeof(int) * fds.size();
    header.msg_control = &control;
    header.msg_controllen = CMSG_SPACE(bytes);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(&control.header), fds.data(), bytes);
  }
  while (::sendmsg(socket, &header, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    const bool dead = errno == EPIPE || errno == ECONNRESET;
    return os_error(what, dead ? ENOTCONN : errno);
  }
  return {};
}

Result<void> put(char* to, std::size_t size, const std::string& text, const std::string& what) {
  if (text.size() >= size || text.find('\0') != std::string::npos) return os_error(what, ENAMETOOLONG);
  std::memcpy(to, text.c_str(), text.size() + 1);
  return {};
}

const char* verb_of(wire::Kind kind) {
  switch (kind) {
    case wire::Kind::acknowledge:
      return "acknowledge the exit of \"";
    case wire::Kind::store:
      return "store descriptors as \"";
    case wire::Kind::forget:
      return "forget the descriptors \"";
    default:
      return "tell the keeper \"";
  }
}

}  // namespace

Result<void> send_watch(int socket, const Watch& watch, int pidfd, int out, int err) {
  const std::string what = "have \"" + watch.name + "\" watched";
  wire::WatchMessage message;
  message.pid = watch.pid;
  message.start_time = watch.start_time;
  message.max_bytes = watch.limits.max_bytes;
  message.max_files = watch.limits.max_files;
  TRY(put(message.name, sizeof message.name, watch.name, what));
  TRY(put(message.log_dir, sizeof message.log_dir, watch.log_dir, what));
  std::vector<int> fds;
  const auto attach = [&](std::uint32_t bit, int fd) {
    if (fd < 0) return;
    message.fds |= bit;
    fds.push_back(fd);
  };
  attach(wire::kHasPidfd, pidfd);
  attach(wire::kHasOut, out);
  attach(wire::kHasErr, err);
  return send_message(socket, &message, sizeof message, fds, what);
}

Result<void> send_name(int socket, wire::Kind kind, const std::string& name, pid_t pid,
                       const std::vector<int>& fds) {
  const std::string what = verb_of(kind) + name + "\"";
  if (fds.size() > wire::kMaxFds) return os_error(what, E2BIG);
  wire::NameMessage message;
  message.kind = kind;
  message.pid = pid;
  TRY(put(message.name, sizeof message.name, name, what));
  return send_message(socket, &message, sizeof message, fds, what);
}

Result<Got> receive_message(int socket, wire::AnyMessage& message, std::vector<int>& fds, Wait wait) {
  for (;;) {
    iovec io{message.bytes, sizeof message.bytes};
    Control control;
    msghdr header{};
    header.msg_iov = &io;
    header.msg_iovlen = 1;
    header.msg_control = &control;
    header.msg_controllen = sizeof control;
    const ssize_t n = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | (wait == Wait::yes ? 0 : MSG_DONTWAIT));
    // ECONNRESET: the keeper died with unread messages of ours. What it had said before is still to be heard.
    if (n < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
    if (n < 0 && errno == EAGAIN) return Got::nothing;
    if (n < 0) return os_error("receive from the keeper");
    if (n == 0) return Got::hung_up;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
      const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      fds.resize(fds.size() + count);
      std::memcpy(fds.data() + fds.size() - count, CMSG_DATA(c), count * sizeof(int));
    }
    return Got::message;
  }
}

}  // namespace stack::keeper
