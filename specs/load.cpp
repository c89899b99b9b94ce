#include "specs/load.h"

#include <algorithm>
#include <cerrno>

#include "specs/checks.h"
#include "specs/discovery.h"
#include "specs/document.h"
#include "specs/interpolate.h"
#include "specs/merge.h"
#include "specs/service.h"
#include "specs/top_level.h"

namespace stack {
namespace {

struct RootReading {
  Draft& draft;
  Reading& reading;
  const Surroundings& around;
  Node& root;
};

void services(RootReading& r, const Node&) {
  Node& node = *r.root.find("services");
  if (!r.reading.is_map(node, "services")) return;
  if (node.entries.empty()) r.reading.fault(node, "\"services\" is empty");
  for (Entry& entry : node.entries) {
    if (entry.key.starts_with("x-")) continue;
    ServiceDraft service = read_service(entry, r.around, r.reading.diagnostics());
    r.draft.services[entry.key] = std::move(service.marks);
    r.draft.spec.services[entry.key] = std::move(service.spec);
  }
}

void networks(RootReading& r, const Node& node) {
  if (node.is_null() || !r.reading.is_map(node, "networks")) return;
  for (const Entry& entry : node.entries) {
    if (entry.key.starts_with("x-")) continue;
    r.draft.spec.networks[entry.key] =
        read_network(entry, r.around, r.reading.diagnostics(), r.draft.networks[entry.key]);
  }
}

void volumes(RootReading& r, const Node& node) {
  if (node.is_null() || !r.reading.is_map(node, "volumes")) return;
  for (const Entry& entry : node.entries) {
    if (entry.key.starts_with("x-")) continue;
    r.draft.spec.volumes[entry.key] =
        read_volume(entry, r.around, r.reading.diagnostics(), r.draft.volumes[entry.key]);
  }
}

void configs(RootReading& r, const Node& node) {
  if (node.is_null() || !r.reading.is_map(node, "configs")) return;
  for (const Entry& entry : node.entries) {
    if (entry.key.starts_with("x-")) continue;
    r.draft.spec.configs[entry.key] = read_file_source(FileSourceKind::config, entry, r.around,
                                                       r.reading.diagnostics(), r.draft.configs[entry.key]);
  }
}

void secrets(RootReading& r, const Node& node) {
  if (node.is_null() || !r.reading.is_map(node, "secrets")) return;
  for (const Entry& entry : node.entries) {
    if (entry.key.starts_with("x-")) continue;
    r.draft.spec.secrets[entry.key] = read_file_source(FileSourceKind::secret, entry, r.around,
                                                       r.reading.diagnostics(), r.draft.secrets[entry.key]);
  }
}

constexpr KeyRule<RootReading> kRootKeys[] = {
    {"configs", configs},
    {"include", nullptr},
    {"models", nullptr},
    {"name", [](RootReading&, const Node&) {}},  // read before, as the names of everything are made of it
    {"networks", networks},
    {"secrets", secrets},
    {"services", services},
    {"version",
     [](RootReading& r, const Node& node) {
       r.reading.warn(node, "\"version\" has had no meaning for years and can go");
     }},
    {"volumes", volumes},
    {"x-stack",
     [](RootReading& r, const Node& node) {
       // Nothing of ours is said for the whole stack yet.
       if (!r.reading.is_map(node, "x-stack")) return;
       for (const Entry& entry : node.entries) r.reading.unknown(entry, "x-stack", {});
     }},
};

// The files one over the other; complete is false where one of them could not be read to its end.
Result<Document> read_files(const Project& project, const LoadOptions& options, Diagnostics& diagnostics) {
  const Lookup lookup = [&project](const std::string& name) -> std::optional<std::string> {
    const auto it = project.environment.find(name);
    return it == project.environment.end() ? std::nullopt : std::optional(it->second);
  };
  Document whole;
  whole.complete = true;
  for (const std::string& path : project.files) {
    const auto text = read_source(path);
    if (!text) return os_error("read \"" + path + "\"");
    const std::string shown = path == "-" ? "stdin" : display_path(path, options.directory);
    Document document = parse_document(shown, *text, diagnostics);
    interpolate_tree(document.root, lookup, diagnostics);
    whole.complete = whole.complete && document.complete;
    if (!document.root.is_map()) continue;
    if (!whole.root.is_map()) {
      whole.root = std::move(document.root);
      drop_resets(whole.root);
    } else {
      merge_files(whole.root, std::move(document.root));
    }
  }
  return whole;
}

// -p, COMPOSE_PROJECT_NAME, `name:`, the folder.
Result<std::string> name_of(const LoadOptions& options, const Project& project, const Node& root,
                            Diagnostics& diagnostics) {
  std::string wanted = TRY(wanted_project_name(options, project));
  const Node* written = root.find("name");
  if (written != nullptr && (!written->is_scalar() || !is_project_name(written->text))) {
    Reading reading(diagnostics, "the stack");
    const std::string near = normal_project_name(written->text);
    if (near.empty() || !written->is_scalar()) {
      reading.wrong(*written, "name", "of a-z, 0-9, \"_\" and \"-\", the first a letter or digit");
    } else {
      reading.fault(*written,
                    "\"" + written->text +
                        "\" is not a project name: a-z, 0-9, \"_\" and \"-\", the first a letter or digit",
                    "\"" + near + "\" is");
    }
    return wanted.empty() ? near : wanted;
  }
  if (!wanted.empty()) return wanted;
  if (written != nullptr) return written->text;
  return name_of_folder(project);
}

void read_model(Draft& draft, Node& root, const Surroundings& around, Diagnostics& diagnostics) {
  Reading reading(diagnostics, "the file");
  if (root.find("services") == nullptr) {
    diagnostics.error({root.pos.file, 1, 1}, "the file has no \"services\"");
  }
  RootReading into{draft, reading, around, root};
  reading.keys<RootReading>(root, "", kRootKeys, into);
}

}  // namespace

Result<Loaded> load_stack(const LoadOptions& options) {
  Loaded loaded;
  Diagnostics& diagnostics = loaded.diagnostics;
  const Project project = TRY(discover(options, diagnostics));
  Document document = TRY(read_files(project, options, diagnostics));
  Draft draft;
  draft.spec.name = TRY(name_of(options, project, document.root, diagnostics));
  draft.spec.working_dir = project.directory;
  draft.spec.files = project.files;
  // Half a file would give faults that the whole one does not have.
  if (document.complete) {
    const auto home = project.environment.find("HOME");
    const Surroundings around{draft.spec.name, project.directory, options.directory, &project.environment,
                              home == project.environment.end() ? "" : home->second};
    read_model(draft, document.root, around, diagnostics);
    check(draft, diagnostics);
  }
  diagnostics.sort();
  if (!diagnostics.has_errors()) loaded.spec = std::move(draft.spec);
  loaded.environment = project.environment;
  return loaded;
}

Result<std::string> project_name(const LoadOptions& options) {
  // With a name given, there need be no file at all.
  Project nothing;
  nothing.environment = options.environment;
  std::string wanted = TRY(wanted_project_name(options, nothing));
  if (!wanted.empty()) return wanted;
  Diagnostics unsaid;  // a verb that needs but the name does not stumble over the rest
  const Project project = TRY(discover(options, unsaid));
  const Document document = TRY(read_files(project, options, unsaid));
  Diagnostics of_name;
  std::string name = TRY(name_of(options, project, document.root, of_name));
  if (of_name.has_errors()) return fault(of_name.all().front().message);
  return name;
}

}  // namespace stack
