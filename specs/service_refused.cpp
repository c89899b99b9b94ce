// Keys that cannot be kept here: each says why, and what there is instead. What says "no" or nothing is no
// fault.
#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

bool says_nothing(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return true;
    case Node::Kind::scalar:
      return node.text.empty() || node.text == "0" || scalars::truth(node.text) == false;
    case Node::Kind::list:
      return node.items.empty();
    case Node::Kind::map:
      return node.entries.empty();
  }
  return false;
}

void refuse(R& r, const Node& node, const char* key, const char* because, const char* instead = "") {
  if (says_nothing(node)) return;
  r.reading.fault(node, FaultCode::never_kept, r.reading.of(key) + " cannot be kept: " + because, instead);
}

}  // namespace

void runtime(R& r, const Node& node) {
  refuse(r, node, "runtime", "there is no runtime below stack, which makes containers itself");
}

void isolation(R& r, const Node& node) {
  if (node.is_scalar() && node.text == "default") return;
  refuse(r, node, "isolation", "it is of Windows");
}
void credential_spec(R& r, const Node& node) {
  refuse(r, node, "credential_spec", "it is of Windows");
}
void cpu_count(R& r, const Node& node) {
  refuse(r, node, "cpu_count", "it is of Windows", "\"cpus\" limits the time, \"cpuset\" says which");
}
void cpu_percent(R& r, const Node& node) {
  refuse(r, node, "cpu_percent", "it is of Windows", "\"cpus\" is the limit in processors");
}

// Each cgroup above the container's would have to give up as much of its own, the root's too.
constexpr char kRealTime[] = "cgroup v2 has no real-time share, and that of v1 is taken from the whole host";
void cpu_rt_period(R& r, const Node& node) {
  refuse(r, node, "cpu_rt_period", kRealTime, "\"ulimits: {rtprio: N}\" lets a service use real time");
}
void cpu_rt_runtime(R& r, const Node& node) {
  refuse(r, node, "cpu_rt_runtime", kRealTime, "\"ulimits: {rtprio: N}\" lets a service use real time");
}

void external_links(R& r, const Node& node) {
  refuse(r, node, "external_links", "stacks do not reach into each other's networks",
         "\"ports\" publishes what another stack needs");
}

void models(R& r, const Node& node) {
  refuse(r, node, "models", "there is no model runner here", "a model server is a service like others");
}
void provider(R& r, const Node& node) {
  refuse(r, node, "provider", "it is a plugin of Docker Compose's");
}
void use_api_socket(R& r, const Node& node) {
  refuse(r, node, "use_api_socket", "there is no Docker daemon whose socket it could be");
}
void cgroup_parent(R& r, const Node& node) {
  refuse(r, node, "cgroup_parent",
         "all cgroups of a stack are below its own, which is what systemd hands over to it",
         "limits of the service itself are \"cpus\", \"mem_limit\" and the like");
}
void storage_opt(R& r, const Node& node) {
  refuse(r, node, "storage_opt", "a writable layer is a folder of the host's file system, without a quota",
         "a \"tmpfs\" has a size");
}
void pull_refresh_after(R& r, const Node& node) {
  refuse(r, node, "pull_refresh_after", "no version of Docker Compose reads it",
         "\"pull_policy: every_12h\" says it");
}
void gpus(R& r, const Node& node) {
  refuse(r, node, "gpus", "what a GPU needs is known to its vendor's tools alone",
         "\"devices\" and \"volumes\" give the nodes and libraries of a device");
}

}  // namespace stack::service_keys
