#include "core/engine/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "core/engine/file_system.h"

namespace stack::engine {
namespace {

Result<UniqueFd> make_devpts(unsigned group, const std::string& label) {
  // Each is a file system of its own since Linux 4.7.
  FileSystemSettings settings = {{"ptmxmode", "0666"}, {"mode", "0620"}, {"gid", std::to_string(group)}};
  if (!label.empty()) settings.emplace_back("context", label);
  return make_file_system("devpts", settings, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

}  // namespace

Result<Terminal> make_terminal(unsigned user, unsigned group, const std::string& label) {
  Terminal terminal;
  terminal.mount = TRY(make_devpts(group, label));
  terminal.master = UniqueFd(
      ::openat(terminal.mount.get(), "ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  const int unlocked = 0;
  if (!terminal.master || ::ioctl(terminal.master.get(), TIOCSPTLCK, &unlocked) != 0)
    return os_error("open a terminal");
  terminal.slave = UniqueFd(::ioctl(terminal.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal.slave) return os_error("open a terminal");
  if (::fchown(terminal.slave.get(), user, group) != 0)
    return os_error("give the terminal to the container's user");
  return terminal;
}

}  // namespace stack::engine
