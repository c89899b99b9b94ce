#include "cmd/stack/container_text.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "cmd/stack/format.h"
#include "specs/text.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

// What the code in brackets does not say already.
std::string reason_of(const json& container) {
  const std::string reason = container.value("exit_reason", "");
  return reason.starts_with("exit ") || reason == "unknown" ? "" : reason;
}

std::string code_of(const json& container) {
  return container.contains("exit_code") ? std::to_string(container.value("exit_code", 0)) : "unknown";
}

std::string restarts_of(const json& container) {
  const int restarts = container.value("restarts", 0);
  if (restarts == 0) return "";
  const std::string last = container.value("exit_reason", "");
  return std::to_string(restarts) + (restarts == 1 ? " restart" : " restarts") +
         (last.empty() ? "" : ", last: " + last);
}

std::string running_text(const json& container, double now) {
  std::vector<std::string> remarks;
  const std::string health = container.value("health", "");
  if (container.value("state", "") == "paused")
    remarks.emplace_back("Paused");  // nobody looks at its health meanwhile
  else if (!health.empty())
    remarks.push_back(health == "starting" ? "health: starting" : health);
  const std::string restarts = restarts_of(container);
  if (!restarts.empty()) remarks.push_back(restarts);
  std::string text = "Up " + human_duration(now - container.value("started_at", 0.0));
  if (!remarks.empty()) text += " (" + joined(remarks, "; ") + ")";
  return text;
}

std::string exited_text(const json& container, double now) {
  std::string text = "Exited (" + code_of(container) + ")";
  const double finished = container.value("finished_at", 0.0);
  if (finished > 0) text += " " + human_duration(now - finished) + " ago";
  const std::string reason = reason_of(container);
  if (!reason.empty()) text += " — " + reason;
  const int restarts = container.value("restarts", 0);
  if (restarts > 0)
    text += ", after " + std::to_string(restarts) + (restarts == 1 ? " restart" : " restarts");
  return text;
}

std::string restarting_text(const json& container, double now) {
  std::string text = "Restarting (" + code_of(container) + ")";
  const double wait = container.value("next_start", 0.0) - now;
  if (wait > 0) text += " in " + std::to_string(static_cast<long long>(std::ceil(wait))) + " s";
  const std::string reason = reason_of(container);
  if (!reason.empty()) text += " — " + reason;
  const int restarts = container.value("restarts", 0);
  if (restarts > 0) text += ", " + std::to_string(restarts) + (restarts == 1 ? " restart" : " restarts");
  return text;
}

std::string state_text(const json& container, double now) {
  const std::string state = container.value("state", "");
  if (state == "running" || state == "paused") return running_text(container, now);
  if (state == "exited") return exited_text(container, now);
  if (state == "restarting") return restarting_text(container, now);
  if (state == "waiting") return "Waiting for " + container.value("waiting_for", "");
  if (state.empty()) return "Unknown";
  std::string text = state;
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

struct Publisher {
  std::string url;
  int target, published;
  std::string protocol;
};

std::vector<Publisher> publishers(const json& container) {
  std::vector<Publisher> all;
  for (const json& port : container.value("ports", json::array())) {
    const std::string host_ip = port.value("host_ip", "");
    const std::vector<std::string> addresses =
        host_ip.empty() ? std::vector<std::string>{"0.0.0.0", "::"} : std::vector<std::string>{host_ip};
    for (const std::string& address : addresses)
      all.push_back(
          {address, port.value("target", 0), port.value("published", 0), port.value("protocol", "tcp")});
  }
  return all;
}

std::string place_of(const Publisher& port) {
  const bool v6 = port.url.find(':') != std::string::npos;
  return (v6 ? "[" + port.url + "]" : port.url) + ":" + std::to_string(port.published);
}

std::string command_line(const json& container) {
  return shell_words(container.value("command", std::vector<std::string>{}));
}

// "a=1,b=2", as Docker Compose has them.
std::string labels_text(const json& container) {
  std::vector<std::string> words;
  for (const auto& [name, value] : container.value("labels", std::map<std::string, std::string>{}))
    words.push_back(name + "=" + value);
  return joined(words, ",");
}

}  // namespace

std::string status_text(const json& container, double now) {
  std::string text = state_text(container, now);
  const auto weakened = container.value("weakened", std::vector<std::string>{});
  if (!weakened.empty()) text += " [" + joined(weakened, ", ") + "]";
  return text;
}

std::string ports_text(const json& container) {
  std::vector<std::string> words;
  for (const Publisher& port : publishers(container))
    words.push_back(place_of(port) + "->" + std::to_string(port.target) + "/" + port.protocol);
  return joined(words, ", ");
}

std::optional<std::string> published_at(const json& container, int port, const std::string& protocol) {
  for (const Publisher& one : publishers(container))
    if (one.target == port && one.protocol == protocol) return place_of(one);
  return std::nullopt;
}

std::string port_list(const json& container, const std::string& protocol) {
  std::string text;
  for (const Publisher& port : publishers(container))
    if (protocol.empty() || port.protocol == protocol)
      text += std::to_string(port.target) + "/" + port.protocol + " -> " + place_of(port) + "\n";
  return text;
}

json compose_json(const json& container, const std::string& project, double now) {
  json ports = json::array();
  for (const Publisher& port : publishers(container))
    ports.push_back({{"URL", port.url},
                     {"TargetPort", port.target},
                     {"PublishedPort", port.published},
                     {"Protocol", port.protocol}});
  std::vector<std::string> networks;
  const json attached = container.value("networks", json::object());
  for (const auto& [key, addresses] : attached.items()) networks.push_back(project + "_" + key);
  const double created = container.value("created_at", 0.0);
  const std::string name = container.value("name", "");
  json out{{"ID", container.value("id", "")},
           {"Name", name},
           {"Names", name},
           {"Project", project},
           {"Service", container.value("service", "")},
           {"Image", container.value("image", "")},
           {"Command", command_line(container)},
           {"State", container.value("state", "")},
           {"Status", status_text(container, now)},
           {"Health", container.value("health", "")},
           {"ExitCode", container.value("exit_code", 0)},
           {"CreatedAt", created > 0 ? created_at(created) : ""},
           {"RunningFor", created > 0 ? human_duration(now - created) + " ago" : ""},
           {"Ports", ports_text(container)},
           {"Labels", labels_text(container)},
           {"Publishers", ports},
           {"Networks", joined(networks, ",")}};
  // Ours: an exit code that nobody knows is said to be unknown here, for Compose's ExitCode is always a
  // number.
  out["ExitCodeKnown"] = container.contains("exit_code");
  out["ExitReason"] = container.value("exit_reason", "");
  out["Restarts"] = container.value("restarts", 0);
  const json drifts = container.value("drifts", json::object());
  out["Drifts"] = drifts.value("count", 0);
  out["LastDrift"] = drifts.value("last", "");
  out["LastDriftAt"] = drifts.value("last_at", 0.0);
  out["Pid"] = container.value("pid", 0);
  out["WaitingFor"] = container.value("waiting_for", "");
  out["Addresses"] = attached;
  out["Weakened"] = container.value("weakened", json::array());
  out["LogDir"] = container.value("log_dir", "");
  out["StartedAt"] = container.value("started_at", 0.0);
  out["FinishedAt"] = container.value("finished_at", 0.0);
  return out;
}

}  // namespace stack::cmd
