// A container of the control protocol in the words of `stack ps`. Pure: `now` is given.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace stack::cmd {

// `Up 5 minutes (healthy)`, `Exited (137) 3 seconds ago — out of memory (memory limit 64 MiB)`, `Restarting
// (3) in 2 s`, `Waiting for cache to be healthy`. Restarts, and what is less safe than the default, are said
// too.
std::string status_text(const nlohmann::json& container, double now);
// `0.0.0.0:8080->80/tcp, [::]:8080->80/tcp`
std::string ports_text(const nlohmann::json& container);
// The field names of Compose's `ps --format json`, then ours.
nlohmann::json compose_json(const nlohmann::json& container, const std::string& project, double now);

}  // namespace stack::cmd
