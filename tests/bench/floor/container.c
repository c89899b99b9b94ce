#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor.h"

_Noreturn void fail_child(const char* what) {
  char text[PATH_MAX + 128];
  const int size = snprintf(text, sizeof text, "floor: child: %s: %s\n", what, strerror(errno));
  if (size > 0 && write(STDERR_FILENO, text, (size_t)size) < 0) _exit(126);
  _exit(127);
}

static void must(int outcome, const char* what) {
  if (outcome < 0) fail_child(what);
}

// As long as a default allow-list is: every call that libseccomp knows, but a few.
void build_filter(struct filter* filter) {
  static const char* const kDenied[] = {"mount",      "umount2",     "bpf",         "keyctl",
                                        "add_key",    "request_key", "userfaultfd", "init_module",
                                        "kexec_load", "reboot",      "pivot_root",  "io_uring_setup"};
  scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (context == NULL) die("begin a seccomp filter");
  seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
  for (int number = 0; number < 460; ++number) {
    char* name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    int denied = name == NULL;
    for (size_t i = 0; i < sizeof kDenied / sizeof kDenied[0] && !denied; ++i)
      denied = strcmp(name, kDenied[i]) == 0;
    if (!denied && seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 0) != 0) die("add a seccomp rule");
    free(name);
  }
  const int fd = memfd_create("filter", MFD_CLOEXEC);
  if (fd < 0 || seccomp_export_bpf(context, fd) != 0) die("export the seccomp filter");
  const ssize_t size = pread(fd, filter->code, sizeof filter->code, 0);
  if (size <= 0 || size == (ssize_t)sizeof filter->code) die("read the seccomp filter");
  filter->length = (unsigned short)((size_t)size / sizeof filter->code[0]);
  close(fd);
  seccomp_release(context);
}

// The lower layer that all share: mount points, and the links of a merged /usr.
void make_skeleton(void) {
  static const char* const kFolders[] = {"", "/usr", "/proc", "/sys", "/dev", "/tmp", "/etc"};
  static const char* const kLinks[] = {"bin", "lib", "lib64", "sbin"};
  char path[PATH_MAX], target[64];
  for (size_t i = 0; i < sizeof kFolders / sizeof kFolders[0]; ++i) {
    if (snprintf(path, sizeof path, "%s/lower%s", g_root, kFolders[i]) >= PATH_MAX || mkdir(path, 0755) != 0)
      die(path);
  }
  for (size_t i = 0; i < sizeof kLinks / sizeof kLinks[0]; ++i) {
    if (snprintf(path, sizeof path, "%s/lower/%s", g_root, kLinks[i]) >= PATH_MAX) die("path");
    snprintf(target, sizeof target, "usr/%s", kLinks[i]);
    if (symlink(target, path) != 0) die(path);
  }
}

static void layer_of(char out[PATH_MAX], const struct service* service, const char* name) {
  if (snprintf(out, PATH_MAX, "%s/%d%s", g_disk, service->number, name) >= PATH_MAX) die("path");
}

static void make_folders(const struct service* service) {
  static const char* const kFolders[] = {"", "root"};
  static const char* const kLayers[] = {"", "/upper", "/work"};
  char path[PATH_MAX], link[PATH_MAX];
  for (size_t i = 0; i < sizeof kFolders / sizeof kFolders[0]; ++i) {
    path_of(path, service, kFolders[i]);
    if (mkdir(path, 0755) != 0) die(path);
  }
  for (size_t i = 0; i < sizeof kLayers / sizeof kLayers[0]; ++i) {
    layer_of(path, service, kLayers[i]);
    if (mkdir(path, 0755) != 0) die(path);
  }
  layer_of(path, service, "");
  path_of(link, service, "layers");
  if (symlink(path, link) != 0) die(link);
}

static int remove_one(const char* path, const struct stat* st, int type, struct FTW* at) {
  (void)st, (void)type, (void)at;
  return remove(path);
}

void remove_layers(const struct service* service) {
  char path[PATH_MAX];
  layer_of(path, service, "");
  if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT) die(path);
}

