// Images, builds, mounts, volumes, configs and secrets in the words of the Compose Specification.
#include <cstdio>

#include "specs/canonical_tree.h"
#include "specs/image_reference.h"

namespace stack::canonical {
namespace {

using Type = Mount::Type;

std::string octal(std::uint32_t bits) {
  char text[24];
  std::snprintf(text, sizeof text, "0%o", bits);
  return text;
}

std::string age(Nanoseconds value) {
  struct Unit {
    const char* name;
    std::int64_t seconds;
  };
  constexpr Unit kUnits[] = {{"w", 604'800}, {"d", 86'400}, {"h", 3'600}, {"m", 60}, {"s", 1}};
  std::int64_t left = std::chrono::duration_cast<std::chrono::seconds>(value).count();
  std::string text;
  for (const Unit& unit : kUnits) {
    if (left >= unit.seconds) text += std::to_string(left / unit.seconds) + unit.name;
    left %= unit.seconds;
  }
  return text;
}

std::string pull_policy(const PullPolicy& policy) {
  switch (policy.kind) {
    case PullPolicy::Kind::missing:
      return "";
    case PullPolicy::Kind::always:
      return "always";
    case PullPolicy::Kind::never:
      return "never";
    case PullPolicy::Kind::build:
      return "build";
    case PullPolicy::Kind::every:
      return "every_" + age(policy.age);
  }
  return "";
}

Tree build(const BuildSpec& spec) {
  Tree tree = {{"context", escaped(spec.context)}};
  put(tree, "dockerfile", escaped(spec.dockerfile));
  put(tree, "dockerfile_inline", escaped(spec.dockerfile_inline));
  put(tree, "args", map_of(spec.args));
  put(tree, "target", escaped(spec.target));
  put(tree, "labels", map_of(spec.labels));
  put(tree, "secrets", list_of(spec.secrets));
  put(tree, "ssh", list_of(spec.ssh));
  put(tree, "cache_from", list_of(spec.cache_from));
  put(tree, "cache_to", list_of(spec.cache_to));
  put(tree, "platforms", list_of(spec.platforms));
  put(tree, "tags", list_of(spec.tags));
  put(tree, "additional_contexts", map_of(spec.additional_contexts));
  put(tree, "extra_hosts", hosts_of(spec.extra_hosts));
  put(tree, "network", spec.network);
  if (spec.no_cache) tree["no_cache"] = true;
  if (spec.pull) tree["pull"] = true;
  if (spec.shm_size != 0) tree["shm_size"] = std::to_string(spec.shm_size);
  put(tree, "ulimits", limits_of(spec.ulimits));
  return tree;
}

Tree bind_options(const Mount& mount) {
  Tree bind = Tree::object();
  if (mount.type == Type::bind) bind["create_host_path"] = mount.create_host_path;
  put(bind, "propagation", mount.propagation);
  put(bind, "selinux", mount.selinux);
  if (!mount.recursive) bind["recursive"] = "disabled";
  return bind;
}

Tree volume_options(const Mount& mount) {
  Tree volume = Tree::object();
  if (mount.nocopy) volume["nocopy"] = true;
  put(volume, "subpath", escaped(mount.subpath));
  return volume;
}

Tree tmpfs_options(const Mount& mount) {
  Tree tmpfs = Tree::object();
  if (mount.size != 0) tmpfs["size"] = std::to_string(mount.size);
  if (mount.mode != 0) tmpfs["mode"] = octal(mount.mode);
  return tmpfs;
}

// The file's word for a volume.
std::string key_of(const std::string& name, const std::map<std::string, VolumeSpec>& volumes) {
  for (const auto& [key, volume] : volumes) {
    if (volume.name == name) return key;
  }
  return name;
}

Tree mount_tree(const Mount& mount, const std::map<std::string, VolumeSpec>& volumes) {
  Tree one = Tree::object();
  switch (mount.type) {
    case Type::bind:
      one = {{"type", "bind"}, {"source", escaped(mount.source)}};
      break;
    case Type::volume:
      one["type"] = "volume";
      put(one, "source", key_of(mount.source, volumes));
      break;
    case Type::image:
      one = {{"type", "image"}, {"source", escaped(short_name(mount.image))}};
      break;
    case Type::tmpfs:
      one["type"] = "tmpfs";
      break;
  }
  one["target"] = escaped(mount.target);
  if (mount.read_only) one["read_only"] = true;
  put(one, "bind", bind_options(mount));
  if (mount.type == Type::volume) put(one, "volume", volume_options(mount));
  if (mount.type == Type::tmpfs) put(one, "tmpfs", tmpfs_options(mount));
  if (mount.type == Type::image && !mount.subpath.empty())
    one["image"] = {{"subpath", escaped(mount.subpath)}};
  return one;
}

// The short form alone can carry mount options.
bool is_short_tmpfs(const Mount& mount) {
  return mount.type == Type::tmpfs && !mount.options.empty();
}

std::string short_tmpfs(const Mount& mount) {
  std::string text = escaped(mount.target) + ":";
  for (const std::string& option : mount.options) text += option + ",";
  if (mount.read_only) text += "ro,";
  if (mount.size != 0) text += "size=" + std::to_string(mount.size) + ",";
  if (mount.mode != 0) text += "mode=" + octal(mount.mode) + ",";
  text.pop_back();
  return text;
}

Tree file_mounts(const std::vector<FileMount>& files) {
  Tree all = Tree::array();
  for (const FileMount& file : files) {
    Tree one = {{"source", escaped(file.source)}, {"target", escaped(file.target)}};
    if (file.uid != 0) one["uid"] = std::to_string(file.uid);
    if (file.gid != 0) one["gid"] = std::to_string(file.gid);
    one["mode"] = octal(file.mode);
    all.push_back(std::move(one));
  }
  return all;
}

Tree volume_tree(const VolumeSpec& volume) {
  Tree tree = {{"name", escaped(volume.name)}};
  if (volume.external) tree["external"] = true;
  put(tree, "driver_opts", map_of(volume.driver_opts));
  put(tree, "labels", map_of(volume.labels));
  return tree;
}

Tree config_tree(const FileSource& source) {
  Tree tree = {{"name", escaped(source.name)}};
  if (source.external) tree["external"] = true;
  put(tree, "file", escaped(source.file));
  put(tree, "environment", escaped(source.environment));
  if (source.content) tree["content"] = escaped(*source.content);
  put(tree, "labels", map_of(source.labels));
  return tree;
}

// Only where it comes from, whatever the model may have in it.
Tree secret_tree(FileSource source) {
  source.content.reset();
  return config_tree(source);
}

}  // namespace

void put_image(Tree& tree, const ServiceSpec& service) {
  tree["image"] = escaped(short_name(service.image));
  put(tree, "pull_policy", pull_policy(service.pull_policy));
  put(tree, "platform", service.platform);
  if (service.build) tree["build"] = build(*service.build);
}

void put_mounts(Tree& tree, const ServiceSpec& service, const std::map<std::string, VolumeSpec>& volumes) {
  Tree mounts = Tree::array();
  Tree tmpfs = Tree::array();
  for (const Mount& mount : service.mounts) {
    if (is_short_tmpfs(mount)) {
      tmpfs.push_back(short_tmpfs(mount));
    } else {
      mounts.push_back(mount_tree(mount, volumes));
    }
  }
  put(tree, "volumes", std::move(mounts));
  put(tree, "tmpfs", std::move(tmpfs));
  Tree from = Tree::array();
  for (const VolumesFrom& one : service.volumes_from)
    from.push_back(one.service + (one.read_only ? ":ro" : ":rw"));
  put(tree, "volumes_from", std::move(from));
  put(tree, "configs", file_mounts(service.configs));
  put(tree, "secrets", file_mounts(service.secrets));
  if (service.shm_size != 0) tree["shm_size"] = std::to_string(service.shm_size);
}

void put_storage(Tree& tree, const StackSpec& spec) {
  Tree volumes = Tree::object();
  for (const auto& [key, volume] : spec.volumes) volumes[key] = volume_tree(volume);
  Tree configs = Tree::object();
  for (const auto& [key, config] : spec.configs) configs[key] = config_tree(config);
  Tree secrets = Tree::object();
  for (const auto& [key, secret] : spec.secrets) secrets[key] = secret_tree(secret);
  put(tree, "volumes", std::move(volumes));
  put(tree, "configs", std::move(configs));
  put(tree, "secrets", std::move(secrets));
}

}  // namespace stack::canonical
