// A container of the control protocol in the words of `stack ps`. Pure: `now` is given.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace stack::cmd {

// `Up 5 minutes (healthy)`, `Exited (137) 3 seconds ago — out of memory (memory limit 64 MiB)`, `Restarting
// (3) in 2 s`, `Waiting for cache to be healthy`. Restarts, and what is less safe than the default, are said
// too.
std::string status_text(const nlohmann::json& container, double now);
// Where a port of the container is published: "0.0.0.0:8080", "[::1]:53"; of several places the first.
std::optional<std::string> published_at(const nlohmann::json& container, int port,
                                        const std::string& protocol);
// A line a published port of that protocol ("": of any): "80/tcp -> 0.0.0.0:8080".
std::string port_list(const nlohmann::json& container, const std::string& protocol);
// `0.0.0.0:8080->80/tcp, [::]:8080->80/tcp`
std::string ports_text(const nlohmann::json& container);
// The field names of Compose's `ps --format json`, then ours.
nlohmann::json compose_json(const nlohmann::json& container, const std::string& project, double now);

}  // namespace stack::cmd
