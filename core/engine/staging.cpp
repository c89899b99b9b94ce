#include "core/engine/staging.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/engine/file_system.h"
#include "core/engine/prepare.h"
#include "core/sys/files.h"
#include "core/sys/syscalls.h"

namespace stack::engine {
namespace {

struct Tree {
  std::string path;  // relative to the root
  UniqueFd fd;
};

// What the child works on, in the parent's own memory; the parent waits meanwhile.
struct Construction {
  UniqueFd root;  // an empty tmpfs
  std::vector<Tree> trees;
  int ns = -1;
  const char* step = nullptr;  // that failed
  int code = 0;
};

Result<void> make_place(int root, const std::string& path) {
  for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
    const std::string prefix = path.substr(0, end);
    if (::mkdirat(root, prefix.c_str(), 0755) != 0 && errno != EEXIST)
      return os_error("mkdir \"/" + prefix + "\"");
    if (end == std::string::npos) return {};
  }
}

Result<void> add_tree(Construction& construction, const std::string& folder, bool recursive) {
  TreeOptions options;
  options.recursive = recursive;
  options.no_devices = false;
  Tree tree{folder.substr(1), TRY(clone_tree(folder, options))};
  TRY(make_place(construction.root.get(), tree.path));
  construction.trees.push_back(std::move(tree));
  return {};
}

// Masked files are covered by it, so it is to be the null device whatever became of the host's /dev. Where we
// may not make nodes ourselves (a container around us), the host's are bound into containers, and so all of
// them have to be here.
Result<void> add_devices(Construction& construction) {
  const int root = construction.root.get();
  TRY(make_place(root, "dev"));
  if (::mknodat(root, "dev/null", S_IFCHR | 0666, makedev(1, 3)) == 0) {
    if (::fchmodat(root, "dev/null", 0666, 0) != 0) return os_error("chmod \"/dev/null\"");
    return {};
  }
  if (errno != EPERM) return os_error("make device \"/dev/null\"");
  return add_tree(construction, "/dev", true);
}

void failed(Construction& construction, const char* step) noexcept {
  construction.step = step;
  construction.code = errno;
}

// From here on in a mount namespace of our own. The new root is put over the old one, which is then taken off
// (pivot_root(2)).
void build(Construction& construction) noexcept {
  const UniqueFd namespaces(::open("/proc/self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!namespaces.valid()) return failed(construction, "open \"/proc/self/ns\"");
  if (::unshare(CLONE_NEWNS) != 0) return failed(construction, "make mount namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return failed(construction, "make mounts private");
  const int root = construction.root.get();
  if (::move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0 || ::fchdir(root) != 0)
    return failed(construction, "attach root");
  for (const Tree& tree : construction.trees)
    if (::move_mount(tree.fd.get(), "", root, tree.path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
      return failed(construction, "attach folder");
  if (pivot_root(".", ".") != 0 || ::umount2(".", MNT_DETACH) != 0) return failed(construction, "pivot root");
  construction.ns = ::openat(namespaces.get(), "mnt", O_RDONLY | O_CLOEXEC);
  if (construction.ns < 0) failed(construction, "open mount namespace");
}

int run_build(void* construction) {
  build(*static_cast<Construction*>(construction));
  return 0;
}

// The child has our memory and our descriptors, so that neither is copied and the namespace it opens is ours;
// but its own root, working directory and namespaces, so that whatever fails leaves us where we are.
Result<UniqueFd> build_in_child(Construction& construction) {
  alignas(16) std::array<char, 64UL << 10> stack;
  const pid_t pid =
      ::clone(run_build, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | CLONE_FILES, &construction);
  if (pid < 0) return os_error("clone");
  int status = 0;
  while (::waitpid(pid, &status, __WALL) < 0)
    if (errno != EINTR) return os_error("wait for the maker of a mount namespace");
  UniqueFd ns(construction.ns);
  if (construction.step != nullptr) return os_error(construction.step, construction.code);
  if (!ns || status != 0) return fault("the maker of a mount namespace was killed");
  return ns;
}

}  // namespace

Result<Staging> Staging::make(const std::vector<std::string>& folders) {
  Staging staging;
  Construction construction;
  construction.root =
      TRY(make_file_system("tmpfs", {{"mode", "0755"}}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
  TRY(add_devices(construction));
  for (const std::string& folder : folders) {
    TRY(add_tree(construction, folder, false));
    struct stat st {};
    if (::fstat(construction.trees.back().fd.get(), &st) != 0) return os_error("stat \"" + folder + "\"");
    staging.shown_.push_back({folder, st.st_dev, st.st_ino});
  }
  staging.ns_ = TRY(build_in_child(construction));
  return staging;
}

bool Staging::up_to_date() const {
  for (const Shown& shown : shown_) {
    struct stat st {};
    if (::stat(shown.path.c_str(), &st) != 0 || st.st_dev != shown.device || st.st_ino != shown.inode)
      return false;
  }
  return true;
}

}  // namespace stack::engine
