// A terminal for a child, of its container's own devpts.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/engine/child.h"
#include "core/engine/report.h"
#include "core/sys/syscalls.h"

namespace stack::engine {
namespace {

bool send_descriptor(int socket, int fd) noexcept {
  char byte = 0;
  iovec io{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{};
  message.msg_iov = &io;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

}  // namespace

// What the container may have put in its place is not taken for one, and the slave comes from the master, not
// by a path (CVE-2025-52565).
void open_terminal(int socket, int outcome) noexcept {
  const int master = openat2(AT_FDCWD, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK, RESOLVE_NO_SYMLINKS);
  struct statfs st {};
  if (master < 0 || ::fstatfs(master, &st) != 0) fail(outcome, "open terminal", "/dev/pts/ptmx");
  if (st.f_type != DEVPTS_SUPER_MAGIC) fail(outcome, "open terminal", "/dev/pts/ptmx", ENOTTY);
  const int unlocked = 0;
  if (::ioctl(master, TIOCSPTLCK, &unlocked) != 0) fail(outcome, "unlock terminal", "");
  const int slave = ::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) fail(outcome, "open terminal", "");
  if (::fcntl(master, F_SETFL, O_RDWR) != 0) fail(outcome, "open terminal", "");
  if (!send_descriptor(socket, master)) fail(outcome, "hand over terminal", "");
  if (::ioctl(slave, TIOCSCTTY, 0) != 0) fail(outcome, "take controlling terminal", "");
  for (int i = 0; i < 3; ++i)
    if (::dup2(slave, i) < 0) fail(outcome, "place standard descriptor", "");
  ::close(master);
  ::close(slave);
  ::close(socket);
}

}  // namespace stack::engine
