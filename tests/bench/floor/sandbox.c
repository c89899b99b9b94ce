#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor.h"

static void pin_path(char out[PATH_MAX], const struct service* service, const char* kind) {
  if (snprintf(out, PATH_MAX, "%s/ns/%d.%s", g_root, service->number, kind) >= PATH_MAX) die("path");
}

// A mount of its own, private: one umount takes all pins.
void make_pin_folder(void) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/ns", g_root) >= PATH_MAX) die("path");
  if (mkdir(path, 0700) != 0 || mount("tmpfs", path, "tmpfs", 0, "") != 0) die("make the folder of pins");
}

void drop_pin_folder(void) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/ns", g_root) >= PATH_MAX) die("path");
  if (umount2(path, MNT_DETACH) != 0) die("unmount the pins");
}

static int pin(const struct service* service, pid_t pid, const char* kind) {
  char from[64], to[PATH_MAX];
  snprintf(from, sizeof from, "/proc/%d/ns/%s", pid, kind);
  pin_path(to, service, kind);
  const int file = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) die(to);
  close(file);
  if (mount(from, to, NULL, MS_BIND, NULL) != 0) die("pin a namespace");
  const int fd = open(to, O_RDONLY | O_CLOEXEC);
  if (fd < 0) die(to);
  return fd;
}

static void map_ids(const struct service* service, pid_t pid) {
  char path[64], map[64];
  snprintf(map, sizeof map, "0 %d %d\n", kFirstId + service->number * kIdsEach, kIdsEach);
  snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
  write_file(path, map);
  snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
  write_file(path, map);
}

void make_sandbox(struct service* service) {
  struct clone_args args = {.flags = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS,
                            .exit_signal = SIGCHLD};
  const pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
  if (pid < 0) die("clone a sandbox");
  if (pid == 0) {
    sethostname("floor", 5);
    for (;;) pause();
  }
  map_ids(service, pid);
  service->user = pin(service, pid, "user");
  service->net = pin(service, pid, "net");
  service->ipc = pin(service, pid, "ipc");
  service->uts = pin(service, pid, "uts");
  kill(pid, SIGKILL);
  while (waitpid(pid, NULL, 0) < 0)
    if (errno != EINTR) die("reap the sandbox's child");
}

void drop_sandbox(const struct service* service) {
  close(service->user);
  close(service->net);
  close(service->ipc);
  close(service->uts);
}
