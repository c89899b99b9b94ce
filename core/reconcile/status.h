// A container as the control socket shows it; see core/control/protocol.h.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/reconcile/world.h"

namespace stack {

nlohmann::json container_status(const World& world, const std::string& service);
nlohmann::json stack_status(const World& world);

}  // namespace stack
