// A config or secret of the file's top level.
#include "specs/service.h"
#include "specs/top_level.h"

namespace stack {
namespace {

struct SourceReading {
  FileSource& spec;
  Reading& reading;
  const Surroundings& around;
  FileSourceKind kind;
  int sources = 0;
};
using S = SourceReading;

// Drivers are Swarm's, which fetch or expand the content elsewhere.
void refuse(S& s, const Node& node, const char* key) {
  s.reading.fault(node, FaultCode::never_kept, s.reading.of(key) + " is of Swarm, which is not here",
                  "\"file\" and \"environment\" say where the content is");
}

void content(S& s, const Node& node) {
  ++s.sources;
  if (s.kind == FileSourceKind::secret) {
    return s.reading.fault(node, FaultCode::conflicting_keys,
                           s.reading.owner() + " cannot have its content in the file",
                           "\"file\" or \"environment\" says where it is");
  }
  s.spec.content = s.reading.text(node, "content");
}

void environment(S& s, const Node& node) {
  ++s.sources;
  s.spec.environment = s.reading.text(node, "environment").value_or("");
  if (!node.is_scalar()) return;
  if (s.spec.environment.empty() || s.spec.environment.find('=') != std::string::npos) {
    s.reading.wrong(node, "environment", "the name of a variable");
  } else if (!s.around.environment->contains(s.spec.environment)) {
    s.reading.warn(node, FaultCode::unset_variable,
                   "variable \"" + s.spec.environment + "\" of " + s.reading.owner() + " is not set");
  }
}

void file(S& s, const Node& node) {
  ++s.sources;
  const auto text = s.reading.text(node, "file");
  if (text && text->empty())
    return s.reading.fault(node, FaultCode::missing_key, s.reading.of("file") + " is empty");
  if (text) s.spec.file = absolute_path(*text, s.around);
}

constexpr KeyRule<S> kConfigKeys[] = {
    {"content", content},
    {"environment", environment},
    {"external", [](S& s, const Node& n) { s.spec.external = external(s.reading, n, s.spec.name); }},
    {"file", file},
    {"labels", [](S& s, const Node& n) { s.spec.labels = s.reading.text_map(n, "labels"); }},
    {"name",
     [](S& s, const Node& n) {
       if (auto name = s.reading.text(n, "name"); name && !name->empty()) s.spec.name = *std::move(name);
     }},
    {"template_driver", [](S& s, const Node& n) { refuse(s, n, "template_driver"); }},
};
// `content` is no key of a secret: it is read for its own fault.
constexpr KeyRule<S> kSecretKeys[] = {
    kConfigKeys[0],
    {"driver", [](S& s, const Node& n) { refuse(s, n, "driver"); }},
    {"driver_opts", [](S& s, const Node& n) { refuse(s, n, "driver_opts"); }},
    kConfigKeys[1],
    kConfigKeys[2],
    kConfigKeys[3],
    kConfigKeys[4],
    kConfigKeys[5],
    kConfigKeys[6],
};

void check_sources(S& s, const Entry& entry) {
  if (s.spec.external) return refuse_beside_external(s.reading, entry.value);
  const bool is_config = s.kind == FileSourceKind::config;
  const std::string known =
      is_config ? "\"file\", \"environment\" or \"content\"" : "\"file\" or \"environment\"";
  const bool is_drivers = entry.value.find("driver") != nullptr;  // said
  if (s.sources == 0 && !is_drivers) {
    s.reading.diagnostics().error(entry.mark(), FaultCode::missing_key,
                                  s.reading.owner() + " has no content: it needs " + known);
  } else if (s.sources > 1) {
    s.reading.diagnostics().error(entry.mark(), FaultCode::conflicting_keys,
                                  s.reading.owner() + " has more than one of " + known);
  }
}

}  // namespace

FileSource read_file_source(FileSourceKind kind, const Entry& entry, const Surroundings& around,
                            Diagnostics& diagnostics, Marks& marks) {
  FileSource spec;
  spec.key = entry.key;
  marks[""] = entry.mark();
  const bool is_config = kind == FileSourceKind::config;
  Reading reading(diagnostics, (is_config ? "config \"" : "secret \"") + entry.key + "\"");
  S s{spec, reading, around, kind};
  if (!reading.is_map(entry.value, "")) return spec;
  reading.keys<S>(entry.value, "", is_config ? std::span<const KeyRule<S>>(kConfigKeys) : kSecretKeys, s);
  check_sources(s, entry);
  if (spec.name.empty()) spec.name = spec.external ? entry.key : around.project + "_" + entry.key;
  return spec;
}

}  // namespace stack
