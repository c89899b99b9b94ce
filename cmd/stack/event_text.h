// An event of the reconciler's (core/control/protocol.h) as `stack events` shows it, which is as docker
// compose does. Pure but for the zone.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace stack::cmd {

// Whether it is about one of these; none named is all.
bool is_about(const nlohmann::json& event, const std::vector<std::string>& services);
// "2026-11-25 18:42:00.000000 container start 1f2e... (image=host:, name=shop-web-1)\n", in this machine's
// zone.
std::string event_line(const nlohmann::json& event);
// {"time", "type", "service", "id", "action", "attributes"}
nlohmann::json event_json(const nlohmann::json& event);

}  // namespace stack::cmd
