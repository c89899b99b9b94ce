// One more process in a service's running container: everything but what it runs and where its output goes.
#pragma once

#include <string>

#include "core/engine/launch.h"
#include "core/reconcile/world.h"
#include "specs/result.h"

namespace stack {

enum class Privileges { of_service, all };

// `spec` is the service as it is to be taken here, and outlives the launch.
Result<engine::ExecLaunch> exec_launch(World& world, const ServiceSpec& spec, Privileges privileges);

}  // namespace stack
