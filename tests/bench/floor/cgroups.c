#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "floor.h"

// Those in which stack makes a folder for each container; where several are mounted together, one serves.
static const char* const kControllers[] = {"cpu", "cpuacct", "memory", "pids", "devices", "freezer"};
enum { kMaxTrees = 8 };

static char g_trees[kMaxTrees][64];
static int g_tree_count;
static int g_v2;
static int g_pid;  // of the program: the child, which is 1 in its namespace, needs the same names

static void add_tree(const char* path) {
  struct stat one, other;
  if (stat(path, &one) != 0) return;
  for (int i = 0; i < g_tree_count; ++i)
    if (stat(g_trees[i], &other) == 0 && one.st_dev == other.st_dev) return;
  snprintf(g_trees[g_tree_count++], sizeof g_trees[0], "%s", path);
}

static void folder_of(char out[PATH_MAX], int tree, const struct service* service, const char* file) {
  if (service == NULL)
    snprintf(out, PATH_MAX, "%s/floor.%d%s", g_trees[tree], g_pid, file);
  else
    snprintf(out, PATH_MAX, "%s/floor.%d/%d%s", g_trees[tree], g_pid, service->number, file);
}

void find_cgroups(void) {
  char path[PATH_MAX];
  g_pid = getpid();
  g_v2 = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
  if (g_v2) {
    add_tree("/sys/fs/cgroup");
  } else {
    for (size_t i = 0; i < sizeof kControllers / sizeof kControllers[0]; ++i) {
      snprintf(path, sizeof path, "/sys/fs/cgroup/%s", kControllers[i]);
      add_tree(path);
    }
  }
  if (g_tree_count == 0) die("find cgroups");
  for (int tree = 0; tree < g_tree_count; ++tree) {
    folder_of(path, tree, NULL, "");
    if (mkdir(path, 0755) != 0) die(path);
  }
  if (!g_v2) return;
  folder_of(path, 0, NULL, "/cgroup.subtree_control");
  write_file("/sys/fs/cgroup/cgroup.subtree_control", "+cpu +memory +pids");
  write_file(path, "+cpu +memory +pids");
}

void make_cgroups(const struct service* service) {
  char path[PATH_MAX];
  for (int tree = 0; tree < g_tree_count; ++tree) {
    folder_of(path, tree, service, "");
    if (mkdir(path, 0755) != 0) die(path);
    folder_of(path, tree, service, "/pids.max");
    if (g_v2 || strstr(g_trees[tree], "pids") != NULL) write_file(path, "100");
  }
}

// By the child itself: moving another process takes the threadgroup lock, whose RCU wait costs up to 45 ms.
void enter_cgroups(const struct service* service) {
  char path[PATH_MAX];
  for (int tree = 0; tree < g_tree_count; ++tree) {
    folder_of(path, tree, service, g_v2 ? "/cgroup.procs" : "/tasks");
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1) fail_child(path);
    close(fd);
  }
}

static void remove_folder(const char* path) {
  // What was killed has been reaped, but a v1 group may be busy for a moment longer.
  for (int i = 0; i < 1000; ++i) {
    if (rmdir(path) == 0 || errno == ENOENT) return;
    if (errno != EBUSY) die(path);
    usleep(500);
  }
  die(path);
}

void remove_cgroups(const struct service* service) {
  char path[PATH_MAX];
  for (int tree = 0; tree < g_tree_count; ++tree) {
    folder_of(path, tree, service, "");
    remove_folder(path);
  }
}

void remove_cgroup_parents(void) {
  char path[PATH_MAX];
  for (int tree = 0; tree < g_tree_count; ++tree) {
    folder_of(path, tree, NULL, "");
    remove_folder(path);
  }
}
