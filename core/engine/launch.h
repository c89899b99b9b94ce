// Starts a container's process, or one more process in a running container. Both are cloned with
// CLONE_PARENT, so that the keeper is their parent, and both wait to be released until the caller has made
// them known to the keeper.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "core/engine/cgroup.h"
#include "core/engine/namespaces.h"
#include "core/engine/security.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::engine {

// A child between clone3 and exec. Destroying it unreleased ends the child: it waits on a pipe that closes.
struct Pending {
  pid_t pid = -1;
  UniqueFd pidfd;
  UniqueFd go;        // release() writes here
  UniqueFd outcome;   // readable when the child has exec'd (end of file) or failed ({step, errno})
  UniqueFd pty;       // exec with a tty: socket from which the pty's master is received before the outcome
  UniqueFd terminal;  // container with a tty: the pty's master, which does not block
};

Result<void> release(Pending& pending);
// Call when `outcome` is readable. The error says which step failed, on which object of the file, and why.
Result<void> outcome(Pending& pending);

// The exit code of a process that ended before it was released: it has run nothing of the container's.
inline constexpr int kNotReleased = 125;

struct Stdio {  // the child's 0, 1 and 2; invalid: /dev/null
  int in = -1;
  int out = -1;
  int err = -1;
  bool shared = false;  // pipes that belong to another process's user, and go on doing so
};

// A config or a secret: a file that is mounted read-only from the container's run folder, a tmpfs.
struct InjectedFile {
  std::string target;  // absolute, as seen inside
  std::string content;
  std::uint32_t uid = 0, gid = 0;  // as seen inside
  std::uint32_t mode = 0444;
};

struct ContainerLaunch {
  const ServiceSpec* service = nullptr;
  // Of an image with layers: their folders in overlayfs form, lowest first.
  std::vector<std::string> layers;
  // What each mount of type volume shows, by target: a folder or file. One for each such mount.
  std::map<std::string, UniqueFd> volumes;
  // The layers of each mount of type image, by target, lowest first.
  std::map<std::string, std::vector<std::string>> image_mounts;
  std::vector<InjectedFile> files;
  std::string id;  // 64 hex digits; the hostname is its first 12 where the file gives none
  std::string
      run_dir;  // /run/stack/PROJECT/containers/NAME, made by the engine: its etc layer and mount points
  std::string state_dir;  // /var/lib/stack/PROJECT/containers/NAME, made by the engine: upper and work
                          // folders of the overlay
  int staging = -1;       // Staging::fd() of one that shows run_dir and state_dir
  IdRange ids;
  std::string user_ns;  // pins; "" is the host's
  std::string net_ns, ipc_ns, uts_ns;
  int pid_ns = -1;  // nsfs or pidfd of the container whose pid namespace is shared; -1: its own
  bool host_pid = false;
  std::string hosts;  // content of /etc/hosts, /etc/resolv.conf and /etc/hostname
  std::string resolv_conf;
  std::string hostname;
  std::string init_program;  // on the host: stack-keeper, run as process 1 where the service asks for one
  cgroup::Entry cgroup;
  cgroup::Version cgroup_version = cgroup::Version::v1;
  security::Capabilities capabilities;
  security::SeccompProgram seccomp;
  security::Labels labels;
  Stdio stdio;   // ignored with a terminal
  int pty = -1;  // a socket: the process gets a terminal of its own, whose master is sent there
};

Result<Pending> start_container(const ContainerLaunch& launch);

struct ExecLaunch {
  const ServiceSpec* service = nullptr;  // environment, user and working_dir where the ones below are empty
  int container = -1;                    // pidfd of the container's first process
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "K=V", added to the container's
  std::string user;
  std::string working_dir;
  bool tty = false;
  IdRange ids;
  std::string user_ns;
  // As in ContainerLaunch, to look names up in passwd and group.
  std::string state_dir;
  std::vector<std::string> layers;
  cgroup::Entry cgroup;
  security::Capabilities capabilities;
  security::SeccompProgram seccomp;
  security::Labels labels;
  Stdio stdio;  // ignored with a tty
};

Result<Pending> start_exec(const ExecLaunch& launch);

// Whether each of `sysctls` belongs to a namespace that the service has of its own or shares with another
// service.
Result<void> check_sysctls(const ServiceSpec& service);

// Gives the /etc/hosts of a container that runs another content: written into the file that is there, which
// the overlay shows, unless the container has made one of its own. Where it has never been started there is
// none yet.
Result<void> renew_hosts(const std::string& run_dir, const std::string& content);

// Removes what start_container left on disk for this container: its layer and writable folders.
Result<void> remove_container_files(const std::string& run_dir, const std::string& state_dir);

}  // namespace stack::engine
