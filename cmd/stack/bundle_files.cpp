#include "cmd/stack/bundle_files.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>

#include "specs/service.h"
#include "specs/source_files.h"

namespace stack::cmd {
namespace {

namespace fs = std::filesystem;
using Kind = StackFile::Kind;

bool is_below(const std::string& path, const std::string& folder) {
  return path.starts_with(folder.ends_with('/') ? folder : folder + "/");
}

std::string relative_to(const std::string& path, const std::string& folder) {
  return fs::path(path).lexically_relative(folder).string();
}

// The folder below which everything is that is named from the project's folder.
std::string common_root(const StackFiles& files) {
  std::string root = files.directory;
  for (const StackFile& file : files.files)
    while (file.relative && !is_below(file.path, root) && file.path != root && root != "/")
      root = fs::path(root).parent_path().string();
  return root;
}

class Packing {
 public:
  Packing(const StackSpec& spec, const StackFiles& files, SecretFiles secrets)
      : spec_(spec), files_(files), secrets_(secrets) {
    packed_.root = common_root(files);
    for (const auto& [name, service] : spec.services) {
      for (const FileMount& mount : service.configs) used_.insert("config \"" + mount.source + "\"");
      for (const FileMount& mount : service.secrets) used_.insert("secret \"" + mount.source + "\"");
    }
  }

  Result<PackedFiles> run() {
    BundleManifest& manifest = packed_.contents.manifest;
    manifest.project = spec_.name;
    manifest.directory = relative_to(files_.directory, packed_.root);
    for (const StackFile& file : files_.files) TRY(add(file));
    for (auto& [path, content] : texts_) packed_.contents.files.push_back({path, std::move(content)});
    warn_of_sources("config", spec_.configs);
    warn_of_sources("secret", spec_.secrets);
    warn_of_folders();
    warn_of_inactive();
    for (const std::string& name : files_.unbound)
      warn("the value of the variable \"" + name +
           "\" is this shell's and not in the bundle: set it there too, or in an env file here");
    return std::move(packed_);
  }

 private:
  Result<void> add(const StackFile& file) {
    BundleManifest& manifest = packed_.contents.manifest;
    switch (file.kind) {
      case Kind::stack:
        manifest.files.push_back(TRY(put_anywhere(file.path)));
        return {};
      case Kind::variables:
        manifest.env_files.push_back(TRY(put_anywhere(file.path)));
        return {};
      case Kind::named:
        return add_by_name(file);
      case Kind::secret:
        if (secrets_ == SecretFiles::leave) return leave_secret(file);
        return add_named(file);
      case Kind::env_file:
      case Kind::config:
      case Kind::seccomp:
        return add_named(file);
      case Kind::bind:
      case Kind::image:
        return {};
    }
    return {};
  }

  // Without it there is no stack there: what it says and what it names is nowhere else.
  Result<void> add_by_name(const StackFile& file) {
    if (!file.relative)
      return fault(file.owner + ": \"" + file.path +
                   "\" has an absolute path and cannot be in a bundle: name it by a relative path");
    const auto text = read_source(file.path);
    if (!text) return os_error(file.owner + ": read \"" + file.path + "\"");
    return put(relative_to(file.path, packed_.root), file.path, *text);
  }

  Result<void> add_named(const StackFile& file) {
    const bool mounted = file.kind == Kind::config || file.kind == Kind::secret;
    if (mounted && !used_.contains(file.owner)) return {};
    if (!file.relative) {
      warn(file.owner + ": \"" + file.path +
           "\" has an absolute path and is not in the bundle: it must be there too, or be named by a "
           "relative path");
      return {};
    }
    const auto text = read_source(file.path);
    const bool required = file.required && !is_of_inactive(file.owner);
    if (!text && errno == ENOENT && !required) return {};
    if (!text) return os_error(file.owner + ": read \"" + file.path + "\"");
    return put(relative_to(file.path, packed_.root), file.path, *text);
  }

