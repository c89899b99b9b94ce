// What the parent prepares before clone3, where there is memory to allocate and words to explain a fault
// with.
#pragma once

#include <string>
#include <vector>

#include "core/engine/launch.h"
#include "core/engine/launch_plan.h"
#include "specs/result.h"

namespace stack::engine {

// prepare_root.cpp: folders and layers on disk, and the plan of the mounts.
Result<RootPlan> prepare_root(const ContainerLaunch& launch, const UniqueFd& user_ns);
// Where the names of users are looked up: the container's own layer, then its image.
std::vector<std::string> name_roots(const ServiceSpec& service, const std::string& state_dir,
                                    const std::vector<std::string>& layers);

// prepare_layers.cpp: `next` is the number of the next free name in the run folder.
Result<Layers> prepare_layers(const char* top, const std::vector<std::string>& folders,
                              const UniqueFd& user_ns, int& next);

// prepare_files.cpp: configs and secrets, written below `run_dir`.
Result<std::vector<Attachment>> prepare_files(const ContainerLaunch& launch, std::uint32_t base);

// prepare_mounts.cpp
Result<std::vector<Attachment>> prepare_mounts(const ContainerLaunch& launch, std::uint32_t base,
                                               const UniqueFd& user_ns, int& next);
// Clones the mount at `source`; with a valid `user_ns` its files show the owners they have on disk.
struct TreeOptions {
  bool recursive = true;
  bool read_only = false;
  bool no_devices = true;
  std::string propagation;  // "" is private
  int user_ns = -1;
};
Result<UniqueFd> clone_tree(const std::string& source, const TreeOptions& options);
// The same of what `fd` is open on; `source` is for the words of an error.
Result<UniqueFd> clone_tree_at(int fd, const std::string& source, const TreeOptions& options);

// prepare_process.cpp
struct ProcessInput {
  const ServiceSpec* service = nullptr;
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // added to the service's
  std::string user, working_dir, hostname;
  bool tty = false;
  const cgroup::Entry* cgroup = nullptr;
  const security::Capabilities* capabilities = nullptr;
  security::SeccompProgram seccomp;
  const security::Labels* labels = nullptr;
  Stdio stdio;
  std::uint32_t base = 0;
  std::uint32_t count = 0;
  std::vector<std::string> name_roots;
};
Result<ProcessPlan> prepare_process(const ProcessInput& input);

// Namespaced sysctls only: the others are the host's.
Result<std::vector<Sysctl>> prepare_sysctls(const ServiceSpec& service, bool own_net, bool own_ipc);

}  // namespace stack::engine
