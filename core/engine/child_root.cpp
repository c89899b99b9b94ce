#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/engine/child.h"
#include "core/engine/report.h"
#include "core/sys/syscalls.h"

namespace stack::engine {
namespace {

void join(int outcome, const UniqueFd& pin, int kind, const char* name) noexcept {
  if (pin.valid() && ::setns(pin.get(), kind) != 0) fail(outcome, "join namespace", name);
}

void attach_layers(const Layers& layers, int outcome) noexcept {
  for (const Layers::Layer& layer : layers.trees)
    attach(outcome, layer.tree.get(), AT_FDCWD, layer.name.c_str(), "attach layer of image");
}

// The writable layer, on the disk: made by the child, because several do it at once and a file system may
// take its time. A container's second start finds it as it left it. The folder "work" is made last: without
// it nobody has written here yet, and the owner is to be set, again perhaps.
void make_writable_layer(const RootPlan& plan, int outcome) noexcept {
  constexpr const char* kStep = "make writable layer";
  const char* const place = plan.state_dir.c_str();
  if (::access("state/work", F_OK) == 0) return;
  if (::mkdir(place, 0700) != 0 && errno != EEXIST) fail(outcome, kStep, place);
  if (::mkdir("state/upper", 0755) != 0 && errno != EEXIST) fail(outcome, kStep, place);
  if (::chown("state/upper", plan.base_id, plan.base_id) != 0) fail(outcome, kStep, place);
  if (::mkdir("state/work", 0700) != 0 && errno != EEXIST) fail(outcome, kStep, place);
}

// All paths are relative to the run folder, opened in this mount namespace: a descriptor of the parent's
// would lead into the parent's mounts, of which an overlay takes no layers.
int mount_overlay(const RootPlan& plan, int outcome) noexcept {
  if (::chdir(plan.run_dir.c_str()) != 0) fail(outcome, "enter", plan.run_dir.c_str());
  make_writable_layer(plan, outcome);
  attach_layers(plan.lower, outcome);
  const Setting settings[] = {
      {"upperdir", "state/upper"}, {"workdir", "state/work"}, {"context", plan.mount_label.c_str()}};
  const int root = make_overlay(outcome, plan.lower, settings, 3, plan.privileged ? 0 : MOUNT_ATTR_NODEV);
  attach(outcome, root, AT_FDCWD, "root", "attach root");
  return root;
}

// An image as a volume: its layers and an empty one, for an overlay without a writable layer wants two. It is
// attached on its first layer's place, where a part of it can be taken.
int mount_image(const RootPlan& plan, const Attachment& attachment, int outcome) noexcept {
  attach_layers(attachment.layers, outcome);
  const Setting settings[] = {{"context", plan.mount_label.c_str()}};
  const char* const place = attachment.layers.trees[0].name.c_str();
  const int mount = make_overlay(outcome, attachment.layers, settings, 1,
                                 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
  attach(outcome, mount, AT_FDCWD, place, attachment.step);
  if (attachment.subpath.empty()) return mount;
  const int part =
      openat2(mount, attachment.subpath.c_str(), O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  if (part < 0) fail(outcome, "find in the image subpath", attachment.subpath.c_str());
  return part;
}

// What is to be mounted, as a tree of its own.
int tree_of(const RootPlan& plan, const Attachment& attachment, int outcome) noexcept {
  if (attachment.layers.trees.empty()) return attachment.tree.get();
  const int mount = mount_image(plan, attachment, outcome);
  const int tree = ::open_tree(mount, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (tree < 0) fail(outcome, attachment.step, attachment.target.c_str());
  return tree;
}

TargetKind kind_of(int tree, int outcome, const Attachment& attachment) noexcept {
  struct stat st {};
  if (::fstat(tree, &st) != 0) fail(outcome, attachment.step, attachment.target.c_str());
  return S_ISDIR(st.st_mode) ? TargetKind::folder : TargetKind::file;
}

void attach_all(const RootPlan& plan, int root, int outcome) noexcept {
  for (const Attachment& attachment : plan.attachments) {
    const char* path = attachment.target.c_str();
    const int tree = tree_of(plan, attachment, outcome);
    const int target = open_target(outcome, root, path, kind_of(tree, outcome, attachment),
                                   Links::within_root, plan.base_id, attachment.step);
    // A symlink of the image may have led there: what protects the host's /proc is not to be covered
    // (CVE-2019-19921).
    struct statfs st {};
    if (::fstatfs(target, &st) != 0) fail(outcome, attachment.step, path);
    if (st.f_type == PROC_SUPER_MAGIC) fail(outcome, attachment.step, path, EPERM);
    if (::move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
      fail(outcome, attachment.step, path);
    ::close(target);
  }
}

// As in Docker, one that is not there is made. What else is wrong with it tells the one who enters it.
void make_working_dir(const RootPlan& plan, int root, int outcome) noexcept {
  const char* path = plan.working_dir.c_str();
  if (path[0] == '\0' || std::strncmp(path, "/proc/", 6) == 0) return;
  int there = openat2(root, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  if (there < 0 && errno == ENOENT)
    there = open_target(outcome, root, path, TargetKind::folder, Links::within_root, plan.base_id,
                        "make working_dir");
  if (there >= 0) ::close(there);
}

void make_read_only(int outcome, int mount) noexcept {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (::mount_setattr(mount, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    fail(outcome, "make root read_only", "");
}

// pivot_root(2), "pivot_root(".", ".")": the old root ends up on top of the new one and is taken off again.
void move_in(int root, int outcome) noexcept {
  if (::fchdir(root) != 0) fail(outcome, "enter root", "");
  if (pivot_root(".", ".") != 0) fail(outcome, "pivot root", "");
  if (::umount2(".", MNT_DETACH) != 0) fail(outcome, "detach the old root", "");
  if (::chdir("/") != 0) fail(outcome, "enter root", "/");
}

}  // namespace

void build_root(const RootPlan& plan, int outcome) noexcept {
  if (::setns(plan.staging, CLONE_NEWNS) != 0) fail(outcome, "join mount namespace", "");
  if (::unshare(CLONE_NEWNS | (plan.host_cgroup ? 0 : CLONE_NEWCGROUP)) != 0)
    fail(outcome, "make mount and cgroup namespaces", "");
  join(outcome, plan.net, CLONE_NEWNET, "net");
  join(outcome, plan.ipc, CLONE_NEWIPC, "ipc");
  join(outcome, plan.uts, CLONE_NEWUTS, "uts");
  ::umask(0);
  const int root = mount_overlay(plan, outcome);
  mount_system(plan, root, outcome);
  attach_all(plan, root, outcome);
  make_working_dir(plan, root, outcome);
  protect_system(plan, root, outcome);
  if (plan.read_only) make_read_only(outcome, root);
  move_in(root, outcome);
  ::umask(022);
}

}  // namespace stack::engine
