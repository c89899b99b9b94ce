// Nodes of the host's /dev, and what the container's cgroup allows of such.
#include <algorithm>

#include "specs/scalars.h"
#include "specs/service_keys.h"
#include "specs/text.h"

namespace stack::service_keys {
namespace {

// Any of "rwm", each once.
std::optional<std::string> access(const std::string& text) {
  const bool known = !text.empty() && text.find_first_not_of("rwm") == std::string::npos;
  std::string once = text;
  std::sort(once.begin(), once.end());
  return known && std::adjacent_find(once.begin(), once.end()) == once.end() ? std::optional(text)
                                                                             : std::nullopt;
}

bool is_normal(const std::string& path) {
  for (const std::string_view part : split_views(std::string_view(path).substr(1), '/'))
    if (part.empty() || part == "." || part == "..") return false;
  return true;
}

// What each container has of its own there.
bool is_own(const std::string& target) {
  for (const char* own : {"/dev/pts", "/dev/shm", "/dev/mqueue"})
    if (target == own || target.starts_with(std::string(own) + "/")) return true;
  for (const char* own : {"/dev/ptmx", "/dev/console", "/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"})
    if (target == own) return true;
  return false;
}

struct DeviceReading {
  R& r;
  DeviceMapping device = {};
};
using D = DeviceReading;

constexpr KeyRule<D> kKeys[] = {
    {"permissions",
     [](D& d, const Node& n) {
       d.device.permissions =
           d.r.reading.value(n, "permissions in devices", "of r, w and m", access).value_or("rwm");
     }},
    {"source",
     [](D& d, const Node& n) { d.device.source = d.r.reading.text(n, "source in devices").value_or(""); }},
    {"target",
     [](D& d, const Node& n) { d.device.target = d.r.reading.text(n, "target in devices").value_or(""); }},
};

// HOST[:CONTAINER[:rwm]], or HOST:rwm as the docker command takes it.
bool read_short(D& d, const Node& node) {
  const auto text = d.r.reading.text(node, "each item in devices");
  if (!text) return false;
  const std::vector<std::string> parts = split(*text, ':');
  if (parts.size() > 3) {
    d.r.reading.wrong(node, "each item in devices", "HOST[:CONTAINER[:rwm]]");
    return false;
  }
  d.device.source = parts[0];
  if (parts.size() == 2 && access(parts[1])) {
    d.device.permissions = parts[1];
  } else if (parts.size() > 1) {
    d.device.target = parts[1];
  }
  if (parts.size() < 3) return true;
  if (!access(parts[2])) {
    d.r.reading.fault(node, FaultCode::invalid_value,
                      d.r.reading.of("devices") + ": \"" + parts[2] + "\" is not of r, w and m");
    return false;
  }
  d.device.permissions = parts[2];
  return true;
}

bool check(D& d, const Node& node) {
  const std::string& source = d.device.source;
  if (!source.empty() && !source.starts_with('/') && source.find('=') != std::string::npos) {
    d.r.reading.fault(node, FaultCode::never_kept,
                      "device \"" + source + "\" of " + d.r.reading.owner() +
                          " cannot be kept: a CDI name needs a registry of its vendor's",
                      "the nodes themselves are named by path");
    return false;
  }
  if (!source.starts_with('/') || source.size() < 2) {
    d.r.reading.fault(node, FaultCode::invalid_value,
                      d.r.reading.of("devices") + " needs an absolute path on the host");
    return false;
  }
  if (d.device.target.empty()) d.device.target = source;
  const std::string& target = d.device.target;
  if (!target.starts_with("/dev/") || !is_normal(target)) {
    d.r.reading.fault(node, FaultCode::invalid_value,
                      d.r.reading.of("devices") + ": target \"" + target + "\" is not below /dev",
                      "\"HOST:/dev/NAME\" says where it is to be");
    return false;
  }
  if (is_own(target)) {
    d.r.reading.fault(node, FaultCode::invalid_value,
                      d.r.reading.of("devices") + ": \"" + target + "\" is the container's own");
    return false;
  }
  return true;
}

bool is_number_or_star(std::string_view text) {
  return text == "*" || (!text.empty() && text.size() <= 7 &&
                         text.find_first_not_of("0123456789") == std::string_view::npos);
}

// "c 189:* rmw"
std::optional<std::string> device_rule(const std::string& text) {
  const auto words = split_views(text, ' ');
  if (words.size() != 3 || words[0].size() != 1 || words[0].find_first_of("abc") != 0) return std::nullopt;
  const auto numbers = split_views(words[1], ':');
  const bool valid = numbers.size() == 2 && is_number_or_star(numbers[0]) && is_number_or_star(numbers[1]) &&
                     access(std::string(words[2]));
  return valid ? std::optional(text) : std::nullopt;
}

}  // namespace

void devices(R& r, const Node& node) {
  if (!r.reading.is_list(node, "devices")) return;
  for (const Node& item : node.items) {
    D d{r};
    if (item.is_map()) {
      r.reading.keys<D>(item, "devices", kKeys, d);
    } else if (!read_short(d, item)) {
      continue;
    }
    if (!check(d, item)) continue;
    // Of two on one place the later wins, as an override file wants it.
    auto& all = r.spec.devices;
    std::erase_if(all, [&](const DeviceMapping& other) { return other.target == d.device.target; });
    all.push_back(std::move(d.device));
  }
}

void device_cgroup_rules(R& r, const Node& node) {
  if (!r.reading.is_list(node, "device_cgroup_rules")) return;
  for (const Node& item : node.items) {
    auto rule = r.reading.value(item, "device_cgroup_rules", "a rule such as \"c 189:* rwm\"", device_rule);
    if (rule) r.spec.device_cgroup_rules.push_back(*std::move(rule));
  }
}

}  // namespace stack::service_keys
