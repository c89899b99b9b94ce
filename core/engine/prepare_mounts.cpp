#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <sstream>

#include "core/engine/file_system.h"
#include "core/engine/prepare.h"
#include "core/sys/files.h"

namespace stack::engine {
namespace {

constexpr std::uint32_t kIdsOfGroup = IdRange{}.count;

struct TmpfsPlan {
  std::uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  FileSystemSettings settings;
};

Result<std::string> shifted(const std::string& id, std::uint32_t base, const std::string& option) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), value);
  if (error != std::errc() || end != id.data() + id.size())
    return fault("option \"" + option + "\" wants a number");
  // Beyond its own range lie those of other groups.
  if (base != 0 && value >= kIdsOfGroup)
    return fault("option \"" + option + "\" names an id that is not the container's");
  return std::to_string(base + value);
}

// The words of mount(8) that are flags, not settings of the file system.
bool apply_flag(const std::string& word, std::uint64_t& attributes) {
  struct Flag {
    const char* word;
    std::uint64_t set, clear;
  };
  static constexpr Flag kFlags[] = {
      {"ro", MOUNT_ATTR_RDONLY, 0},
      {"rw", 0, MOUNT_ATTR_RDONLY},
      {"nosuid", MOUNT_ATTR_NOSUID, 0},
      {"suid", 0, MOUNT_ATTR_NOSUID},
      {"nodev", MOUNT_ATTR_NODEV, 0},
      {"dev", 0, 0},
      {"noexec", MOUNT_ATTR_NOEXEC, 0},
      {"exec", 0, MOUNT_ATTR_NOEXEC},
      {"noatime", MOUNT_ATTR_NOATIME, 0},
      {"relatime", 0, 0},
      {"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
  };
  for (const Flag& flag : kFlags) {
    if (word != flag.word) continue;
    attributes = (attributes | flag.set) & ~flag.clear;
    return true;
  }
  return false;
}

Result<TmpfsPlan> plan_tmpfs(const Mount& mount, std::uint32_t base) {
  TmpfsPlan plan;
  std::string uid = std::to_string(base);
  std::string gid = uid;
  char mode[16];
  std::snprintf(mode, sizeof mode, "%o", mount.mode == 0 ? 01777U : mount.mode);
  std::string mode_text = mode;
  std::string size = mount.size == 0 ? "" : std::to_string(mount.size);
  for (const std::string& option : mount.options) {
    if (apply_flag(option, plan.attributes)) continue;
    const std::size_t equals = option.find('=');
    const std::string key = option.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : option.substr(equals + 1);
    if (key == "uid")
      uid = TRY(shifted(value, base, option));
    else if (key == "gid")
      gid = TRY(shifted(value, base, option));
    else if (key == "mode")
      mode_text = value;
    else if (key == "size")
      size = value;
    else if (key == "nr_inodes" || key == "nr_blocks")
      plan.settings.emplace_back(key, value);
    else
      return fault("tmpfs has no option \"" + option + "\"");
  }
  plan.settings.emplace_back("mode", mode_text);
  plan.settings.emplace_back("uid", uid);
  plan.settings.emplace_back("gid", gid);
  if (!size.empty()) plan.settings.emplace_back("size", size);
  if (mount.read_only) plan.attributes |= MOUNT_ATTR_RDONLY;
  return plan;
}

Result<UniqueFd> make_tmpfs(const Mount& mount, std::uint32_t base, const std::string& label) {
  TmpfsPlan plan = TRY(plan_tmpfs(mount, base));
  if (!label.empty()) plan.settings.emplace_back("context", label);
  return make_file_system("tmpfs", plan.settings, static_cast<unsigned>(plan.attributes));
}

TreeOptions options_of(const Mount& mount, const UniqueFd& user_ns, bool privileged) {
  TreeOptions options;
  options.recursive = mount.recursive;
  options.read_only = mount.read_only;
  options.no_devices = !privileged;
  options.propagation = mount.propagation;
  options.user_ns = user_ns.get();
  return options;
}

Result<void> prepare_source(const Mount& mount) {
  struct stat st {};
  const bool absent = ::stat(mount.source.c_str(), &st) != 0 && errno == ENOENT;
  if (absent && mount.create_host_path) return make_folders(mount.source, 0755);
  if (absent)
    return Error{ENOENT, "\"" + mount.source + "\" is not there, and \"create_host_path\" is not set"};
  return {};
}

// `z` and `Z` ask for it; a volume of ours is labelled for all anyway, as no container could read it else.
Result<void> label_source(const ContainerLaunch& launch, const Mount& mount, const UniqueFd& tree) {
  const bool is_volume = mount.type == Mount::Type::volume;
  if (launch.labels.mount.empty() || (mount.selinux.empty() && !is_volume)) return {};
  const bool own = mount.selinux == "Z";
  return security::relabel(tree.get(), own ? launch.labels.mount : security::shared_label(launch.labels),
                           mount.source.empty() ? mount.target : mount.source);
}

const char* kind_of(const Mount& mount) {
  switch (mount.type) {
    case Mount::Type::tmpfs:
      return "tmpfs";
    case Mount::Type::image:
      return "image";
    case Mount::Type::bind:
    case Mount::Type::volume:
      break;
  }
  return "volume";
}

const char* step_of(const Mount& mount) {
  if (mount.type == Mount::Type::tmpfs) return "mount tmpfs";
  return mount.type == Mount::Type::image ? "mount image" : "mount volume";
}

Result<Attachment> prepare_mount(const ContainerLaunch& launch, const Mount& mount, std::uint32_t base,
                                 const UniqueFd& user_ns, int& next) {
  const TreeOptions options = options_of(mount, user_ns, launch.service->privileged);
  Attachment attachment;
  attachment.target = mount.target;
  attachment.step = step_of(mount);
  attachment.subpath = mount.subpath;
  switch (mount.type) {
    case Mount::Type::tmpfs:
      attachment.tree = TRY(make_tmpfs(mount, base, launch.labels.mount));
      break;
    case Mount::Type::bind:
      TRY(prepare_source(mount));
      TRY(label_source(launch, mount, TRY(open_fd(mount.source, O_PATH))));
      attachment.tree = TRY(clone_tree(mount.source, options));
      break;
    case Mount::Type::volume:
      TRY(label_source(launch, mount, launch.volumes.at(mount.target)));
      attachment.tree = TRY(clone_tree_at(launch.volumes.at(mount.target).get(), mount.source, options));
      break;
    case Mount::Type::image:
      attachment.layers = TRY(prepare_layers("empty", launch.image_mounts.at(mount.target), user_ns, next));
      break;
  }
  return attachment;
}

std::uint64_t propagation_of(const std::string& word) {
  if (word.ends_with("shared")) return MS_SHARED;
  if (word.ends_with("slave")) return MS_SLAVE;
  return MS_PRIVATE;
}

// "ramfs", from the line of mountinfo (proc_pid_mountinfo(5)) of the mount that `source` is on.
std::string file_system_of(const std::string& source) {
  struct statx at {};
  const Result<std::string> mounts = read_file("/proc/self/mountinfo");
  if (!mounts || ::statx(AT_FDCWD, source.c_str(), 0, STATX_MNT_ID, &at) != 0) return "unknown";
  std::istringstream lines(*mounts);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(std::to_string(at.stx_mnt_id) + " ")) continue;
    const std::size_t type = line.find(" - ");
    return type == std::string::npos ? "unknown" : line.substr(type + 3, line.find(' ', type + 3) - type - 3);
  }
  return "unknown";
}

