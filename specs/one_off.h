// A one-off of `stack run`: a service's container made once more, for one command. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

// "web@1f2e3d4c5b6a", of the first digits of the container's id. No service has an "@" in its name, so it is
// nobody else's among services, records, cgroups and folders.
std::string one_off_name(const std::string& service, const std::string& id);
bool is_one_off(const std::string& name);
// "web" of the name of a one-off, of a replica (replicas.h) and of the service itself.
std::string service_behind(const std::string& name);

// What the command line says of it. What is absent is the service's.
struct OneOffOptions {
  std::string id;              // 64 hex digits
  std::string container_name;  // empty: PROJECT-SERVICE-run-ID
  std::vector<std::string> command;
  std::optional<std::vector<std::string>> entrypoint;  // the image's and the file's command go with it
  std::map<std::string, std::string> environment, labels;
  std::string user, working_dir;
  std::vector<Mount> mounts;         // each in place of the service's at the same target
  std::vector<PublishedPort> ports;  // published, and of the service's own none
  bool service_ports = false;        // the service's own are published
  bool use_aliases = false;          // it answers to the service's names
  bool no_deps = false;
  std::vector<std::string> cap_add, cap_drop;  // as ServiceSpec has them
};

// Its model: no policy restarts it, nothing checks its health. An error where its name cannot be had.
Result<ServiceSpec> one_off_of(const StackSpec& stack, const std::string& service,
                               const OneOffOptions& options);

// What follows -v, in the short form of `volumes`. Relative sources are so to `directory`; a name is that of
// a volume of the stack.
Result<std::vector<Mount>> one_off_mounts(const StackSpec& stack, const std::vector<std::string>& texts,
                                          const std::string& directory, const std::string& home);
// What follows -p, in the short form of `ports`.
Result<std::vector<PublishedPort>> one_off_ports(const std::vector<std::string>& texts);
// What follows --cap-add and --cap-drop.
Result<std::vector<std::string>> one_off_capabilities(const std::vector<std::string>& texts);

}  // namespace stack