// The working directory is the new root. Paths are relative to it, so there is nothing to join.
static void mount_devices(void) {
  static const char* const kDevices[] = {"null", "zero", "full", "random", "urandom", "tty"};
  must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755,size=65536k"), "mount /dev");
  for (size_t i = 0; i < sizeof kDevices / sizeof kDevices[0]; ++i) {
    char from[32], to[32];
    snprintf(from, sizeof from, "/dev/%s", kDevices[i]);
    snprintf(to, sizeof to, "dev/%s", kDevices[i]);
    const int fd = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
    must(fd, to);
    close(fd);
    must(mount(from, to, NULL, MS_BIND, NULL), to);
  }
  must(mkdir("dev/pts", 0755), "dev/pts");
  must(mkdir("dev/shm", 01777), "dev/shm");
  must(mkdir("dev/mqueue", 01777), "dev/mqueue");
  must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"),
       "mount devpts");
  must(mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=65536k"),
       "mount /dev/shm");
  must(mount("mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount mqueue");
}

static void enter_root(const struct service* service) {
  char folder[PATH_MAX];
  path_of(folder, service, "");
  must(chdir(folder), "enter the service's folder");
  must(mount("overlay", "root", "overlay", 0, "lowerdir=../lower,upperdir=layers/upper,workdir=layers/work"),
       "mount the overlay");
  must(chdir("root"), "enter the overlay");
  must(mount("/usr", "usr", NULL, MS_BIND, NULL), "bind /usr");
  must(mount(NULL, "usr", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NODEV, NULL), "bind /usr read-only");
  must(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount /proc");
  must(mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL), "mount /sys");
  mount_devices();
  must((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
  must(umount2(".", MNT_DETACH), "leave the old root");
  must(chdir("/"), "enter the root");
}

_Noreturn static void run_child(const struct service* service, const struct filter* filter, int program) {
  char* const argv[] = {"sleep", "infinity", NULL};
  char* const environment[] = {"PATH=/usr/bin:/usr/sbin", NULL};
  enter_cgroups(service);
  must(setns(service->net, CLONE_NEWNET), "join the network namespace");
  must(setns(service->ipc, CLONE_NEWIPC), "join the ipc namespace");
  must(setns(service->uts, CLONE_NEWUTS), "join the uts namespace");
  must(unshare(CLONE_NEWCGROUP), "make a cgroup namespace");
  enter_root(service);
  must(setns(service->user, CLONE_NEWUSER), "join the user namespace");
  must(unshare(CLONE_NEWNS), "lock the mounts");
  must(setresgid(0, 0, 0), "setresgid");
  must(setresuid(0, 0, 0), "setresuid");
  for (unsigned long capability = 0; capability <= 40; ++capability)
    if (capability % 3 != 0) must(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "drop a capability");
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "set no_new_privs");
  const struct sock_fprog code = {filter->length, (struct sock_filter*)(uintptr_t)filter->code};
  must((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &code), "load the seccomp filter");
  execveat(program, "", argv, environment, AT_EMPTY_PATH);
  fail_child("exec");
}

void start_container(struct service* service, const struct filter* filter, int program) {
  int executed[2], pidfd = -1;
  make_folders(service);
  if (pipe2(executed, O_CLOEXEC) != 0) die("pipe");
  struct clone_args args = {
      .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD};
  const pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
  if (pid == 0) run_child(service, filter, program);
  if (pid < 0) die("clone a container");
  service->pid = pid;
  service->pidfd = pidfd;
  close(executed[1]);
  char byte;
  while (read(executed[0], &byte, 1) < 0 && errno == EINTR) {
  }
  close(executed[0]);
}

void kill_container(const struct service* service) {
  if (syscall(SYS_pidfd_send_signal, service->pidfd, SIGKILL, NULL, 0) != 0) die("kill a container");
}

int await_end(struct service* service) {
  siginfo_t end;
  while (waitid(P_PIDFD, (id_t)service->pidfd, &end, WEXITED) != 0)
    if (errno != EINTR) die("reap a container");
  close(service->pidfd);
  service->pidfd = 0;
  return end.si_code == CLD_KILLED;
}