Result<UniqueFd> configured(UniqueFd tree, const std::string& source, const TreeOptions& options) {
  const unsigned recursive = options.recursive ? AT_RECURSIVE : 0U;
  mount_attr attributes{};
  attributes.attr_set =
      (options.read_only ? MOUNT_ATTR_RDONLY : 0U) | (options.no_devices ? MOUNT_ATTR_NODEV : 0U);
  attributes.propagation = propagation_of(options.propagation);
  const unsigned everywhere = AT_EMPTY_PATH | recursive;
  if (::mount_setattr(tree.get(), "", everywhere, &attributes, sizeof attributes) != 0)
    return os_error("set mount attributes of \"" + source + "\"");
  if (options.user_ns < 0) return tree;
  attributes = {};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = static_cast<std::uint64_t>(options.user_ns);
  if (::mount_setattr(tree.get(), "", everywhere, &attributes, sizeof attributes) == 0) return tree;
  if (errno == EINVAL || errno == EPERM)
    return Error{errno, "map the ids of \"" + source + "\": its file system (" + file_system_of(source) +
                            ") or one mounted below cannot be idmapped; \"userns_mode: host\" does without"};
  return os_error("map the ids of \"" + source + "\"");
}

}  // namespace

Result<UniqueFd> clone_tree(const std::string& source, const TreeOptions& options) {
  const unsigned recursive = options.recursive ? AT_RECURSIVE : 0U;
  UniqueFd tree(::open_tree(AT_FDCWD, source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive));
  if (!tree) return os_error("open \"" + source + "\"");
  return configured(std::move(tree), source, options);
}

Result<UniqueFd> clone_tree_at(int fd, const std::string& source, const TreeOptions& options) {
  const unsigned recursive = options.recursive ? AT_RECURSIVE : 0U;
  UniqueFd tree(::open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive));
  if (!tree) return os_error("open \"" + source + "\"");
  return configured(std::move(tree), source, options);
}

Result<std::vector<Attachment>> prepare_mounts(const ContainerLaunch& launch, std::uint32_t base,
                                               const UniqueFd& user_ns, int& next) {
  std::vector<Attachment> attachments;
  for (const Mount& mount : launch.service->mounts) {
    const std::string what = std::string(kind_of(mount)) + " \"" + mount.target + "\"";
    if (mount.target == "/" || mount.target == "/proc" || mount.target.starts_with("/proc/"))
      return fault(what + ": nothing may be mounted there");
    attachments.push_back(TRY(prepare_mount(launch, mount, base, user_ns, next).with(what)));
  }
  return attachments;
}

}  // namespace stack::engine
