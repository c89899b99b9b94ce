#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "core/engine/host_skeleton.h"
#include "core/engine/pin_child.h"
#include "core/engine/prepare.h"
#include "core/sys/files.h"
#include "core/sys/syscalls.h"

namespace stack::engine {
namespace {

constexpr std::uint32_t kTtyGroup = 5;
constexpr int kSysAdmin = 21;
constexpr std::uint64_t kSharedMemory = 64U << 20;  // as in Docker

Result<void> make_owned(const std::string& path, mode_t mode, std::uint32_t owner) {
  if (::mkdir(path.c_str(), mode) != 0) {
    if (errno != EEXIST) return os_error("mkdir \"" + path + "\"");
    return {};
  }
  if (::chown(path.c_str(), owner, owner) != 0) return os_error("chown \"" + path + "\"");
  return {};
}

Result<void> write_owned(int folder, const char* name, const std::string& content, std::uint32_t owner) {
  const UniqueFd fd(::openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd) return os_error("write layer file \"" + std::string(name) + "\"");
  if (::write(fd.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::fchown(fd.get(), owner, owner) != 0 || ::fchmod(fd.get(), 0644) != 0)
    return os_error("write layer file \"" + std::string(name) + "\"");
  return {};
}

// The uppermost read-only layer: names and addresses as of this start.
Result<void> write_etc_layer(const ContainerLaunch& launch, std::uint32_t owner) {
  const std::string layer = launch.run_dir + "/names";
  TRY(make_owned(layer, 0755, owner));
  TRY(make_owned(layer + "/etc", 0755, owner));
  const UniqueFd etc = TRY(open_fd(layer + "/etc", O_PATH | O_DIRECTORY | O_NOFOLLOW));
  TRY(write_owned(etc.get(), "hosts", launch.hosts, owner));
  TRY(write_owned(etc.get(), "resolv.conf", launch.resolv_conf, owner));
  return write_owned(etc.get(), "hostname", launch.hostname + "\n", owner);
}

// What an earlier run wrote there would hide the addresses of this one.
Result<void> drop_stale_names(const std::string& upper) {
  const UniqueFd root(::open(upper.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root) return {};  // the first run: the child makes it
  const UniqueFd etc(openat2(root.get(), "etc", O_PATH | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
  if (!etc)
    return {};  // untouched so far, or made into something else by the container, whose own business that is
  for (const char* name : {"hosts", "resolv.conf", "hostname"})
    if (::unlinkat(etc.get(), name, 0) != 0 && errno != ENOENT && errno != EISDIR)
      return os_error("remove \"/etc/" + std::string(name) + "\" of an earlier run");
  return {};
}

Result<void> make_folders_of(const ContainerLaunch& launch, std::uint32_t owner) {
  TRY(make_folders(launch.run_dir, 0700));
  TRY(make_folders(launch.state_dir.substr(0, launch.state_dir.rfind('/')), 0700));
  TRY(make_owned(launch.run_dir + "/root", 0755, 0));
  // Through the link the options of the overlay stay short (fsconfig takes 255 bytes) and tell the container
  // nothing.
  TRY(make_owned(launch.run_dir + "/empty", 0555, 0));
  const std::string link = launch.run_dir + "/state";
  if (::symlink(launch.state_dir.c_str(), link.c_str()) != 0 && errno != EEXIST)
    return os_error("link \"" + link + "\"");
  TRY(drop_stale_names(launch.state_dir + "/upper"));
  return write_etc_layer(launch, owner);
}

// The folders that the image consists of, lowest first.
Result<std::vector<std::string>> image_folders(const ContainerLaunch& launch) {
  const ImageRef& image = launch.service->image;
  if (image.kind == ImageRef::Kind::host) return std::vector{TRY(host_skeleton())};
  if (image.kind == ImageRef::Kind::rootfs) return std::vector{image.path};
  if (launch.layers.empty()) return fault("image: it has no layers here");
  return launch.layers;
}

Result<void> make_places(const std::string& run_dir, int count) {
  for (int n = 0; n < count; ++n) TRY(make_owned(run_dir + "/" + std::to_string(n), 0755, 0));
  return {};
}

Result<void> bind_host_programs(std::vector<Attachment>& attachments) {
  for (const std::string& path : host_programs()) {
    TreeOptions options;
    options.read_only = true;
    Attachment bind;
    bind.tree = TRY(clone_tree(path, options).with("image host:"));
    bind.target = path;
    bind.step = "mount the host's programs at";
    attachments.push_back(std::move(bind));
  }
  return {};
}

// The container's own cgroup of each v1 hierarchy, at the place where it would find it as root of its cgroup
// namespace; the `whole` hierarchy for who has none of its own.
Result<std::vector<ControllerBind>> bind_controllers(const cgroup::Entry& entry, bool read_only, bool whole) {
  constexpr std::string_view kRoot = "/sys/fs/cgroup/";
  std::vector<ControllerBind> binds;
  for (const UniqueFd& tasks : entry.tasks) {
    std::array<char, PATH_MAX> buffer{};
    const std::string link = "/proc/self/fd/" + std::to_string(tasks.get());
    const ssize_t n = ::readlink(link.c_str(), buffer.data(), buffer.size());
    if (n < 0) return os_error("read link \"" + link + "\"");
    const std::string path(buffer.data(), static_cast<std::size_t>(n));
    if (!path.starts_with(kRoot)) continue;  // mounted elsewhere: the container does not see it
    const std::string name = path.substr(kRoot.size(), path.find('/', kRoot.size()) - kRoot.size());
    TreeOptions options;
    options.recursive = false;
    options.read_only = read_only;
    const std::string folder = whole ? std::string(kRoot) + name : path.substr(0, path.rfind('/'));
    binds.push_back({TRY(clone_tree(folder, options)), name});
  }
  return binds;
}

Result<UniqueFd> open_shared_memory(const ContainerLaunch& launch) {
  TreeOptions options;
  options.recursive = false;
  if (launch.ipc_ns.empty()) return clone_tree("/dev/shm", options);
  const std::string pinned = shared_memory_of(launch.ipc_ns);
  struct stat st {};
  if (::stat(pinned.c_str(), &st) != 0) return UniqueFd();
  return clone_tree(pinned, options);
}

// With the host's owners by number, seen from inside; one that is none of the container's is root's.
Result<std::vector<DeviceNode>> devices_of(const ServiceSpec& service, std::uint32_t base,
                                           std::uint32_t count) {
  std::vector<DeviceNode> nodes = TRY(device_nodes(service));
  for (DeviceNode& node : nodes) {
    node.uid = base + (node.uid < count ? node.uid : 0);
    node.gid = base + (node.gid < count ? node.gid : 0);
  }
  return nodes;
}

Result<UniqueFd> open_pin(const std::string& path) {
  if (path.empty()) return UniqueFd();
  return open_fd(path, O_RDONLY);
}

}  // namespace

std::vector<std::string> name_roots(const ServiceSpec& service, const std::string& state_dir,
                                    const std::vector<std::string>& layers) {
  std::vector<std::string> roots = {state_dir + "/upper"};
  if (service.image.kind == ImageRef::Kind::host) roots.emplace_back("/");
  if (service.image.kind == ImageRef::Kind::rootfs) roots.push_back(service.image.path);
  roots.insert(roots.end(), layers.rbegin(), layers.rend());
  return roots;
}

Result<RootPlan> prepare_root(const ContainerLaunch& launch, const UniqueFd& user_ns) {
  const ServiceSpec& service = *launch.service;
  RootPlan plan;
  plan.staging = launch.staging;
  plan.base_id = user_ns ? launch.ids.base : 0;
  plan.base = std::to_string(plan.base_id);
  plan.tty_group = std::to_string(plan.base_id + kTtyGroup);
  plan.run_dir = launch.run_dir;
  plan.state_dir = launch.state_dir;
  plan.working_dir = service.working_dir;
  plan.mount_label = launch.labels.mount;
  TRY(make_folders_of(launch, plan.base_id));
  int places = 0;
  plan.lower = TRY(prepare_layers("names", TRY(image_folders(launch)), user_ns, places));
  plan.net = TRY(open_pin(launch.net_ns));
  plan.ipc = TRY(open_pin(launch.ipc_ns));
  plan.uts = TRY(open_pin(launch.uts_ns));
  plan.shared_memory = TRY(open_shared_memory(launch));
  plan.shm_size = std::to_string(service.shm_size == 0 ? kSharedMemory : service.shm_size);
  plan.cgroup_v2 = launch.cgroup_version == cgroup::Version::v2;
  plan.host_cgroup = service.cgroup_host.value_or(false);
  if (!plan.cgroup_v2)
    plan.controllers = TRY(bind_controllers(launch.cgroup, !service.privileged, plan.host_cgroup));
  if (service.image.kind == ImageRef::Kind::host) TRY(bind_host_programs(plan.attachments));
  auto mounts = TRY(prepare_mounts(launch, plan.base_id, user_ns, places));
  for (Attachment& attachment : mounts) plan.attachments.push_back(std::move(attachment));
  auto files = TRY(prepare_files(launch, plan.base_id));
  for (Attachment& attachment : files) plan.attachments.push_back(std::move(attachment));
  TRY(make_places(launch.run_dir, places));
  plan.devices = TRY(devices_of(service, plan.base_id, user_ns.valid() ? launch.ids.count : ~0U));
  plan.sysctls = TRY(prepare_sysctls(service, plan.net.valid(), plan.ipc.valid()));
  plan.privileged = service.privileged;
  plan.mask_paths = service.security.mask_paths && !service.privileged;
  plan.read_only = service.read_only;
  plan.may_mount = user_ns.valid() && ((launch.capabilities.bounding >> kSysAdmin) & 1) != 0;
  return plan;
}

Result<void> renew_hosts(const std::string& run_dir, const std::string& content) {
  const std::string path = run_dir + "/names/etc/hosts";
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno == ENOENT) return {};
  if (!fd) return os_error("open \"" + path + "\"");
  TRY(write_all(fd.get(), content, path));
  if (::ftruncate(fd.get(), static_cast<off_t>(content.size())) != 0) return os_error("cut \"" + path + "\"");
  return {};
}

Result<void> remove_container_files(const std::string& run_dir, const std::string& state_dir) {
  TRY(remove_tree(run_dir));
  if (state_dir.empty()) return {};
  return remove_tree(state_dir);
}

}  // namespace stack::engine
