#include "core/copy/tree.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <iterator>
#include <sstream>

#include "core/sys/files.h"
#include "core/sys/open_below.h"
#include "core/sys/pipes.h"

namespace stack::copy {
namespace {

constexpr int kTries = 64;
constexpr int kMostLinks = 40;  // as the kernel follows (path_resolution(7))
constexpr long kMqueueMagic = 0x19800202;

constexpr long kViews[] = {PROC_SUPER_MAGIC,   SYSFS_MAGIC,   CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
                           DEVPTS_SUPER_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC,      SECURITYFS_MAGIC,
                           BPF_FS_MAGIC,       SELINUX_MAGIC, PSTOREFS_MAGIC,     EFIVARFS_MAGIC,
                           kMqueueMagic};

Result<std::string> read_beside(const UniqueFd& process, const char* name) {
  const UniqueFd file(::openat(process.get(), name, O_RDONLY | O_CLOEXEC));
  if (!file) return os_error("read \"" + std::string(name) + "\" of the container's process");
  return read_to_end(file.get());
}

// "0 100000 65536" is the one line of a container's own user namespace.
Result<IdShift> shift_of(const UniqueFd& process) {
  std::istringstream words(TRY(read_beside(process, "uid_map")));
  std::uint32_t first = 1;
  IdShift shift;
  words >> first >> shift.base >> shift.count;
  if (!words || first != 0) return fault("the container's users are mapped in a way that is not known");
  return shift;
}

}  // namespace

Result<Tree> Tree::of_container(int pid, const std::string& cgroup) {
  const std::string folder = "/proc/" + std::to_string(pid);
  const UniqueFd process = TRY(open_fd(folder, O_PATH | O_DIRECTORY));
  const std::string groups = TRY(read_beside(process, "cgroup"));
  // Its first process may have moved on to a cgroup within its own, as systemd does.
  const bool is_its = groups.find("/" + cgroup + "\n") != std::string::npos ||
                      groups.find("/" + cgroup + "/") != std::string::npos;
  if (!is_its) return os_error("find the container's process", ESRCH);
  const IdShift shift = TRY(shift_of(process));
  UniqueFd root(::openat(process.get(), "root", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return os_error("open the container's root");
  return Tree(std::move(root), shift);
}

Result<UniqueFd> Tree::open(const std::string& path, int flags, Links links) const {
  const int all = flags | (links == Links::on_the_way ? O_NOFOLLOW : 0);
  const std::string what = "open \"" + path + "\"";
  if (!root_) {
    UniqueFd fd(::open(path.c_str(), all | O_CLOEXEC));
    if (!fd) return os_error(what);
    return fd;
  }
  for (int i = 0; i < kTries; ++i) {
    UniqueFd fd = open_below(root_.get(), path.c_str(), all, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    if (fd) return fd;
    // A rename or mount somewhere raced with a ".." of the path (openat2(2)).
    if (errno != EAGAIN) break;
  }
  return os_error(what);
}

Result<std::string> Tree::follow(const std::string& path) const {
  std::string at = path;
  for (int i = 0; i < kMostLinks; ++i) {
    const auto fd = open(at, O_PATH, Links::on_the_way);
    if (!fd && fd.error().code == ENOENT) return at;
    if (!fd) return fd.error();
    if (!S_ISLNK(TRY(stat_of(fd->get())).st_mode)) return at;
    const std::string link = TRY(link_of(fd->get()).with("\"" + at + "\""));
    at = link.starts_with('/') ? link : split_path(at).folder + "/" + link;
  }
  return os_error("follow \"" + path + "\"", ELOOP);
}

Result<struct stat> stat_of(int fd) {
  struct stat st {};
  if (::fstat(fd, &st) != 0) return os_error("stat");
  return st;
}

bool is_view_of_kernel(int fd) {
  struct statfs st {};
  if (::fstatfs(fd, &st) != 0) return true;  // nobody knows what it is
  return std::find(std::begin(kViews), std::end(kViews), static_cast<long>(st.f_type)) != std::end(kViews);
}

Result<UniqueFd> open_again(int fd, int flags) {
  return open_fd("/proc/self/fd/" + std::to_string(fd), flags);
}

Result<std::string> link_of(int fd) {
  std::string link(PATH_MAX, '\0');
  const ssize_t size = ::readlinkat(fd, "", link.data(), link.size());
  if (size < 0) return os_error("read link");
  link.resize(static_cast<std::size_t>(size));
  return link;
}

Split split_path(const std::string& path) {
  const auto last = path.find_last_not_of('/');
  if (last == std::string::npos) return {path.empty() ? "." : "/", ""};
  const auto slash = path.find_last_of('/', last);
  if (slash == std::string::npos) return {".", path.substr(0, last + 1)};
  const auto folder_end = path.find_last_not_of('/', slash);
  return {folder_end == std::string::npos ? "/" : path.substr(0, folder_end + 1),
          path.substr(slash + 1, last - slash)};
}

}  // namespace stack::copy
