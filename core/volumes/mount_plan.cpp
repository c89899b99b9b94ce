#include "core/volumes/mount_plan.h"

#include <sys/mount.h>

#include <algorithm>

#include "specs/text.h"

namespace stack::volumes {
namespace {

struct AttributeWord {
  const char* word;
  std::uint64_t set, clear;
};
// Those that say what holds anyway are taken and mean nothing.
constexpr AttributeWord kAttributeWords[] = {
    {"ro", MOUNT_ATTR_RDONLY, 0},
    {"rw", 0, MOUNT_ATTR_RDONLY},
    {"nosuid", MOUNT_ATTR_NOSUID, 0},
    {"suid", 0, MOUNT_ATTR_NOSUID},
    {"nodev", MOUNT_ATTR_NODEV, 0},
    {"dev", 0, MOUNT_ATTR_NODEV},
    {"noexec", MOUNT_ATTR_NOEXEC, 0},
    {"exec", 0, MOUNT_ATTR_NOEXEC},
    {"noatime", MOUNT_ATTR_NOATIME, 0},
    {"strictatime", MOUNT_ATTR_STRICTATIME, 0},
    {"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    {"relatime", 0, 0},
    {"defaults", 0, 0},
    {"nofail", 0, 0},
    {"_netdev", 0, 0},
};

struct PropagationWord {
  const char* word;
  std::uint64_t flag;
};
constexpr PropagationWord kPropagationWords[] = {
    {"private", MS_PRIVATE}, {"rprivate", MS_PRIVATE}, {"shared", MS_SHARED},
    {"rshared", MS_SHARED},  {"slave", MS_SLAVE},      {"rslave", MS_SLAVE},
};

constexpr MountHelper kHelpers[] = {
    {"nfs", "mount.nfs", "nfs-common (Debian, Ubuntu) or nfs-utils (Fedora, RHEL, Arch)"},
    {"nfs4", "mount.nfs4", "nfs-common (Debian, Ubuntu) or nfs-utils (Fedora, RHEL, Arch)"},
    {"cifs", "mount.cifs", "cifs-utils"},
    {"smb3", "mount.smb3", "cifs-utils"},
    {"glusterfs", "mount.glusterfs", "glusterfs-client (Debian, Ubuntu) or glusterfs-fuse (Fedora, RHEL)"},
    {"ceph", "mount.ceph", "ceph-common"},
};

bool take_attribute(const std::string& word, MountPlan& plan) {
  const auto* found = std::find_if(std::begin(kAttributeWords), std::end(kAttributeWords),
                                   [&](const AttributeWord& known) { return word == known.word; });
  if (found == std::end(kAttributeWords)) return false;
  plan.attributes = (plan.attributes | found->set) & ~found->clear;
  return true;
}

bool take_propagation(const std::string& word, MountPlan& plan) {
  const auto* found = std::find_if(std::begin(kPropagationWords), std::end(kPropagationWords),
                                   [&](const PropagationWord& known) { return word == known.word; });
  if (found == std::end(kPropagationWords)) return false;
  plan.propagation = found->flag;
  return true;
}

bool is_bind_word(const std::string& word) {
  return word == "bind" || word == "rbind";
}

Result<MountPlan> plan_bind(MountPlan plan, const std::vector<std::string>& words) {
  plan.kind = MountPlan::Kind::bind;
  if (!plan.device.starts_with('/'))
    return fault("driver_opts: a bind wants an absolute path as \"device\", not \"" + plan.device + "\"");
  for (const std::string& word : words) {
    if (is_bind_word(word))
      plan.recursive = word == "rbind";
    else if (!take_attribute(word, plan) && !take_propagation(word, plan))
      return fault("driver_opts: a bind has no option \"" + word + "\"");
  }
  return plan;
}

MountPlan plan_filesystem(MountPlan plan, const std::vector<std::string>& words) {
  plan.kind = MountPlan::Kind::filesystem;
  for (const std::string& word : words)
    if (!take_attribute(word, plan) && !take_propagation(word, plan)) plan.options.push_back(word);
  return plan;
}

// Docker's way of writing it: ":/export" and `addr=server` among the options; mount.nfs wants the server in
// front.
void name_nfs_server(MountPlan& plan) {
  if (!plan.type.starts_with("nfs") || !plan.device.starts_with(':')) return;
  const auto address = std::find_if(plan.options.begin(), plan.options.end(),
                                    [](const std::string& word) { return word.starts_with("addr="); });
  if (address == plan.options.end()) return;
  const std::string server = address->substr(5);
  const bool bare_ipv6 = server.find(':') != std::string::npos && !server.starts_with('[');
  plan.device = (bare_ipv6 ? "[" + server + "]" : server) + plan.device;
  plan.options.erase(address);
}

Result<MountPlan> plan_helper(MountPlan plan, std::vector<std::string> words) {
  plan.kind = MountPlan::Kind::helper;
  plan.options = std::move(words);
  name_nfs_server(plan);
  if (plan.type.starts_with("nfs") && plan.device.starts_with(':'))
    return fault("driver_opts: \"device: " + plan.device + "\" wants \"addr=SERVER\" in \"o\"");
  // Without, mount.nfs(8) goes on for two minutes, with everyone waiting for it.
  if (plan.type.starts_with("nfs") &&
      std::none_of(plan.options.begin(), plan.options.end(),
                   [](const std::string& word) { return word.starts_with("retry="); }))
    plan.options.emplace_back("retry=0");
  return plan;
}

}  // namespace

const MountHelper* helper_of(const std::string& type) {
  const auto* found = std::find_if(std::begin(kHelpers), std::end(kHelpers),
                                   [&](const MountHelper& helper) { return type == helper.type; });
  return found == std::end(kHelpers) ? nullptr : found;
}

Result<MountPlan> plan_mount(const std::map<std::string, std::string>& driver_opts) {
  MountPlan plan;
  std::string o;
  for (const auto& [key, value] : driver_opts) {
    if (key == "type")
      plan.type = value;
    else if (key == "device")
      plan.device = value;
    else if (key == "o")
      o = value;
    else
      return fault("driver_opts: no key \"" + key + "\": the local driver has type, o and device");
  }
  std::vector<std::string> words = split(o, ',');
  std::erase(words, "");
  if (plan.type.empty() && plan.device.empty() && words.empty()) return plan;
  if (plan.type == "bind" || std::any_of(words.begin(), words.end(), is_bind_word))
    return plan_bind(std::move(plan), words);
  if (plan.type.empty() || plan.type == "none")
    return fault("driver_opts: want a file system as \"type\" (tmpfs, nfs, ext4, ...), or \"bind\" in \"o\"");
  if (plan.device.empty() && plan.type != "tmpfs")
    return fault("driver_opts: type \"" + plan.type + "\" wants a \"device\"");
  if (helper_of(plan.type) != nullptr) return plan_helper(std::move(plan), words);
  return plan_filesystem(std::move(plan), words);
}

}  // namespace stack::volumes
