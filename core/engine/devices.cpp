#include "core/engine/devices.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>

#include "core/sys/dir.h"
#include "specs/text.h"

namespace stack::engine {
namespace {

constexpr int kDeepest = 8;  // folders within folders of nodes

bool is_node(const struct stat& st) {
  return S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode);
}

// What of a folder of nodes is none, or is another's: terminals, memory, sockets of the host.
bool is_skipped(const std::string& name) {
  static const char* const kNames[] = {"pts", "shm", "mqueue", "fd"};
  return std::any_of(std::begin(kNames), std::end(kNames), [&](const char* one) { return name == one; });
}

Result<void> add(const DeviceMapping& mapping, const std::string& source, const std::string& target,
                 int depth, std::vector<DeviceNode>& nodes) {
  struct stat st {};
  if (::stat(source.c_str(), &st) != 0) return os_error("devices: look up \"" + source + "\"");
  if (is_node(st)) {
    nodes.push_back({target.substr(sizeof "/dev/" - 1), source, st.st_mode, st.st_rdev, st.st_uid, st.st_gid,
                     mapping.permissions});
    return {};
  }
  // Deeper down a file that is no node is no fault: the folder was named, not it.
  if (!S_ISDIR(st.st_mode))
    return depth == 0 ? Result<void>(fault("devices: \"" + source + "\" is no device")) : Result<void>();
  if (depth == kDeepest) return fault("devices: \"" + source + "\" is too deep");
  for (const std::string& name : TRY(names_if_there(source)))
    if (!is_skipped(name)) TRY(add(mapping, source + "/" + name, target + "/" + name, depth + 1, nodes));
  return {};
}

std::int64_t number_or_any(std::string_view text) {
  std::int64_t number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "c 189:* rmw", which the reader of the file has looked at.
cgroup::DeviceRule rule_of(const std::string& text) {
  const auto words = split_views(text, ' ');
  const auto numbers = split_views(words.at(1), ':');
  cgroup::DeviceRule rule;
  rule.type = words.at(0).at(0);
  rule.major = number_or_any(numbers.at(0));
  rule.minor = number_or_any(numbers.at(1));
  rule.access = words.at(2);
  return rule;
}

// One rule a device, as the kernel of v1 keeps them: it adds up what it is told of the same numbers, and
// shows one line, its letters in this order.
void allow(cgroup::DevicePolicy& policy, cgroup::DeviceRule rule) {
  const bool everything = rule.major < 0 && rule.minor < 0 && rule.access.size() == 3;
  if (rule.type == 'a' && !everything) {
    for (const char type : std::string("bc")) {
      rule.type = type;
      allow(policy, rule);
    }
    return;
  }
  const auto same = std::find_if(policy.allow.begin(), policy.allow.end(), [&](const auto& other) {
    return other.type == rule.type && other.major == rule.major && other.minor == rule.minor;
  });
  const std::string all = rule.access + (same == policy.allow.end() ? "" : same->access);
  rule.access.clear();
  for (const char letter : std::string("rwm"))
    if (all.find(letter) != std::string::npos) rule.access += letter;
  if (same == policy.allow.end())
    policy.allow.push_back(rule);
  else
    same->access = rule.access;
}

}  // namespace

Result<std::vector<DeviceNode>> device_nodes(const ServiceSpec& service) {
  std::vector<DeviceNode> nodes;
  for (const DeviceMapping& mapping : service.devices)
    TRY(add(mapping, mapping.source, mapping.target, 0, nodes));
  return nodes;
}

Result<cgroup::DevicePolicy> device_policy(const ServiceSpec& service) {
  cgroup::DevicePolicy policy;
  policy.allow_all = service.privileged;
  for (const DeviceNode& node : TRY(device_nodes(service))) {
    allow(policy, {S_ISBLK(node.mode) ? 'b' : 'c', static_cast<std::int64_t>(major(node.number)),
                   static_cast<std::int64_t>(minor(node.number)), node.permissions});
  }
  for (const std::string& rule : service.device_cgroup_rules) allow(policy, rule_of(rule));
  return policy;
}

}  // namespace stack::engine
