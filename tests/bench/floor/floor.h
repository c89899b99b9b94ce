// The floor: what the kernel alone needs to bring up and take down N isolated services on one network, with
// the bare system calls and nothing decided, recorded or supervised. A failing call ends the program with
// words, after what it made was taken away.
#pragma once

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { kMaxServices = 500, kMaxJobs = 16, kMaxFilter = 4096, kIdsEach = 65536, kFirstId = 0x40000000 };

struct options {
  int services;
  int jobs;
  const char* program;
};

struct filter {
  unsigned short length;  // in instructions of 8 bytes
  uint64_t code[kMaxFilter];
};

struct service {
  int number;
  pid_t pid;
  int pidfd;
  int user, net, ipc, uts;  // nsfs descriptors
};

// The folder of this run, below which is a private tmpfs: it goes with the program's mount namespace.
extern char g_root[PATH_MAX];
// The writable layers, on the disk where stack has its own: what is written there outlives a boot.
extern char g_disk[PATH_MAX];

_Noreturn void die(const char* what);
_Noreturn void fail_child(const char* what);  // the same, in a child between clone and exec
void path_of(char out[PATH_MAX], const struct service* service, const char* name);
void write_file(const char* path, const char* text);

// sandbox.c: user, net, ipc and uts namespaces that outlive the child that brought them.
void make_pin_folder(void);
void make_sandbox(struct service* service);
void drop_sandbox(const struct service* service);
void drop_pin_folder(void);

// links.c: raw rtnetlink.
void make_bridge(void);
void remove_bridge(void);
void make_endpoint(const struct service* service);
int count_links(void);

// cgroups.c: one group a service in every hierarchy that stack uses.
void find_cgroups(void);
void make_cgroups(const struct service* service);
void enter_cgroups(const struct service* service);  // called by the child
void remove_cgroups(const struct service* service);
void remove_cgroup_parents(void);

// container.c: from clone3 to exec.
void build_filter(struct filter* filter);
void make_skeleton(void);
void remove_layers(const struct service* service);
void start_container(struct service* service, const struct filter* filter, int program);
void kill_container(const struct service* service);
int await_end(struct service* service);  // 0: it had ended by itself
