// What befalls an updated container while it is monitored (deploy.update_config) is its update's failure.
#pragma once

#include <string>

#include "core/reconcile/world.h"

namespace stack {

// Whether it is monitored now; to be asked before its end changes its record.
bool is_monitored(const World& world, const ContainerRecord& record);
// The first stays. Not saved.
void note_update_fault(const World& world, ContainerRecord& record, const std::string& words);

}  // namespace stack
