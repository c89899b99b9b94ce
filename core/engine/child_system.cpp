#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "core/engine/child.h"
#include "core/engine/report.h"
#include "core/sys/syscalls.h"

namespace stack::engine {
namespace {

constexpr unsigned kQuiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

struct Device {
  const char* name;
  const char* path;
  unsigned major_number, minor_number;
};
constexpr Device kDevices[] = {{"null", "/dev/null", 1, 3},       {"zero", "/dev/zero", 1, 5},
                               {"full", "/dev/full", 1, 7},       {"random", "/dev/random", 1, 8},
                               {"urandom", "/dev/urandom", 1, 9}, {"tty", "/dev/tty", 5, 0}};

struct Link {
  const char* name;
  const char* target;
};
constexpr Link kDevLinks[] = {{"ptmx", "pts/ptmx"},
                              {"fd", "/proc/self/fd"},
                              {"stdin", "/proc/self/fd/0"},
                              {"stdout", "/proc/self/fd/1"},
                              {"stderr", "/proc/self/fd/2"}};

// Those of the host's procfs and sysfs that tell about or reach the host.
constexpr const char* kMasked[] = {"proc/acpi",        "proc/asound",  "proc/interrupts",
                                   "proc/kcore",       "proc/keys",    "proc/latency_stats",
                                   "proc/sched_debug", "proc/scsi",    "proc/timer_list",
                                   "proc/timer_stats", "sys/firmware", "sys/devices/virtual/powercap"};
constexpr const char* kReadOnly[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};

void set_attributes(int outcome, int mount, std::uint64_t set, const char* path) noexcept {
  mount_attr attributes{};
  attributes.attr_set = set;
  if (::mount_setattr(mount, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    fail(outcome, "set mount attributes of", path);
}

// `path` is refused where an image made it a symlink: the kernel's own file systems go where they are named
// to go (CVE-2019-19921, CVE-2023-27561).
int mount_at(const RootPlan& plan, int root, const char* path, int tree, int outcome) noexcept {
  const int target =
      open_target(outcome, root, path, TargetKind::folder, Links::refused, plan.base_id, "mount");
  if (::move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
    fail(outcome, "mount", path);
  ::close(target);
  return tree;  // which now stands for the mounted root
}

// net.* and kernel.* of a namespace are root's of the user namespace that owns it, and to some kernels only
// his.
void write_sysctls(const RootPlan& plan, int proc, int outcome) noexcept {
  if (plan.sysctls.empty()) return;
  const int folder = openat2(proc, "sys", O_PATH | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  if (folder < 0) fail(outcome, "open", "/proc/sys");
  for (const Sysctl& sysctl : plan.sysctls) {
    const auto write_once = [&]() noexcept {
      const int fd = openat2(folder, sysctl.path.c_str(), O_WRONLY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
      if (fd < 0) return false;
      const bool written = ::write(fd, sysctl.value.data(), sysctl.value.size()) >= 0;
      const int code = errno;
      ::close(fd);
      errno = code;
      return written;
    };
    if (write_once()) continue;
    if ((errno != EACCES && errno != EPERM) || ::seteuid(plan.base_id) != 0)
      fail(outcome, "set sysctl", sysctl.name.c_str());
    if (!write_once()) fail(outcome, "set sysctl", sysctl.name.c_str());
    if (::seteuid(0) != 0) fail(outcome, "become root again", "");
  }
  ::close(folder);
}

struct Node {
  const char* name;  // below /dev
  const char* path;  // on the host
  mode_t mode;
  dev_t number;
  uid_t uid;
  gid_t gid;
};

void make_node(int dev, const Node& node, int outcome) noexcept {
  if (::mknodat(dev, node.name, node.mode, node.number) == 0) {
    if (::fchownat(dev, node.name, node.uid, node.gid, AT_SYMLINK_NOFOLLOW) != 0)
      fail(outcome, "chown", node.path);
    return;
  }
  // Where we may not make nodes ourselves (a container around us), the host's are bound.
  if (errno != EPERM) fail(outcome, "make device", node.path);
  const int file = ::openat(dev, node.name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  const int tree = ::open_tree(AT_FDCWD, node.path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (file < 0 || tree < 0) fail(outcome, "bind device", node.path);
  attach(outcome, tree, dev, node.name, "bind device");
  ::close(file);
  ::close(tree);
}

// The folders before the last part of `name`, in a /dev that nobody else has seen yet.
void make_folders_before(const RootPlan& plan, int dev, const char* name, int outcome) noexcept {
  char prefix[256];
  for (std::size_t i = 0; name[i] != '\0'; ++i) {
    if (i + 1 >= sizeof prefix) fail(outcome, "make device", name, ENAMETOOLONG);
    prefix[i] = name[i];
    prefix[i + 1] = '\0';
    if (name[i] != '/') continue;
    prefix[i] = '\0';
    if (::mkdirat(dev, prefix, 0755) == 0) {
      if (::fchownat(dev, prefix, plan.base_id, plan.base_id, 0) != 0) fail(outcome, "make folder", prefix);
    } else if (errno != EEXIST) {
      fail(outcome, "make folder", prefix);
    }
    prefix[i] = '/';
  }
}

// One of the usual six may be asked for as well, and another node in its place.
void make_asked_for(const RootPlan& plan, int dev, const DeviceNode& node, int outcome) noexcept {
  const char* name = node.name.c_str();
  make_folders_before(plan, dev, name, outcome);
  if (::unlinkat(dev, name, 0) != 0 && errno != ENOENT) fail(outcome, "make device", name);
  make_node(dev, {name, node.source.c_str(), node.mode, node.number, node.uid, node.gid}, outcome);
}

void make_folder(const RootPlan& plan, int parent, const char* name, int outcome) noexcept {
  if (::mkdirat(parent, name, 0755) != 0 || ::fchownat(parent, name, plan.base_id, plan.base_id, 0) != 0)
    fail(outcome, "make folder", name);
}

void mount_shared_memory(const RootPlan& plan, int dev, int outcome) noexcept {
  make_folder(plan, dev, "shm", outcome);
  if (plan.shared_memory.valid())
    return attach(outcome, plan.shared_memory.get(), dev, "shm", "mount in /dev");
  const Setting settings[] = {{"mode", "1777"},
                              {"size", plan.shm_size.c_str()},
                              {"uid", plan.base.c_str()},
                              {"gid", plan.base.c_str()},
                              {"context", plan.mount_label.c_str()}};
  const int shm = make_mount(outcome, "tmpfs", settings, 5, kQuiet);
  attach(outcome, shm, dev, "shm", "mount in /dev");
  ::close(shm);
}

// The first terminal of the container's own devpts, under the name that programs look for.
void bind_console(int dev, int pts, int outcome) noexcept {
  const int file = ::openat(dev, "console", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const int tree = ::open_tree(pts, "0", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (file < 0 || tree < 0) fail(outcome, "bind terminal", "/dev/console");
  attach(outcome, tree, dev, "console", "bind terminal");
  ::close(file);
  ::close(tree);
}

void mount_dev(const RootPlan& plan, int root, int outcome) noexcept {
  const Setting settings[] = {{"mode", "755"},
                              {"size", "65536k"},
                              {"uid", plan.base.c_str()},
                              {"gid", plan.base.c_str()},
                              {"context", plan.mount_label.c_str()}};
  const int dev =
      mount_at(plan, root, "dev", make_mount(outcome, "tmpfs", settings, 5, MOUNT_ATTR_NOSUID), outcome);
  for (const Device& device : kDevices)
    make_node(dev,
              {device.name, device.path, S_IFCHR | 0666, makedev(device.major_number, device.minor_number),
               plan.base_id, plan.base_id},
              outcome);
  for (const DeviceNode& node : plan.devices) make_asked_for(plan, dev, node, outcome);
  for (const Link& link : kDevLinks)
    if (::symlinkat(link.target, dev, link.name) != 0) fail(outcome, "link in /dev", link.name);
  make_folder(plan, dev, "pts", outcome);
  const Setting pts_settings[] = {{"newinstance", nullptr},
                                  {"ptmxmode", "0666"},
                                  {"mode", "0620"},
                                  {"gid", plan.tty_group.c_str()},
                                  {"context", plan.mount_label.c_str()}};
  const int pts = plan.terminals.valid()
                      ? plan.terminals.get()
                      : make_mount(outcome, "devpts", pts_settings, 5, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  attach(outcome, pts, dev, "pts", "mount in /dev");
  if (plan.terminals.valid()) bind_console(dev, pts, outcome);
  mount_shared_memory(plan, dev, outcome);
  make_folder(plan, dev, "mqueue", outcome);
  const int mqueue = make_mount(outcome, "mqueue", nullptr, 0, kQuiet);
  attach(outcome, mqueue, dev, "mqueue", "mount in /dev");
  ::close(pts);
  ::close(mqueue);
  ::close(dev);
}

void mount_cgroups(const RootPlan& plan, int root, int outcome) noexcept {
  const std::uint64_t read_only = plan.privileged ? 0U : MOUNT_ATTR_RDONLY;
  if (plan.cgroup_v2) {
    const int tree = make_mount(outcome, "cgroup2", nullptr, 0, kQuiet | static_cast<unsigned>(read_only));
    ::close(mount_at(plan, root, "sys/fs/cgroup", tree, outcome));
    return;
  }
  const Setting settings[] = {{"mode", "755"}, {"size", "64k"}};
  const int folder =
      mount_at(plan, root, "sys/fs/cgroup", make_mount(outcome, "tmpfs", settings, 2, kQuiet), outcome);
  for (const ControllerBind& controller : plan.controllers) {
    make_folder(plan, folder, controller.name.c_str(), outcome);
    attach(outcome, controller.tree.get(), folder, controller.name.c_str(), "mount cgroup controller");
  }
  if (read_only != 0) set_attributes(outcome, folder, read_only, "/sys/fs/cgroup");
  ::close(folder);
}

int open_own(int root, const char* path) noexcept {
  return openat2(root, path, O_PATH | O_NOFOLLOW, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
}

// A file reads as empty, a folder as an empty one: the run folder, our working directory, has one to bind.
// The null device is that of the staging namespace, whose root is still ours: that of the container may be
// anything by now (CVE-2025-31133).
void mask(int root, const char* path, int outcome) noexcept {
  const int target = open_own(root, path);
  if (target < 0) {
    if (errno == ENOENT) return;  // this kernel has none
    fail(outcome, "mask", path);
  }
  struct stat st {};
  if (::fstat(target, &st) != 0) fail(outcome, "mask", path);
  const char* source = S_ISDIR(st.st_mode) ? "empty" : "/dev/null";
  const int tree = ::open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (tree < 0) fail(outcome, "mask", path);
  if (S_ISDIR(st.st_mode)) set_attributes(outcome, tree, kQuiet | MOUNT_ATTR_RDONLY, path);
  if (::move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
    fail(outcome, "mask", path);
  ::close(tree);
  ::close(target);
}

void seal(int root, const char* path, int outcome) noexcept {
  const int target = open_own(root, path);
  if (target < 0) {
    if (errno == ENOENT) return;
    fail(outcome, "make read-only", path);
  }
  const int tree =
      ::open_tree(target, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
  if (tree < 0) fail(outcome, "make read-only", path);
  set_attributes(outcome, tree, kQuiet | MOUNT_ATTR_RDONLY, path);
  if (::move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
    fail(outcome, "make read-only", path);
  ::close(tree);
  ::close(target);
}

}  // namespace

void mount_system(const RootPlan& plan, int root, int outcome) noexcept {
  const int proc = mount_at(plan, root, "proc", make_mount(outcome, "proc", nullptr, 0, kQuiet), outcome);
  write_sysctls(plan, proc, outcome);
  ::close(proc);
  const unsigned read_only = plan.privileged ? 0U : MOUNT_ATTR_RDONLY;
  ::close(mount_at(plan, root, "sys", make_mount(outcome, "sysfs", nullptr, 0, kQuiet | read_only), outcome));
  mount_cgroups(plan, root, outcome);
  mount_dev(plan, root, outcome);
}

void protect_system(const RootPlan& plan, int root, int outcome) noexcept {
  if (!plan.mask_paths) return;
  for (const char* path : kMasked) mask(root, path, outcome);
  for (const char* path : kReadOnly) seal(root, path, outcome);
}

}  // namespace stack::engine
