// Configs and secrets, the volumes of another service, and the size of shared memory.
#include <algorithm>
#include <charconv>

#include "specs/mounting.h"
#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

struct FileKind {
  const char* key;     // of the service
  const char* folder;  // what a relative target is in
  std::vector<FileMount> ServiceSpec::*all;
};
constexpr FileKind kConfigs{"configs", "/", &ServiceSpec::configs};
constexpr FileKind kSecrets{"secrets", "/run/secrets/", &ServiceSpec::secrets};

struct FileReading {
  R& r;
  const FileKind& kind;
  FileMount mount = {};
  const Node* target = nullptr;
  [[nodiscard]] std::string what(const char* part) const { return std::string(part) + " in " + kind.key; }
};
using F = FileReading;

// Of the container: its passwd is not known here.
std::optional<std::uint32_t> id(const std::string& text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool good = error == std::errc() && end == text.data() + text.size() && value != UINT32_MAX;
  return good ? std::optional(value) : std::nullopt;
}

constexpr KeyRule<F> kFileKeys[] = {
    {"gid",
     [](F& f, const Node& n) {
       f.mount.gid = f.r.reading.value(n, f.what("gid"), "a number", id).value_or(0);
     }},
    {"mode",
     [](F& f, const Node& n) {
       // The files are read-only, so no bit of writing means anything (Compose Specification, configs).
       f.mount.mode = permission_bits(f.r.reading, n, f.what("mode"), 0777).value_or(0444) & ~0222U;
     }},
    {"source",
     [](F& f, const Node& n) { f.mount.source = f.r.reading.text(n, f.what("source")).value_or(""); }},
    {"target",
     [](F& f, const Node& n) {
       f.target = &n;
       f.mount.target = f.r.reading.text(n, f.what("target")).value_or("");
     }},
    {"uid",
     [](F& f, const Node& n) {
       f.mount.uid = f.r.reading.value(n, f.what("uid"), "a number", id).value_or(0);
     }},
};

// Two of one target are a mistake; where a later file means to replace one, it has done so (merge.h).
void add(F& f, const Node& node) {
  R& r = f.r;
  FileMount& mount = f.mount;
  if (mount.target.empty()) mount.target = mount.source;
  if (!mount.target.starts_with('/')) mount.target = f.kind.folder + mount.target;
  mount.target = tidy_target(mount.target);
  if (mount.target == "/" || mount.target + "/" == f.kind.folder)
    return r.reading.fault(
        f.target == nullptr ? node : *f.target, FaultCode::invalid_value,
        "the target of \"" + mount.source + "\" in " + r.reading.of(f.kind.key) + " is no file");
  auto& all = r.spec.*f.kind.all;
  const std::string key = std::string(f.kind.key) + "." + mount.target;
  const auto at = std::lower_bound(all.begin(), all.end(), mount.target,
                                   [](const FileMount& m, const std::string& t) { return m.target < t; });
  const bool is_there = at != all.end() && at->target == mount.target;
  if (is_there) {
    return r.reading.fault(
        node, FaultCode::target_conflict,
        "two " + std::string(f.kind.key) + " on \"" + mount.target + "\" in " + r.reading.owner(),
        "the other is on line " + std::to_string(r.marks[key].pos.line));
  }
  r.mark(key, node);
  all.insert(at, std::move(mount));
}

void files(R& r, const Node& node, const FileKind& kind) {
  if (!r.reading.is_list(node, kind.key)) return;
  for (const Node& item : node.items) {
    F f{r, kind};
    if (item.is_map()) {
      r.reading.keys<F>(item, kind.key, kFileKeys, f);
      if (f.mount.source.empty())
        r.reading.fault(item, FaultCode::missing_key, r.reading.of(kind.key) + " needs a \"source\"");
    } else {
      f.mount.source = r.reading.text(item, std::string("each item in ") + kind.key).value_or("");
    }
    if (!f.mount.source.empty()) add(f, item);
  }
}

}  // namespace

void configs(R& r, const Node& node) {
  files(r, node, kConfigs);
}
void secrets(R& r, const Node& node) {
  files(r, node, kSecrets);
}

// SERVICE[:ro|:rw]
void volumes_from(R& r, const Node& node) {
  if (!r.reading.is_list(node, "volumes_from")) return;
  for (const Node& item : node.items) {
    const auto text = r.reading.text(item, "each item in volumes_from");
    if (!text) continue;
    if (text->starts_with("container:")) {
      r.reading.fault(item, FaultCode::not_yet, "volumes_from \"container:\" is not supported yet",
                      "a service of the file is said by its name");
      continue;
    }
    const auto colon = text->rfind(':');
    const std::string access = colon == std::string::npos ? "rw" : text->substr(colon + 1);
    const std::string name = text->substr(0, colon);
    if (name.empty() || (access != "ro" && access != "rw")) {
      r.reading.wrong(item, "volumes_from", "SERVICE, SERVICE:ro or SERVICE:rw");
      continue;
    }
    r.mark("volumes_from." + name, item);
    auto& all = r.spec.volumes_from;
    std::erase_if(all, [&](const VolumesFrom& other) { return other.service == name; });
    all.push_back({name, access == "ro"});
  }
}

void shm_size(R& r, const Node& node) {
  r.spec.shm_size = r.reading.value(node, "shm_size", "a size such as \"64m\"", scalars::bytes).value_or(0);
}

}  // namespace stack::service_keys
