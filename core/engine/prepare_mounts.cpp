#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>

#include "core/engine/prepare.h"
#include "core/sys/files.h"

namespace stack::engine {
namespace {

constexpr std::uint32_t kIdsOfGroup = IdRange{}.count;

struct TmpfsPlan {
  std::uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  std::vector<std::pair<std::string, std::string>> settings;
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
  const UniqueFd context(::fsopen("tmpfs", FSOPEN_CLOEXEC));
  if (!context) return os_error("open file system \"tmpfs\"");
  for (const auto& [key, value] : plan.settings)
    if (::fsconfig(context.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0) != 0)
      return os_error("set option \"" + key + "=" + value + "\" of tmpfs");
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return os_error("make a tmpfs");
  UniqueFd tree(::fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(plan.attributes)));
  if (!tree) return os_error("make a tmpfs");
  return tree;
}

Result<Attachment> prepare_bind(const Mount& mount, const UniqueFd& user_ns, bool privileged) {
  if (mount.create_host_path) {
    struct stat st {};
    if (::stat(mount.source.c_str(), &st) != 0 && errno == ENOENT) TRY(make_folders(mount.source, 0755));
  }
  TreeOptions options;
  options.recursive = mount.recursive;
  options.read_only = mount.read_only;
  options.no_devices = !privileged;
  options.propagation = mount.propagation;
  options.user_ns = user_ns.get();
  Attachment attachment;
  attachment.tree = TRY(clone_tree(mount.source, options));
  struct stat st {};
  if (::fstat(attachment.tree.get(), &st) != 0) return os_error("stat \"" + mount.source + "\"");
  attachment.is_folder = S_ISDIR(st.st_mode);
  return attachment;
}

std::uint64_t propagation_of(const std::string& word) {
  if (word.ends_with("shared")) return MS_SHARED;
  if (word.ends_with("slave")) return MS_SLAVE;
  return MS_PRIVATE;
}

}  // namespace

Result<UniqueFd> clone_tree(const std::string& source, const TreeOptions& options) {
  const unsigned recursive = options.recursive ? AT_RECURSIVE : 0U;
  UniqueFd tree(::open_tree(AT_FDCWD, source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive));
  if (!tree) return os_error("open \"" + source + "\"");
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
    return Error{errno, "map the ids of \"" + source +
                            "\": its file system (or one mounted below) cannot be idmapped; \"userns_mode: "
                            "host\" does without"};
  return os_error("map the ids of \"" + source + "\"");
}

Result<std::vector<Attachment>> prepare_mounts(const ServiceSpec& service, std::uint32_t base,
                                               const UniqueFd& user_ns, const std::string& mount_label) {
  std::vector<Attachment> attachments;
  for (const Mount& mount : service.mounts) {
    const bool tmpfs = mount.type == Mount::Type::tmpfs;
    const std::string what = (tmpfs ? "tmpfs \"" : "volume \"") + mount.target + "\"";
    if (mount.target == "/" || mount.target == "/proc" || mount.target.starts_with("/proc/"))
      return fault(what + ": nothing may be mounted there");
    Attachment attachment;
    if (tmpfs)
      attachment.tree = TRY(make_tmpfs(mount, base, mount_label).with(what));
    else
      attachment = TRY(prepare_bind(mount, user_ns, service.privileged).with(what));
    attachment.target = mount.target;
    attachment.step = tmpfs ? "mount tmpfs" : "mount volume";
    attachments.push_back(std::move(attachment));
  }
  return attachments;
}

}  // namespace stack::engine
