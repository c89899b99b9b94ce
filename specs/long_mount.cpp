// Binds, volumes, images and tmpfs in the long form.
#include <algorithm>
#include <span>

#include "specs/image_reference.h"
#include "specs/mounting.h"
#include "specs/scalars.h"
#include "specs/text.h"

namespace stack {
namespace {

using Type = Mount::Type;

// Within what it is of: not absolute, and not out of it again.
std::optional<std::string> subpath(const std::string& text) {
  const std::vector<std::string> parts = split(text, '/');
  const bool leaves = std::find(parts.begin(), parts.end(), "..") != parts.end();
  return text.empty() || text.starts_with('/') || leaves ? std::nullopt : std::optional(text);
}

struct MountReading {
  ServiceReading& r;
  Mount mount = {};
  const Node* bind = nullptr;
  const Node* image = nullptr;
  const Node* tmpfs = nullptr;
  const Node* volume = nullptr;
  const Node* source = nullptr;
  const Node* writable = nullptr;  // a read_only that says false
  std::string type = {};
};
using M = MountReading;

void read_selinux(M& m, const Node& n) {
  m.mount.selinux = m.r.reading.value(n, "bind.selinux", "z or Z", selinux_word).value_or("");
}

constexpr KeyRule<M> kBindKeys[] = {
    {"create_host_path",
     [](M& m, const Node& n) {
       m.mount.create_host_path = m.r.reading.truth(n, "bind.create_host_path").value_or(true);
     }},
    {"propagation",
     [](M& m, const Node& n) {
       m.mount.propagation =
           m.r.reading
               .value(n, "bind.propagation", "rprivate, private, rshared, shared, rslave or slave",
                      propagation_word)
               .value_or("");
     }},
    {"recursive",
     [](M& m, const Node& n) {
       const auto text = m.r.reading.text(n, "bind.recursive");
       if (text && *text == "disabled") {
         m.mount.recursive = false;
       } else if (text && *text == "writable") {
         m.r.reading.fault(n, FaultCode::not_yet, "bind.recursive \"writable\" is not supported yet",
                           "what is read-only is so with all that is mounted below");
       } else if (text && *text != "enabled" && *text != "readonly") {
         m.r.reading.wrong(n, "bind.recursive", "enabled, disabled or readonly");
       }
     }},
    {"selinux", read_selinux},
};

// What Compose itself makes of "data:/data:z".
constexpr KeyRule<M> kBindKeysOfVolume[] = {{"selinux", read_selinux}};

constexpr KeyRule<M> kVolumeKeys[] = {
    {"labels",
     [](M& m, const Node& n) {
       m.r.reading.fault(n, FaultCode::never_kept, "labels of a volume are not supported where it is mounted",
                         "they stand with the volume at the top level of the file");
     }},
    {"nocopy",
     [](M& m, const Node& n) { m.mount.nocopy = m.r.reading.truth(n, "volume.nocopy").value_or(false); }},
    {"subpath",
     [](M& m, const Node& n) {
       m.mount.subpath =
           m.r.reading.value(n, "volume.subpath", "a relative path without \"..\"", subpath).value_or("");
     }},
};

constexpr KeyRule<M> kImageKeys[] = {
    {"subpath",
     [](M& m, const Node& n) {
       m.mount.subpath =
           m.r.reading.value(n, "image.subpath", "a relative path without \"..\"", subpath).value_or("");
     }},
};

constexpr KeyRule<M> kTmpfsKeys[] = {
    {"mode",
     [](M& m, const Node& n) {
       m.mount.mode = permission_bits(m.r.reading, n, "tmpfs.mode", 07777).value_or(0);
     }},
    {"size",
     [](M& m, const Node& n) {
       m.mount.size =
           m.r.reading.value(n, "tmpfs.size", "a size such as \"64m\"", scalars::bytes).value_or(0);
     }},
};

constexpr KeyRule<M> kMountKeys[] = {
    {"bind", [](M& m, const Node& n) { m.bind = &n; }},
    {"consistency",
     [](M& m, const Node& n) {
       const auto word = m.r.reading.text(n, "consistency in volumes");
       if (!word || *word == "default") return;
       if (!is_consistency(*word))
         return m.r.reading.wrong(n, "consistency in volumes", "consistent, cached or delegated");
       warn_meaningless(m.r, n, *word);
     }},
    {"image", [](M& m, const Node& n) { m.image = &n; }},
    {"read_only",
     [](M& m, const Node& n) {
       m.mount.read_only = m.r.reading.truth(n, "read_only in volumes").value_or(false);
       m.writable = m.mount.read_only ? nullptr : &n;
     }},
    {"source",
     [](M& m, const Node& n) {
       m.source = &n;
       m.mount.source = m.r.reading.text(n, "source in volumes").value_or("");
     }},
    {"target",
     [](M& m, const Node& n) { m.mount.target = m.r.reading.text(n, "target in volumes").value_or(""); }},
    {"tmpfs", [](M& m, const Node& n) { m.tmpfs = &n; }},
    {"type", [](M& m, const Node& n) { m.type = m.r.reading.text(n, "type in volumes").value_or(""); }},
    {"volume", [](M& m, const Node& n) { m.volume = &n; }},
};

struct TypeRule {
  const char* name;
  Type type;
  const Node* M::*options;
  std::span<const KeyRule<M>> keys;
};
constexpr TypeRule kTypes[] = {
    {"bind", Type::bind, &M::bind, kBindKeys},
    {"image", Type::image, &M::image, kImageKeys},
    {"tmpfs", Type::tmpfs, &M::tmpfs, kTmpfsKeys},
    {"volume", Type::volume, &M::volume, kVolumeKeys},
};

const TypeRule* type_of(M& m, const Node& node) {
  Reading& reading = m.r.reading;
  const auto* rule = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const TypeRule& one) { return m.type == one.name; });
  if (rule != std::end(kTypes)) return rule;
  if (m.type.empty()) {
    reading.fault(node, FaultCode::missing_key, reading.of("volumes") + " needs a \"type\"",
                  "bind, volume, tmpfs or image");
  } else if (m.type == "npipe") {
    reading.fault(*node.find("type"), FaultCode::never_kept, "volumes of type \"npipe\" are of Windows");
  } else if (m.type == "cluster") {
    reading.fault(*node.find("type"), FaultCode::never_kept,
                  "volumes of type \"cluster\" are of Swarm, which is not here");
  } else {
    reading.wrong(*node.find("type"), "type in volumes", "bind, volume, tmpfs or image");
  }
  return nullptr;
}

