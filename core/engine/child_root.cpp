#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

#include "core/engine/child.h"
#include "core/engine/report.h"
#include "core/engine/syscalls.h"

namespace stack::engine {
namespace {

void join(int outcome, const UniqueFd& pin, int kind, const char* name) noexcept {
  if (pin.valid() && ::setns(pin.get(), kind) != 0) fail(outcome, "join namespace", name);
}

// All paths are relative to the run folder, opened in this mount namespace: a descriptor of the parent's
// would lead into the parent's mounts, of which an overlay takes no layers.
int mount_overlay(const RootPlan& plan, int outcome) noexcept {
  if (::chdir(plan.run_dir.c_str()) != 0) fail(outcome, "enter", plan.run_dir.c_str());
  attach(outcome, plan.lower.get(), AT_FDCWD, "lower", "attach image");
  const Setting settings[] = {{"lowerdir", "etc-layer:lower"},
                              {"upperdir", "state/upper"},
                              {"workdir", "state/work"},
                              {"context", plan.mount_label.c_str()}};
  const int root = make_mount(outcome, "overlay", settings, 4, plan.privileged ? 0 : MOUNT_ATTR_NODEV);
  attach(outcome, root, AT_FDCWD, "root", "attach root");
  return root;
}

void attach_all(const RootPlan& plan, int root, int outcome) noexcept {
  for (const Attachment& attachment : plan.attachments) {
    const char* path = attachment.target.c_str();
    const TargetKind kind = attachment.is_folder ? TargetKind::folder : TargetKind::file;
    const int target =
        open_target(outcome, root, path, kind, Links::within_root, plan.base_id, attachment.step);
    // A symlink of the image may have led there: what protects the host's /proc is not to be covered
    // (CVE-2019-19921).
    struct statfs st {};
    if (::fstatfs(target, &st) != 0) fail(outcome, attachment.step, path);
    if (st.f_type == PROC_SUPER_MAGIC) fail(outcome, attachment.step, path, EPERM);
    if (::move_mount(attachment.tree.get(), "", target, "",
                     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
      fail(outcome, attachment.step, path);
    ::close(target);
  }
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
  if (::umount2(".", MNT_DETACH) != 0) fail(outcome, "detach the host's root", "");
  if (::chdir("/") != 0) fail(outcome, "enter root", "/");
}

}  // namespace

void build_root(const RootPlan& plan, int outcome) noexcept {
  if (::unshare(CLONE_NEWCGROUP) != 0) fail(outcome, "make cgroup namespace", "");
  join(outcome, plan.net, CLONE_NEWNET, "net");
  join(outcome, plan.ipc, CLONE_NEWIPC, "ipc");
  join(outcome, plan.uts, CLONE_NEWUTS, "uts");
  // Nothing mounted from here on is to show on the host.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    fail(outcome, "make mounts private", "/");
  ::umask(0);
  const int root = mount_overlay(plan, outcome);
  mount_system(plan, root, outcome);
  attach_all(plan, root, outcome);
  protect_system(plan, root, outcome);
  if (plan.read_only) make_read_only(outcome, root);
  move_in(root, outcome);
  ::umask(022);
}

}  // namespace stack::engine
