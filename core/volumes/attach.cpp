#include "core/volumes/attach.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/sys/files.h"
#include "core/sys/pipes.h"
#include "core/sys/spawn.h"
#include "core/volumes/mount_points.h"
#include "specs/text.h"

namespace stack::volumes {
namespace {

const std::vector<std::string>& system_folders() {
  static const std::vector<std::string> folders{"/usr/sbin", "/usr/bin", "/sbin", "/bin"};
  return folders;
}

Result<void> set_attributes(const UniqueFd& tree, const MountPlan& plan) {
  mount_attr attributes{};
  attributes.attr_set = plan.attributes;
  if ((plan.attributes & (MOUNT_ATTR_NOATIME | MOUNT_ATTR_STRICTATIME)) != 0)
    attributes.attr_clr = MOUNT_ATTR__ATIME;  // the kernel's rule, mount_setattr(2)
  // By itself a clone is a peer of what it was cloned from: what is mounted in one shows in the other.
  attributes.propagation = plan.propagation == 0 ? std::uint64_t{MS_PRIVATE} : plan.propagation;
  const unsigned recursive = plan.recursive ? AT_RECURSIVE : 0U;
  if (::mount_setattr(tree.get(), "", AT_EMPTY_PATH | recursive, &attributes, sizeof attributes) != 0)
    return os_error("set mount attributes");
  return {};
}

Result<void> move_to(const UniqueFd& tree, const std::string& data) {
  if (::move_mount(tree.get(), "", AT_FDCWD, data.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return os_error("mount at \"" + data + "\"");
  return {};
}

Result<void> attach_bind(const MountPlan& plan, const std::string& data) {
  const std::string what = "bind \"" + plan.device + "\"";
  const unsigned recursive = plan.recursive ? AT_RECURSIVE : 0U;
  const UniqueFd tree(
      ::open_tree(AT_FDCWD, plan.device.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive));
  if (!tree && errno == ENOENT)
    return Error{ENOENT, what + ": there is no such folder; make it, as the volume does not"};
  if (!tree) return os_error(what);
  struct stat st {};
  if (::fstat(tree.get(), &st) != 0) return os_error(what);
  if (!S_ISDIR(st.st_mode)) return os_error(what, ENOTDIR);
  TRY(set_attributes(tree, plan).with(what));
  return move_to(tree, data);
}

// What the file system has said about it: "e tmpfs: Bad value for 'size'".
std::string kernel_words(const UniqueFd& context) {
  std::string words;
  char line[512];
  for (;;) {
    const ssize_t n = ::read(context.get(), line, sizeof line);
    if (n <= 0) return words;
    std::string text(line, static_cast<std::size_t>(n));
    if (text.size() > 2 && text[1] == ' ') text.erase(0, 2);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    words += " (" + text + ")";
  }
}

Error filesystem_error(const UniqueFd& context, const std::string& what) {
  const Error error = os_error(what);
  return {error.code, error.words + kernel_words(context)};
}

Result<void> configure(const UniqueFd& context, const std::string& option) {
  const std::size_t equals = option.find('=');
  const std::string key = option.substr(0, equals);
  const bool has_value = equals != std::string::npos;
  const std::string value = has_value ? option.substr(equals + 1) : "";
  const auto command = has_value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
  if (::fsconfig(context.get(), command, key.c_str(), has_value ? value.c_str() : nullptr, 0) != 0)
    return filesystem_error(context, "option \"" + option + "\"");
  return {};
}

Result<UniqueFd> make_filesystem(const MountPlan& plan) {
  const UniqueFd context(::fsopen(plan.type.c_str(), FSOPEN_CLOEXEC));
  if (!context && errno == ENODEV) return fault("this kernel has no such file system");
  if (!context) return os_error("open file system");
  if (!plan.device.empty()) TRY(configure(context, "source=" + plan.device));
  if ((plan.attributes & MOUNT_ATTR_RDONLY) != 0) TRY(configure(context, "ro"));
  for (const std::string& option : plan.options) TRY(configure(context, option));
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return filesystem_error(context, "mount \"" + plan.device + "\"");
  UniqueFd tree(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (!tree) return filesystem_error(context, "mount \"" + plan.device + "\"");
  return tree;
}

Result<void> attach_filesystem(const MountPlan& plan, const std::string& data) {
  const UniqueFd tree = TRY(make_filesystem(plan).with(plan.type));
  TRY(set_attributes(tree, plan).with(plan.type));
  return move_to(tree, data);
}

Result<void> attach_by_helper(const MountPlan& plan, const std::string& data) {
  TRY(find_helper(*helper_of(plan.type), system_folders()));
  const std::string program = find_program("mount", system_folders());
  if (program.empty()) return fault("there is no mount(8); it comes in the package mount or util-linux");
  Pipe words = TRY(make_pipe());
  const UniqueFd null = TRY(open_fd("/dev/null", O_RDWR));
  std::vector<std::string> argv{"mount", "-t", plan.type};
  if (!plan.options.empty()) argv.insert(argv.end(), {"-o", joined(plan.options, ",")});
  argv.insert(argv.end(), {"--", plan.device, data});
  const pid_t child =
      TRY(spawn(program, std::move(argv), {null.get(), null.get(), words.write.get()}, SpawnSession::ours));
  words.write.reset();
  constexpr std::size_t kMostWords = 2048;
  std::string text = read_to_end(words.read.get(), kMostWords);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (const int code = TRY(exit_code_of(child, program)); code != 0)
    return fault(plan.type + " \"" + plan.device + "\": mount(8) ended with " + std::to_string(code) +
                 (text.empty() ? "" : ": " + text));
  return {};
}

}  // namespace

Result<std::string> find_helper(const MountHelper& helper, const std::vector<std::string>& folders) {
  std::string path = find_program(helper.program, folders);
  if (!path.empty()) return path;
  return fault("type \"" + std::string(helper.type) + "\" needs the program \"" + helper.program +
               "\": install the package " + helper.packages);
}

Result<void> attach(const MountPlan& plan, const std::string& data) {
  switch (plan.kind) {
    case MountPlan::Kind::plain:
      return {};
    case MountPlan::Kind::bind:
      return attach_bind(plan, data);
    case MountPlan::Kind::filesystem:
      return attach_filesystem(plan, data);
    case MountPlan::Kind::helper:
      return attach_by_helper(plan, data);
  }
  return {};
}

Result<void> detach(const MountPlan& plan, const std::string& data) {
  constexpr int kMostStacked = 64;
  // A bind may have mounts of its own below, and takes nothing with it: the files are elsewhere. With others
  // the kernel is to say whether somebody is still at it.
  const int flags = UMOUNT_NOFOLLOW | (plan.kind == MountPlan::Kind::bind ? MNT_DETACH : 0);
  for (int i = 0; i < kMostStacked && TRY(is_mount_point(data)); ++i) {
    if (::umount2(data.c_str(), flags) == 0) continue;
    if (errno == EBUSY)
      return Error{EBUSY, "\"" + data + "\": a process of this machine still works in it (fuser -m tells)"};
    return os_error("\"" + data + "\"");
  }
  return {};
}

}  // namespace stack::volumes
