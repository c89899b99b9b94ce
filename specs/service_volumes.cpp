// Binds and tmpfs, in the short and the long form.
#include <algorithm>
#include <array>
#include <limits>

#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

constexpr std::array<std::string_view, 6> kPropagations = {"rprivate", "private", "rshared",
                                                           "shared",   "rslave",  "slave"};

bool is_propagation(std::string_view word) {
  return std::find(kPropagations.begin(), kPropagations.end(), word) != kPropagations.end();
}

std::optional<std::string> propagation(const std::string& text) {
  return is_propagation(text) ? std::optional(text) : std::nullopt;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// "/data/" and "/data/." are the same place.
std::string tidy(const std::string& target) {
  std::string path = absolute_path(target, {});
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// A later file's mount replaces the earlier one of the same target; within a file that is a mistake.
void add(R& r, const Node& node, Mount mount) {
  if (!mount.target.starts_with('/')) {
    return r.reading.fault(
        node, r.reading.of("volumes") + ": target \"" + mount.target + "\" is not an absolute path");
  }
  mount.target = tidy(mount.target);
  if (mount.target == "/")
    return r.reading.fault(node, r.reading.of("volumes") + ": nothing can be mounted on \"/\"");
  const std::string key = "mounts." + mount.target;
  auto& all = r.spec.mounts;
  const auto at = std::lower_bound(all.begin(), all.end(), mount.target,
                                   [](const Mount& m, const std::string& t) { return m.target < t; });
  if (at != all.end() && at->target == mount.target) {
    const Mark& before = r.marks[key];
    if (before.pos.file == node.pos.file) {
      return r.reading.fault(node, "two mounts on \"" + mount.target + "\" in " + r.reading.owner(),
                             "the other is on line " + std::to_string(before.pos.line));
    }
    *at = std::move(mount);
  } else {
    all.insert(at, std::move(mount));
  }
  r.mark(key, node);
}

bool is_path(const std::string& source) {
  return source.starts_with('/') || source.starts_with('.') || source.starts_with('~');
}

bool bind_option(R& r, const Node& node, const std::string& word, Mount& mount) {
  if (word == "ro" || word == "rw") {
    mount.read_only = word == "ro";
  } else if (is_propagation(word)) {
    mount.propagation = word;
  } else if (word == "rbind" || word == "bind") {
    mount.recursive = word == "rbind";
  } else if (word == "z" || word == "Z" || word == "nocopy" || word == "cached" || word == "delegated" ||
             word == "consistent") {
    r.reading.fault(node, "option \"" + word + "\" of a volume is not supported yet");
    return false;
  } else {
    const std::string meant =
        nearest(word, {"rprivate", "private", "rshared", "shared", "rslave", "slave", "ro", "rw"});
    r.reading.fault(node, "unknown option \"" + word + "\" of a volume of " + r.reading.owner(),
                    meant.empty() ? "" : "did you mean \"" + meant + "\"?");
    return false;
  }
  return true;
}

void short_form(R& r, const Node& node) {
  const auto text = r.reading.text(node, "each item in volumes");
  if (!text) return;
  const std::vector<std::string> parts = split(*text, ':');
  if (parts.size() == 1)
    return r.reading.fault(node, "volumes without a source are not supported yet",
                           "\"tmpfs: " + *text + "\" is empty memory");
  if (parts.size() > 3) return r.reading.wrong(node, "volumes", "SOURCE:TARGET[:OPTIONS]");
  if (parts[0].empty())
    return r.reading.fault(node,
                           r.reading.of("volumes") + ": the source before \":" + parts[1] + "\" is empty");
  if (!is_path(parts[0])) {
    return r.reading.fault(node, "named volumes are not supported yet",
                           "a folder of the project is \"./" + parts[0] + "\"");
  }
  Mount mount;
  mount.source = absolute_path(parts[0], r.around);
  mount.target = parts[1];
  mount.create_host_path = true;
  if (parts.size() == 3) {
    for (const std::string& word : split(parts[2], ',')) {
      if (!bind_option(r, node, word, mount)) return;
    }
  }
  add(r, node, std::move(mount));
}

struct MountReading {
  R& r;
  Mount mount = {};
  const Node* bind = nullptr;
  const Node* tmpfs = nullptr;
  std::string type = {};
};

constexpr KeyRule<MountReading> kBindKeys[] = {
    {"create_host_path",
     [](MountReading& m, const Node& n) {
       m.mount.create_host_path = m.r.reading.truth(n, "bind.create_host_path").value_or(false);
     }},
    {"propagation",
     [](MountReading& m, const Node& n) {
       m.mount.propagation = m.r.reading
                                 .value(n, "bind.propagation",
                                        "rprivate, private, rshared, shared, rslave or slave", propagation)
                                 .value_or("");
     }},
    {"recursive",
     [](MountReading& m, const Node& n) {
       const auto text = m.r.reading.text(n, "bind.recursive");
       if (text && *text == "disabled") {
         m.mount.recursive = false;
       } else if (text && (*text == "writable" || *text == "readonly")) {
         m.r.reading.fault(n, "bind.recursive \"" + *text + "\" is not supported yet");
       } else if (text && *text != "enabled") {
         m.r.reading.wrong(n, "bind.recursive", "enabled or disabled");
       }
     }},
    {"selinux", nullptr},
};

constexpr KeyRule<MountReading> kTmpfsKeys[] = {
    {"mode",
     [](MountReading& m, const Node& n) {
       m.mount.mode = static_cast<std::uint32_t>(m.r.reading.integer(n, "tmpfs.mode", 0, 07777).value_or(0));
     }},
    {"size",
     [](MountReading& m, const Node& n) {
       m.mount.size =
           m.r.reading.value(n, "tmpfs.size", "a size such as \"64m\"", scalars::bytes).value_or(0);
     }},
};

constexpr KeyRule<MountReading> kMountKeys[] = {
    {"bind", [](MountReading& m, const Node& n) { m.bind = &n; }},
    {"consistency", nullptr},
    {"image", nullptr},
    {"read_only",
     [](MountReading& m, const Node& n) {
       m.mount.read_only = m.r.reading.truth(n, "read_only in volumes").value_or(false);
     }},
    {"source", [](MountReading& m,
                  const Node& n) { m.mount.source = m.r.reading.text(n, "source in volumes").value_or(""); }},
    {"target", [](MountReading& m,
                  const Node& n) { m.mount.target = m.r.reading.text(n, "target in volumes").value_or(""); }},
    {"tmpfs", [](MountReading& m, const Node& n) { m.tmpfs = &n; }},
    {"type",
     [](MountReading& m, const Node& n) { m.type = m.r.reading.text(n, "type in volumes").value_or(""); }},
    {"volume", nullptr},
};

void long_form(R& r, const Node& node) {
  MountReading m{r};
  r.reading.keys<MountReading>(node, "volumes", kMountKeys, m);
  if (m.type.empty())
    return r.reading.fault(node, r.reading.of("volumes") + " needs a \"type\"", "bind or tmpfs");
  if (m.type == "volume" || m.type == "image" || m.type == "npipe" || m.type == "cluster") {
    return r.reading.fault(*node.find("type"), "volumes of type \"" + m.type + "\" are not supported yet");
  }
  if (m.type != "bind" && m.type != "tmpfs")
    return r.reading.wrong(*node.find("type"), "type in volumes", "bind or tmpfs");
  const bool is_bind = m.type == "bind";
  if (m.mount.target.empty()) return r.reading.fault(node, r.reading.of("volumes") + " needs a \"target\"");
  if (is_bind && m.mount.source.empty())
    return r.reading.fault(node, r.reading.of("volumes") + ": a bind needs a \"source\"");
  if (!is_bind && !m.mount.source.empty())
    return r.reading.fault(*node.find("source"), "a tmpfs has no source");
  const Node* const options = is_bind ? m.bind : m.tmpfs;
  const Node* const misplaced = is_bind ? m.tmpfs : m.bind;
  if (misplaced != nullptr) r.reading.fault(*misplaced, "options of another type than \"" + m.type + "\"");
  if (options != nullptr && r.reading.is_map(*options, m.type + " in volumes")) {
    r.reading.keys<MountReading>(*options, m.type + " in volumes",
                                 is_bind ? std::span<const KeyRule<MountReading>>(kBindKeys) : kTmpfsKeys, m);
  }
  m.mount.type = is_bind ? Mount::Type::bind : Mount::Type::tmpfs;
  if (is_bind) m.mount.source = absolute_path(m.mount.source, r.around);
  add(r, node, std::move(m.mount));
}

// What tmpfs(5) and mount(8) know; our own of them become fields.
bool tmpfs_option(R& r, const Node& node, const std::string& word, Mount& mount) {
  static constexpr std::array<std::string_view, 14> kFlags = {
      "rw",   "exec",  "noexec",  "suid",  "nosuid",   "dev",        "nodev",
      "sync", "async", "noatime", "atime", "relatime", "nodiratime", "strictatime"};
  const auto equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
  if (word == "ro") {
    mount.read_only = true;
  } else if (name == "size" && scalars::bytes(value)) {
    mount.size = *scalars::bytes(value);
  } else if (name == "mode" && scalars::integer("0" + value).value_or(-1) >= 0 &&
             scalars::integer("0" + value).value_or(-1) <= 07777) {
    mount.mode = static_cast<std::uint32_t>(*scalars::integer("0" + value));
  } else if (((name == "uid" || name == "gid" || name == "nr_inodes") && scalars::bytes(value)) ||
             std::find(kFlags.begin(), kFlags.end(), word) != kFlags.end()) {
    mount.options.push_back(word);
  } else {
    r.reading.fault(node, "unknown option \"" + word + "\" of a tmpfs of " + r.reading.owner());
    return false;
  }
  return true;
}

void one_tmpfs(R& r, const Node& node) {
  const auto text = r.reading.text(node, "each item in tmpfs");
  if (!text) return;
  const auto colon = text->find(':');
  Mount mount;
  mount.type = Mount::Type::tmpfs;
  mount.target = text->substr(0, colon);
  if (colon != std::string::npos) {
    for (const std::string& word : split(text->substr(colon + 1), ',')) {
      if (!tmpfs_option(r, node, word, mount)) return;
    }
  }
  add(r, node, std::move(mount));
}

}  // namespace

void volumes(R& r, const Node& node) {
  if (!r.reading.is_list(node, "volumes")) return;
  for (const Node& item : node.items) {
    if (item.is_map()) {
      long_form(r, item);
    } else {
      short_form(r, item);
    }
  }
}

void tmpfs(R& r, const Node& node) {
  if (node.is_scalar()) return one_tmpfs(r, node);
  if (!r.reading.is_list(node, "tmpfs")) return;
  for (const Node& item : node.items) one_tmpfs(r, item);
}

}  // namespace stack::service_keys
