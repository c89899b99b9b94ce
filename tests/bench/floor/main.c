// usage: floor [--services N] [--jobs N] [--program PATH]     prints {"services": N, "jobs": N, "up_ms": X,
// "down_ms": Y}
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "floor.h"

char g_root[PATH_MAX];
char g_disk[PATH_MAX];

static struct service g_services[kMaxServices];
static struct filter g_filter;
static struct options g_options = {.services = 1, .jobs = 1, .program = "/bin/sleep"};
static int g_program;
static atomic_int g_next;

// Takes away what was made; where that fails too, the rest is left.
static void abandon(void) {
  static atomic_flag dying = ATOMIC_FLAG_INIT;
  if (atomic_flag_test_and_set(&dying)) _exit(1);
  for (int i = 0; i < g_options.services; ++i) {
    if (g_services[i].pidfd == 0) continue;
    kill_container(&g_services[i]);
    await_end(&g_services[i]);
  }
  for (int i = 0; i < g_options.services; ++i) remove_cgroups(&g_services[i]);
  for (int i = 0; i < g_options.services; ++i) remove_layers(&g_services[i]);
  remove_cgroup_parents();
  remove_bridge();
}

_Noreturn void die(const char* what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  abandon();
  exit(1);
}

void path_of(char out[PATH_MAX], const struct service* service, const char* name) {
  if (snprintf(out, PATH_MAX, "%s/%d/%s", g_root, service->number, name) >= PATH_MAX) die("path");
}

void write_file(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  const size_t size = strlen(text);
  if (fd < 0 || write(fd, text, size) != (ssize_t)size) die(path);
  close(fd);
}

static double now_ms(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void* bring_up(void* unused) {
  (void)unused;
  for (int i; (i = atomic_fetch_add(&g_next, 1)) < g_options.services;) {
    struct service* service = &g_services[i];
    make_sandbox(service);
    make_endpoint(service);
    make_cgroups(service);
    start_container(service, &g_filter, g_program);
  }
  return NULL;
}

static void* take_down(void* unused) {
  (void)unused;
  for (int i; (i = atomic_fetch_add(&g_next, 1)) < g_options.services;) {
    if (!await_end(&g_services[i])) die("a service had ended by itself");
    drop_sandbox(&g_services[i]);
    remove_cgroups(&g_services[i]);
    remove_layers(&g_services[i]);
  }
  return NULL;
}

static void run_jobs(void* (*job)(void*)) {
  pthread_t threads[kMaxJobs];
  atomic_store(&g_next, 0);
  for (int i = 1; i < g_options.jobs; ++i)
    if ((errno = pthread_create(&threads[i], NULL, job, NULL)) != 0) die("start a thread");
  job(NULL);
  for (int i = 1; i < g_options.jobs; ++i) pthread_join(threads[i], NULL);
}

static double up(void) {
  const double start = now_ms();
  make_pin_folder();
  make_bridge();
  run_jobs(bring_up);
  return now_ms() - start;
}

static double down(void) {
  const double start = now_ms();
  for (int i = 0; i < g_options.services; ++i) kill_container(&g_services[i]);
  run_jobs(take_down);
  drop_pin_folder();
  remove_bridge();
  remove_cgroup_parents();
  return now_ms() - start;
}

static void remove_root(void) {
  umount2(g_root, MNT_DETACH);
  rmdir(g_root);
  rmdir(g_disk);
}

// All mounts are in a namespace of this program's, so whatever happens they end with it.
static void prepare(void) {
  snprintf(g_root, sizeof g_root, "/tmp/floor.%d", getpid());
  // On the file system where stack has its own.
  snprintf(g_disk, sizeof g_disk, "/var/lib/stack/.floor.%d", getpid());
  if (mkdir("/var/lib/stack", 0711) != 0 && errno != EEXIST) die("/var/lib/stack");
  if (mkdir(g_root, 0700) != 0) die(g_root);
  if (mkdir(g_disk, 0700) != 0) die(g_disk);
  atexit(remove_root);
  if (unshare(CLONE_NEWNS) != 0 || mount("", "/", "", MS_REC | MS_PRIVATE, NULL) != 0)
    die("make a mount namespace");
  if (mount("tmpfs", g_root, "tmpfs", 0, "mode=0755") != 0) die("mount a tmpfs");
  g_program = open(g_options.program, O_PATH | O_CLOEXEC);
  if (g_program < 0) die(g_options.program);
  make_skeleton();
  find_cgroups();
  build_filter(&g_filter);
  for (int i = 0; i < g_options.services; ++i) g_services[i].number = i;
}

static void parse(int argc, char** argv) {
  static const struct option options[] = {
      {"services", 1, NULL, 'n'}, {"jobs", 1, NULL, 'j'}, {"program", 1, NULL, 'p'}, {NULL, 0, NULL, 0}};
  for (int c; (c = getopt_long(argc, argv, "n:j:p:", options, NULL)) != -1;) {
    if (c == 'n') g_options.services = atoi(optarg);
    if (c == 'j') g_options.jobs = atoi(optarg);
    if (c == 'p') g_options.program = optarg;
    if (c == '?') exit(2);
  }
  const int n = g_options.services, j = g_options.jobs;
  if (n >= 1 && n <= kMaxServices && j >= 1 && j <= kMaxJobs) return;
  fprintf(stderr, "floor: 1 to %d services, 1 to %d jobs\n", kMaxServices, kMaxJobs);
  exit(2);
}

int main(int argc, char** argv) {
  parse(argc, argv);
  prepare();
  const double up_ms = up();
  const double down_ms = down();
  printf("{\"services\": %d, \"jobs\": %d, \"up_ms\": %.2f, \"down_ms\": %.2f}\n", g_options.services,
         g_options.jobs, up_ms, down_ms);
  // The kernel takes the veths away after the namespaces, in its own time: not measured, but awaited.
  for (int i = 0; i < 2000 && count_links() > 0; ++i) usleep(5000);
  if (count_links() > 0) fprintf(stderr, "floor: links are left\n");
  return count_links() > 0;
}
