// The contents of a container's /etc/hosts and /etc/resolv.conf. Pure, but that a container on the host's
// network gets the host's own resolv.conf.
#pragma once

#include <string>

#include "core/plan/model.h"

namespace stack {

std::string hosts_file(const Desired& desired, const DesiredContainer& container,
                       const std::string& hostname);
std::string resolv_conf(const Desired& desired, const DesiredContainer& container);

}  // namespace stack