void options_of(M& m, const TypeRule& rule) {
  for (const TypeRule& other : kTypes) {
    const Node* const options = m.*other.options;
    if (options == nullptr) continue;
    const std::string what = std::string(other.name) + " in volumes";
    const bool is_label = &other == &kTypes[0] && rule.type == Type::volume;
    if (&other != &rule && !is_label) {
      m.r.reading.fault(*options, FaultCode::conflicting_keys,
                        "options of another type than \"" + m.type + "\"");
    } else if (m.r.reading.is_map(*options, what)) {
      m.r.reading.keys<M>(*options, what,
                          is_label ? std::span<const KeyRule<M>>(kBindKeysOfVolume) : other.keys, m);
    }
  }
}

// False where the source does not fit the type.
bool source_of(M& m, const Node& node) {
  Reading& reading = m.r.reading;
  Mount& mount = m.mount;
  const Node& at = m.source == nullptr ? node : *m.source;
  if (mount.source.empty() && (mount.type == Type::bind || mount.type == Type::image)) {
    reading.fault(node, FaultCode::missing_key,
                  reading.of("volumes") + ": " + (mount.type == Type::bind ? "a bind" : "an image") +
                      " needs a \"source\"");
    return false;
  }
  if (mount.type == Type::bind) {
    mount.source = absolute_path(mount.source, m.r.around);
  } else if (mount.type == Type::tmpfs && !mount.source.empty()) {
    reading.fault(at, FaultCode::conflicting_keys, "a tmpfs has no source");
    return false;
  } else if (mount.type == Type::volume && !mount.source.empty()) {
    if (!name_volume(m.r, at, mount.source, mount)) return false;
    m.r.mark("volumes." + mount.source, at);
  } else if (mount.type == Type::image) {
    auto image = parse_image(mount.source, m.r.around.project_directory, m.r.around.home);
    if (!image) {
      reading.fault(at, FaultCode::invalid_value, reading.of("volumes") + ": " + image.error().words,
                    image_hint(mount.source));
      return false;
    }
    if (!is_stored(*image)) {
      reading.fault(at, FaultCode::invalid_value,
                    reading.of("volumes") + ": \"" + mount.source + "\" is not an image to be mounted",
                    "a folder of the host is of type bind");
      return false;
    }
    if (m.writable != nullptr)
      reading.fault(*m.writable, FaultCode::conflicting_keys, "an image is mounted read-only");
    mount.image = std::move(image).value();
    mount.source.clear();
    mount.read_only = true;
  }
  return true;
}

}  // namespace

void add_long_mount(ServiceReading& r, const Node& node) {
  M m{r};
  r.reading.keys<M>(node, "volumes", kMountKeys, m);
  const TypeRule* const rule = type_of(m, node);
  if (rule == nullptr) return;
  if (m.mount.target.empty())
    return r.reading.fault(node, FaultCode::missing_key, r.reading.of("volumes") + " needs a \"target\"");
  m.mount.type = rule->type;
  m.mount.create_host_path = rule->type == Type::bind;
  options_of(m, *rule);
  if (source_of(m, node)) add_mount(r, node, std::move(m.mount));
}

}  // namespace stack
