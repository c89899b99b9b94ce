#include "core/reconcile/exec_launch.h"

#include "core/engine/security.h"
#include "core/reconcile/storage.h"

namespace stack {

Result<engine::ExecLaunch> exec_launch(World& world, const ServiceSpec& spec, Privileges privileges) {
  const ContainerRecord& record = world.records.at(spec.name);
  engine::ExecLaunch launch;
  launch.service = &spec;
  launch.container = world.processes.at(spec.name).pidfd.get();
  launch.ids = record.ids;
  launch.user_ns = world.user_pin(record.group);
  launch.layers = TRY(layer_folders(spec.image));
  launch.state_dir = world.paths.container_lib(spec.name);
  launch.cgroup = TRY(world.cgroups->entry(world.paths.container_cgroup(spec.name)));
  ServiceSpec secured = spec;
  secured.privileged = spec.privileged || privileges == Privileges::all;
  launch.capabilities = TRY(security::capabilities(secured));
  launch.seccomp = TRY(security::seccomp_program(secured, launch.capabilities));
  launch.labels = TRY(security::labels(spec, security::mcs_pair((record.ids.base >> 16) & 0xfff)));
  return launch;
}

}  // namespace stack
