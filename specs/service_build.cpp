// How the service's image is built. What buildah cannot keep is refused, not dropped.
#include <algorithm>

#include "specs/image_reference.h"
#include "specs/scalars.h"
#include "specs/service_keys.h"
#include "specs/text.h"

namespace stack::service_keys {
namespace {

struct BuildReading {
  R& r;
  BuildSpec spec = {};
  const Node* dockerfile = nullptr;
  const Node* dockerfile_inline = nullptr;
};
using B = BuildReading;

std::string context_of(const std::string& text, const Surroundings& around) {
  return is_remote_context(text) ? text : absolute_path(text, around);
}

// A name without a value has that of the command's environment; there without one it is not said at all.
void args(B& b, const Node& node) {
  for (Pair& pair : b.r.reading.pairs(node, "build.args")) {
    const auto own = b.r.around.environment->find(pair.name);
    if (pair.value) {
      b.spec.args[pair.name] = *std::move(pair.value);
    } else if (own != b.r.around.environment->end()) {
      b.spec.args[pair.name] = own->second;
    }
  }
}

// ID, or ID=SOCKET or ID=KEY[,KEY].
void one_ssh(B& b, const Node& at, const std::string& id, const std::optional<std::string>& paths) {
  if (!paths || paths->empty()) {
    if (id == "default") return b.spec.ssh.push_back(id);
    return b.r.reading.fault(at, FaultCode::missing_key,
                             "ssh \"" + id + "\" in build of " + b.r.reading.owner() + " needs a path",
                             "\"default\" alone is the agent's");
  }
  std::vector<std::string> files = split(*paths, ',');
  for (std::string& file : files) file = absolute_path(file, b.r.around);
  b.spec.ssh.push_back(id + "=" + joined(files, ","));
}

void ssh(B& b, const Node& node) {
  if (node.is_scalar()) {
    const std::size_t equals = node.text.find('=');
    return one_ssh(b, node, node.text.substr(0, equals),
                   equals == std::string::npos ? std::nullopt : std::optional(node.text.substr(equals + 1)));
  }
  for (const Pair& pair : b.r.reading.pairs(node, "build.ssh")) one_ssh(b, *pair.node, pair.name, pair.value);
}

struct BuildSecret {
  R& r;
  std::string source = {};
  const Node* target = nullptr;
};
// The instruction that mounts it says whose it is (RUN --mount=type=secret,uid=...).
void not_of_build(BuildSecret& s, const Node& node, const char* key) {
  s.r.reading.warn(node, FaultCode::no_effect,
                   std::string(key) + " of a secret means nothing in " + s.r.reading.of("build") +
                       ": the Dockerfile says it where it mounts the secret");
}
constexpr KeyRule<BuildSecret> kSecretKeys[] = {
    {"gid", [](BuildSecret& s, const Node& n) { not_of_build(s, n, "gid"); }},
    {"mode", [](BuildSecret& s, const Node& n) { not_of_build(s, n, "mode"); }},
    {"source", [](BuildSecret& s,
                  const Node& n) { s.source = s.r.reading.text(n, "source in build.secrets").value_or(""); }},
    {"target", [](BuildSecret& s, const Node& n) { s.target = &n; }},
    {"uid", [](BuildSecret& s, const Node& n) { not_of_build(s, n, "uid"); }},
};

void secrets(B& b, const Node& node) {
  if (!b.r.reading.is_list(node, "build.secrets")) return;
  for (const Node& item : node.items) {
    BuildSecret secret{b.r};
    if (item.is_map()) {
      b.r.reading.keys<BuildSecret>(item, "build.secrets", kSecretKeys, secret);
      if (secret.source.empty())
        b.r.reading.fault(item, FaultCode::missing_key,
                          b.r.reading.of("build.secrets") + " needs a \"source\"");
    } else {
      secret.source = b.r.reading.text(item, "each item in build.secrets").value_or("");
    }
    if (secret.source.empty()) continue;
    if (secret.target != nullptr && secret.target->text != secret.source) {
      b.r.reading.fault(*secret.target, FaultCode::not_yet,
                        "another target of a build's secret is not supported yet",
                        "its id is \"" + secret.source + "\"");
    }
    b.r.mark("build.secrets." + secret.source, item);
    b.spec.secrets.push_back(secret.source);
  }
}

// buildah caches in registries alone: NAME, or BuildKit's type=registry,ref=NAME.
void caches(B& b, const Node& node, const char* what, std::vector<std::string>& into) {
  if (!b.r.reading.is_list(node, what)) return;
  for (const Node& item : node.items) {
    const auto text = b.r.reading.text(item, std::string("each item in ") + what);
    if (!text) continue;
    constexpr std::string_view kRegistry = "type=registry,ref=";
    const std::string name = text->starts_with(kRegistry) ? text->substr(kRegistry.size()) : *text;
    if (name.find('=') != std::string::npos) {
      b.r.reading.fault(item, FaultCode::never_kept,
                        b.r.reading.of(what) + ": \"" + *text + "\" is not supported",
                        "a cache is in a registry: \"type=registry,ref=NAME\"");
    } else if (const auto image = parse_image(name, b.r.around.project_directory); !image) {
      b.r.reading.fault(item, FaultCode::invalid_value, b.r.reading.of(what) + ": " + image.error().words,
                        image_hint(name));
    } else {
      into.push_back(name);
    }
  }
}

void tags(B& b, const Node& node) {
  if (!b.r.reading.is_list(node, "build.tags")) return;
  for (const Node& item : node.items) {
    const auto text = b.r.reading.text(item, "each item in build.tags");
    if (!text) continue;
    const auto image = parse_image(*text, b.r.around.project_directory);
    if (!image) {
      b.r.reading.fault(item, FaultCode::invalid_value,
                        b.r.reading.of("build.tags") + ": " + image.error().words, image_hint(*text));
    } else if (image->kind != ImageRef::Kind::registry || image->name.find('@') != std::string::npos) {
      b.r.reading.wrong(item, "build.tags", "a name such as \"shop/web:2\"");
    } else if (auto& all = b.spec.tags; std::find(all.begin(), all.end(), image->name) == all.end()) {
      all.push_back(image->name);
    }
  }
}

void platforms(B& b, const Node& node) {
  if (!b.r.reading.is_list(node, "build.platforms")) return;
  b.r.mark("build.platforms", node);
  for (const Node& item : node.items) {
    if (auto name = platform_name(b.r, item, "build.platforms")) b.spec.platforms.push_back(*std::move(name));
  }
}

void additional_contexts(B& b, const Node& node) {
  for (const Pair& pair : b.r.reading.pairs(node, "build.additional_contexts")) {
    const std::string text = pair.value.value_or("");
    if (text.empty()) {
      b.r.reading.fault(
          *pair.node, FaultCode::missing_key,
          "context \"" + pair.name + "\" in build of " + b.r.reading.owner() + " needs a folder or URL");
    } else if (text.starts_with("service:")) {
      b.r.reading.fault(*pair.node, FaultCode::not_yet,
                        "a service as context of a build is not supported yet",
                        "\"docker-image://NAME\" is its image");
    } else {
      b.spec.additional_contexts[pair.name] = context_of(text, b.r.around);
    }
  }
}

void network(B& b, const Node& node) {
  const auto text = b.r.reading.text(node, "build.network");
  if (!text) return;
  if (*text != "none" && *text != "host" && *text != "default")
    return b.r.reading.wrong(node, "build.network", "none, host or default");
  if (*text != "default") b.spec.network = *text;
}

// For what there is not here: saying no to it changes nothing.
void only_off(B& b, const Node& node, const char* what) {
  if (node.is_scalar() && (node.text.empty() || scalars::truth(node.text) == false)) return;
  b.r.reading.fault(node, FaultCode::never_kept,
                    b.r.reading.of(what) + " is not supported: buildah has none");
}

constexpr KeyRule<B> kKeys[] = {
    {"additional_contexts", additional_contexts},
    {"args", args},
    {"cache_from", [](B& b, const Node& n) { caches(b, n, "build.cache_from", b.spec.cache_from); }},
    {"cache_to", [](B& b, const Node& n) { caches(b, n, "build.cache_to", b.spec.cache_to); }},
    {"context",
     [](B& b, const Node& n) {
       const auto text = b.r.reading.text(n, "build.context");
       if (text && text->empty())
         return b.r.reading.fault(n, FaultCode::missing_key, b.r.reading.of("build.context") + " is empty");
       if (text) b.spec.context = context_of(*text, b.r.around);
     }},
    {"dockerfile",
     [](B& b, const Node& n) {
       b.dockerfile = &n;
       b.spec.dockerfile = b.r.reading.text(n, "build.dockerfile").value_or("");
     }},
    {"dockerfile_inline",
     [](B& b, const Node& n) {
       b.dockerfile_inline = &n;
       b.spec.dockerfile_inline = b.r.reading.text(n, "build.dockerfile_inline").value_or("");
     }},
    {"entitlements",
     [](B& b, const Node& n) {
       if (n.is_list() && n.items.empty()) return;
       b.r.reading.fault(n, FaultCode::never_kept,
                         b.r.reading.of("build.entitlements") + " is not supported: buildah has none",
                         "\"network: host\" is the one that it can give");
     }},
    {"extra_hosts",
     [](B& b, const Node& n) { b.spec.extra_hosts = host_addresses(b.r, n, "build.extra_hosts"); }},
    {"isolation",
     [](B& b, const Node& n) {
       const auto text = b.r.reading.text(n, "build.isolation");
       if (text && !text->empty() && *text != "default")
         b.r.reading.fault(n, FaultCode::never_kept, b.r.reading.of("build.isolation") + " is of Windows");
     }},
    {"labels", [](B& b, const Node& n) { b.spec.labels = b.r.reading.text_map(n, "build.labels"); }},
    {"network", network},
    {"no_cache",
     [](B& b, const Node& n) { b.spec.no_cache = b.r.reading.truth(n, "build.no_cache").value_or(false); }},
    {"no_cache_filter",
     [](B& b, const Node& n) {
       if (n.is_null() || (n.is_list() && n.items.empty())) return;
       b.r.reading.fault(
           n, FaultCode::never_kept,
           b.r.reading.of("build.no_cache_filter") + " is not supported: buildah forgets all or nothing",
           "\"no_cache: true\" is for all stages");
     }},
    {"platforms", platforms},
    {"privileged", [](B& b, const Node& n) { only_off(b, n, "build.privileged"); }},
    {"provenance", [](B& b, const Node& n) { only_off(b, n, "build.provenance"); }},
    {"pull", [](B& b, const Node& n) { b.spec.pull = b.r.reading.truth(n, "build.pull").value_or(false); }},
    {"sbom", [](B& b, const Node& n) { only_off(b, n, "build.sbom"); }},
    {"secrets", secrets},
    {"shm_size",
     [](B& b, const Node& n) {
       b.spec.shm_size =
           b.r.reading.value(n, "build.shm_size", "a size such as \"64m\"", scalars::bytes).value_or(0);
     }},
    {"ssh", ssh},
    {"tags", tags},
    {"target", [](B& b, const Node& n) { b.spec.target = b.r.reading.text(n, "build.target").value_or(""); }},
    {"ulimits", [](B& b, const Node& n) { b.spec.ulimits = limits_of(b.r, n, "build.ulimits"); }},
};

// A Dockerfile's path is that in the context.
void place_dockerfile(B& b) {
  if (b.dockerfile != nullptr && b.dockerfile_inline != nullptr) {
    b.r.reading.fault(*b.dockerfile_inline, FaultCode::conflicting_keys,
                      b.r.reading.of("build") + " has both \"dockerfile\" and \"dockerfile_inline\"");
  }
  std::string& path = b.spec.dockerfile;
  if (path.empty() || path.starts_with('/') || is_remote_context(b.spec.context)) return;
  path = absolute_path(b.spec.context + "/" + path, b.r.around);
}

}  // namespace

void build(R& r, const Node& node) {
  B b{r};
  b.spec.context = absolute_path(".", r.around);
  if (node.is_scalar()) {
    if (node.text.empty())
      return r.reading.fault(node, FaultCode::missing_key, r.reading.of("build") + " is empty");
    b.spec.context = context_of(node.text, r.around);
  } else if (node.is_map()) {
    r.reading.keys<B>(node, "build", kKeys, b);
    place_dockerfile(b);
  } else {
    return r.reading.wrong(node, "build", "a folder, a URL or a map");
  }
  r.spec.build = std::move(b.spec);
}

}  // namespace stack::service_keys
