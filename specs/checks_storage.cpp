// What services take from elsewhere: images, volumes, configs and secrets.
#include <algorithm>

#include "specs/checks.h"
#include "specs/image_reference.h"

namespace stack {
namespace {

struct Place {
  const Draft& draft;
  const ServiceSpec& service;
  Diagnostics& diagnostics;

  [[nodiscard]] Mark of(const std::string& key) const { return place_of(draft.services, service.name, key); }
  [[nodiscard]] std::string name() const { return "service \"" + service.name + "\""; }
};

void check_image(const Place& at) {
  const ServiceSpec& service = at.service;
  if (service.pull_policy.kind == PullPolicy::Kind::build && !service.build) {
    error(at.diagnostics, at.of("pull_policy"), FaultCode::conflicting_keys,
          "pull_policy \"build\" of " + at.name() + " needs a \"build\"");
  }
  if (!service.build) return;
  const bool has_name =
      service.image.kind == ImageRef::Kind::registry && service.image.name.find('@') == std::string::npos;
  if (!has_name && service.positions.contains("image")) {
    error(at.diagnostics, at.of("image"), FaultCode::conflicting_keys,
          "image of " + at.name() + " cannot be built: \"" + short_name(service.image) + "\"",
          "what is built is called by a name such as \"shop/web:2\"");
  }
  const auto& platforms = service.build->platforms;
  const bool is_other = !service.platform.empty() && !platforms.empty() &&
                        std::find(platforms.begin(), platforms.end(), service.platform) == platforms.end();
  if (is_other) {
    error(at.diagnostics, at.of("build.platforms"), FaultCode::conflicting_keys,
          "build.platforms of " + at.name() + " has not its platform \"" + service.platform + "\"");
  }
  for (const std::string& key : service.build->secrets) {
    if (at.draft.spec.secrets.contains(key)) continue;
    error(at.diagnostics, at.of("build.secrets." + key), FaultCode::undefined_secret,
          "build of " + at.name() + " refers to undefined secret \"" + key + "\"",
          did_you_mean(key, names_of(at.draft.spec.secrets)));
  }
}

// A key of the file becomes the volume's name.
void name_volumes(const Place& at, ServiceSpec& service) {
  for (Mount& mount : service.mounts) {
    if (mount.type != Mount::Type::volume || mount.source.empty()) continue;
    const auto volume = at.draft.spec.volumes.find(mount.source);
    if (volume != at.draft.spec.volumes.end()) {
      mount.source = volume->second.name;
      continue;
    }
    std::string hint = did_you_mean(mount.source, names_of(at.draft.spec.volumes));
    if (hint.empty())
      hint = "\"volumes: {" + mount.source + ": }\" at the top level makes it; \"./" + mount.source +
             "\" is a folder";
    error(at.diagnostics, at.of("volumes." + mount.source), FaultCode::undefined_volume,
          at.name() + " refers to undefined volume \"" + mount.source + "\"", std::move(hint));
  }
}

void check_files(const Place& at, const char* what, const std::vector<FileMount>& files,
                 const std::map<std::string, FileSource>& sources) {
  const FaultCode undefined =
      what == std::string_view("secret") ? FaultCode::undefined_secret : FaultCode::undefined_config;
  for (const FileMount& file : files) {
    if (sources.contains(file.source)) continue;
    error(at.diagnostics, at.of(std::string(what) + "s." + file.target), undefined,
          at.name() + " refers to undefined " + what + " \"" + file.source + "\"",
          did_you_mean(file.source, names_of(sources)));
  }
}

// Volumes, tmpfs, configs and secrets of a service share one tree.
void check_targets(const Place& at) {
  std::map<std::string, Mark> taken;
  for (const Mount& mount : at.service.mounts) taken[mount.target] = at.of("mounts." + mount.target);
  for (const auto& [key, files] :
       {std::pair("configs", &at.service.configs), std::pair("secrets", &at.service.secrets)}) {
    for (const FileMount& file : *files) {
      const Mark mark = at.of(std::string(key) + "." + file.target);
      const auto [other, fresh] = taken.try_emplace(file.target, mark);
      if (fresh) continue;
      error(at.diagnostics, mark, FaultCode::target_conflict,
            "two mounts on \"" + file.target + "\" in " + at.name(),
            "the other is on line " + std::to_string(other->second.pos.line));
    }
  }
}

void check_volumes_from(const Place& at) {
  for (const VolumesFrom& from : at.service.volumes_from) {
    const Mark mark = at.of("volumes_from." + from.service);
    if (from.service == at.service.name) {
      error(at.diagnostics, mark, FaultCode::self_reference,
            "volumes_from of " + at.name() + " names the service itself");
    } else if (!at.draft.spec.services.contains(from.service)) {
      Absence absence = why_absent(at.draft.spec, from.service);
      error(at.diagnostics, mark, absence.code, "volumes_from of " + at.name() + " names " + absence.words,
            std::move(absence.hint));
    }
  }
}

// /dev/shm is of the IPC namespace's owner.
void check_shm_size(const Place& at, ServiceSpec& service) {
  using Kind = NamespaceMode::Kind;
  if (service.shm_size == 0 || (service.ipc.kind != Kind::host && service.ipc.kind != Kind::service)) return;
  const Mark mark = at.of("shm_size");
  const std::string owner =
      service.ipc.kind == Kind::host ? "the host" : "service \"" + service.ipc.name + "\"";
  at.diagnostics.warning(mark, FaultCode::no_effect,
                         "shm_size of " + at.name() + " has no effect: ipc is that of " + owner);
  service.shm_size = 0;
}

void check_volume_names(const Draft& draft, Diagnostics& diagnostics) {
  std::map<std::string, std::string> owners;
  for (const auto& [key, volume] : draft.spec.volumes) {
    const auto [owner, fresh] = owners.try_emplace(volume.name, key);
    if (fresh) continue;
    error(diagnostics, place_of(draft.volumes, key, "name"), FaultCode::name_conflict,
          "volume \"" + key + "\" has the name \"" + volume.name + "\" of volume \"" + owner->second + "\"");
  }
}

}  // namespace

void check_storage(Draft& draft, Diagnostics& diagnostics) {
  for (auto& [name, service] : draft.spec.services) {
    const Place at{draft, service, diagnostics};
    check_image(at);
    name_volumes(at, service);
    check_files(at, "config", service.configs, draft.spec.configs);
    check_files(at, "secret", service.secrets, draft.spec.secrets);
    check_targets(at);
    check_volumes_from(at);
    check_shm_size(at, service);
  }
  check_volume_names(draft, diagnostics);
}

}  // namespace stack