  // What the command line names may be anywhere; nothing is relative to it.
  Result<std::string> put_anywhere(const std::string& path) {
    const auto text = read_source(path);
    if (!text) return os_error("read \"" + path + "\"");
    std::string place = path != "-" && is_below(path, packed_.root)
                            ? relative_to(path, packed_.root)
                            : ".elsewhere/" + std::to_string(elsewhere_++) + "-" +
                                  (path == "-" ? "stdin.yaml" : fs::path(path).filename().string());
    TRY(put(place, path, *text));
    return place;
  }

  Result<void> put(const std::string& place, const std::string& path, const std::string& text) {
    if (text.size() > kLargestStackFile)
      return fault("\"" + path + "\" is larger than " + std::to_string(kLargestStackFile >> 20U) + " MiB");
    texts_[place] = text;
    return {};
  }

  Result<void> leave_secret(const StackFile& file) {
    if (used_.contains(file.owner))
      warn(file.owner + ": \"" + file.path + "\" is not in the bundle (--include-secrets packs it): put it " +
           (file.relative ? "at \"" + there(file.path) + "\" of" : "there too on") + " the other machine");
    return {};
  }

  // Where it would be on the other machine, if that calls the stack as we do.
  [[nodiscard]] std::string there(const std::string& path) const {
    return std::string(kBundles) + "/" + spec_.name + "/stack/" + relative_to(path, packed_.root);
  }

  void warn_of_sources(const std::string& word, const std::map<std::string, FileSource>& sources) {
    for (const auto& [key, source] : sources) {
      const std::string owner = word + " \"" + key + "\"";
      if (source.external && used_.contains(owner))
        warn(owner + " is external: it must be on the other machine");
    }
  }

  void warn_of_folders() {
    std::set<std::string> relative;
    for (const StackFile& file : files_.files)
      if (file.relative) relative.insert(file.path);
    const auto tell = [&](const std::string& owner, const std::string& what, const std::string& path) {
      warn(owner + ": " + what + " \"" + path + "\" is not in the bundle: the other machine needs its own" +
           (relative.contains(path) ? ", at \"" + there(path) + "\"" : ""));
    };
    for (const auto& [name, service] : spec_.services) {
      const std::string owner = "service \"" + name + "\"";
      if (service.image.kind == ImageRef::Kind::rootfs) tell(owner, "the rootfs", service.image.path);
      for (const Mount& mount : service.mounts)
        if (mount.type == Mount::Type::bind) tell(owner, "the bind of", mount.source);
    }
  }

  // Their files go along, as far as they are here; their images do not.
  void warn_of_inactive() {
    for (const auto& [name, profiles] : spec_.inactive)
      warn("service \"" + name + "\": no active profile takes it in, and its image is not in the bundle" +
           (profiles.empty() ? "" : ": --profile " + profiles.front() + " packs it"));
  }

  [[nodiscard]] bool is_of_inactive(const std::string& owner) const {
    return std::any_of(spec_.inactive.begin(), spec_.inactive.end(),
                       [&](const auto& one) { return owner == "service \"" + one.first + "\""; });
  }

  void warn(std::string words) { packed_.warnings.push_back(std::move(words)); }

  const StackSpec& spec_;
  const StackFiles& files_;
  SecretFiles secrets_;
  std::set<std::string> used_;                // owners of configs and secrets that a service mounts
  std::map<std::string, std::string> texts_;  // by place
  std::size_t elsewhere_ = 0;
  PackedFiles packed_;
};

}  // namespace

Result<PackedFiles> pack_files(const StackSpec& spec, const StackFiles& files, SecretFiles secrets) {
  return Packing(spec, files, secrets).run();
}

std::string place_of_image(const ImageRef& image, const StackFiles& files, const std::string& root) {
  for (const StackFile& file : files.files)
    if (file.kind == Kind::image && file.relative && file.path == image.path)
      return relative_to(file.path, root);
  return "";
}

}  // namespace stack::cmd
