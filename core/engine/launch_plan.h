// What a child does between clone3 and exec, laid down by the parent. The child only reads it: it allocates
// nothing and takes no lock, because the memory it runs in is a copy made at an arbitrary moment.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/engine/cgroup.h"
#include "core/engine/devices.h"
#include "core/engine/launch.h"
#include "core/engine/security.h"
#include "core/engine/users.h"
#include "core/sys/unique_fd.h"

namespace stack::engine {

struct Rlimit {
  int resource = 0;
  rlimit value{};
  std::string name;
};

// The part that a container's first process and an exec'd one have in common.
struct ProcessPlan {
  std::vector<UniqueFd> cgroup_tasks;  // v1
  UniqueFd user_ns;                    // joined last; invalid: the host's
  std::vector<Rlimit> rlimits;
  std::string oom_score_adj;
  Identity identity;
  std::uint64_t bounding = 0;
  std::uint64_t permitted = 0;
  bool no_new_privileges = true;
  security::SeccompProgram seccomp;
  std::string label;  // SELinux, for exec
  std::string working_dir;
  std::vector<std::string> argv, environment;
  std::vector<std::string> programs;         // tried in order; more than one where PATH is searched
  std::vector<char*> argv_c, environment_c;  // the same for execve; see point()
  UniqueFd init;  // the program that is to be process 1; invalid: the first of argv is
  UniqueFd null;  // the host's /dev/null, for the ones of stdio that are not given
  int stdio[3] = {-1, -1, -1};
  bool has_terminal = false;  // 0 becomes the controlling terminal of the session
  int go = -1;
  int outcome = -1;
  int parents_ends[2] = {-1, -1};

  // Lets argv_c and environment_c point at the strings, which must not move from then on.
  void point();
};

// The read-only layers of an overlay, made by the parent. The child attaches each in the run folder under the
// name of its number there ("7"), because an overlay takes its layers by path.
struct Layers {
  struct Layer {
    UniqueFd tree;
    std::string name;
  };
  std::vector<Layer> trees;
  const char* top = "";  // the folder of the run folder that lies above them
  std::string lowerdir;  // all names, uppermost first, as overlayfs takes them
};

// A mount made by the parent and not yet attached anywhere, with the place it is for.
struct Attachment {
  UniqueFd tree;
  Layers layers;        // instead of a tree: an image, overlaid by the child
  std::string subpath;  // of it
  std::string target;   // absolute, as seen inside
  const char* step = "mount volume";
};

struct ControllerBind {
  UniqueFd tree;
  std::string name;  // below /sys/fs/cgroup
};

struct Sysctl {
  std::string name;  // as in the file
  std::string path;  // below /proc/sys
  std::string value;
};

struct RootPlan {
  int staging = -1;         // mount namespace, see staging.h
  std::string working_dir;  // made where it is missing
  std::string run_dir;
  std::string state_dir;    // has or gets the writable layer
  Layers lower;             // of the image, idmapped
  std::string mount_label;  // SELinux context= or empty
  std::string base;         // the host's id of uid 0 inside, in decimal
  std::uint32_t base_id = 0;
  std::string tty_group;
  UniqueFd net, ipc, uts;  // pins; invalid: the host's
  UniqueFd terminals;      // devpts with the console's pty in it; invalid: the child makes one
  std::vector<DeviceNode> devices;
  UniqueFd shared_memory;  // tree for /dev/shm; invalid: a tmpfs of its own, of shm_size
  std::string shm_size;    // in bytes
  bool cgroup_v2 = false;
  bool host_cgroup = false;                 // no cgroup namespace of its own: it sees the host's tree
  std::vector<ControllerBind> controllers;  // v1
  std::vector<Attachment> attachments;
  std::vector<Sysctl> sysctls;
  bool privileged = false;
  bool mask_paths = true;
  bool read_only = false;
  // A mount namespace of the container's own user namespace is made only for who may mount (CAP_SYS_ADMIN);
  // without it the mounts belong to the host's user namespace, out of reach of anything inside.
  bool may_mount = false;
};

}  // namespace stack::engine
