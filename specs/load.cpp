#include "specs/load.h"

#include "specs/active_profiles.h"
#include "specs/checks.h"
#include "specs/composition.h"
#include "specs/discovery.h"
#include "specs/merged_model.h"
#include "specs/service.h"
#include "specs/top_level.h"

namespace stack {
namespace {

struct RootReading {
  Draft& draft;
  Reading& reading;
  const Surroundings& around;
  const Surroundings& around_sources;  // configs and secrets
  const ActiveProfiles& profiles;
  bool opens_files;
  Node& root;
};

// A service that is no part of the stack is to have no faults of its own.
void add_service(RootReading& r, Entry& entry) {
  const bool active = r.profiles.activate(entry.value);
  Surroundings around = r.around;
  around.opens_files = active && r.opens_files;
  ServiceDraft service = read_service(entry, around, r.reading.diagnostics());
  if (active) {
    r.draft.services[entry.key] = std::move(service.marks);
    r.draft.spec.services[entry.key] = std::move(service.spec);
  } else {
    r.draft.spec.inactive[entry.key] = std::move(service.spec.profiles);
  }
}

void services(RootReading& r, const Node&) {
  Node& node = *r.root.find("services");
  if (!r.reading.is_map(node, "services")) return;
  if (node.entries.empty()) r.reading.fault(node, FaultCode::no_services, "\"services\" is empty");
  for (Entry& entry : node.entries) {
    if (entry.key.starts_with("x-")) continue;
    add_service(r, entry);
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
    r.draft.spec.configs[entry.key] = read_file_source(FileSourceKind::config, entry, r.around_sources,
                                                       r.reading.diagnostics(), r.draft.configs[entry.key]);
  }
}

void secrets(RootReading& r, const Node& node) {
  if (node.is_null() || !r.reading.is_map(node, "secrets")) return;
  for (const Entry& entry : node.entries) {
    if (entry.key.starts_with("x-")) continue;
    r.draft.spec.secrets[entry.key] = read_file_source(FileSourceKind::secret, entry, r.around_sources,
                                                       r.reading.diagnostics(), r.draft.secrets[entry.key]);
  }
}

constexpr KeyRule<RootReading> kRootKeys[] = {
    {"configs", configs},
    {"include", nullptr},  // is brought in before (composition.h)
    {"models",
     [](RootReading& r, const Node& node) {
       if (node.is_null() || (node.is_map() && node.entries.empty())) return;
       r.reading.fault(node, FaultCode::never_kept,
                       "\"models\" cannot be kept: there is no model runner here",
                       "a model server is a service like others");
     }},
    {"name", [](RootReading&, const Node&) {}},  // read before, as the names of everything are made of it
    {"networks", networks},
    {"secrets", secrets},
    {"services", services},
    {"version",
     [](RootReading& r, const Node& node) {
       r.reading.warn(node, FaultCode::no_effect, "\"version\" has had no meaning for years and can go");
     }},
    {"volumes", volumes},
    {"x-stack",
     [](RootReading& r, const Node& node) {
       // Nothing of ours is said for the whole stack yet.
       if (!r.reading.is_map(node, "x-stack")) return;
       for (const Entry& entry : node.entries) r.reading.unknown(entry, "x-stack", {});
     }},
};

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
      reading.fault(*written, FaultCode::invalid_name,
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

void read_model(Draft& draft, Composition& whole, const LoadOptions& options, const Project& project,
                const Variables& of_sources, Diagnostics& diagnostics) {
  Node& root = whole.root;
  Reading reading(diagnostics, "the file");
  const auto home = project.environment.find("HOME");
  Surroundings around{draft.spec.name, project.directory, options.directory, &project.environment,
                      home == project.environment.end() ? "" : home->second};
  std::size_t ports_left = kMostPorts;
  around.ports_left = &ports_left;
  Surroundings around_sources = around;
  around_sources.environment = &of_sources;
  const ActiveProfiles profiles(options, project.environment, root.find("services"));
  RootReading into{draft, reading, around, around_sources, profiles, options.opens_files, root};
  reading.keys<RootReading>(root, "", kRootKeys, into);
  // Of what is not all there, only what each key says for itself can be judged.
  if (!whole.whole || !options.relates) return;
  if (root.find("services") == nullptr)
    diagnostics.error({{root.pos.file, 1, 1}}, FaultCode::no_services, "the file has no \"services\"");
  check(draft, diagnostics);
  check_profiles(options, draft.spec, diagnostics);
}

}  // namespace

Result<Loaded> load_stack(const LoadOptions& options) {
  Loaded loaded;
  Diagnostics& diagnostics = loaded.diagnostics;
  const Project project = TRY(discover(options, diagnostics));
  Composition whole = TRY(compose(project, options.directory, diagnostics));
  loaded.environment = project.environment;
  loaded.environment.insert(whole.variables.begin(), whole.variables.end());
  Draft draft;
  draft.spec.name = TRY(name_of(options, project, whole.root, diagnostics));
  draft.spec.working_dir = project.directory;
  draft.spec.files = project.files;
  // Half a file would give faults that the whole one does not have.
  if (whole.complete) read_model(draft, whole, options, project, loaded.environment, diagnostics);
  diagnostics.sort();
  if (!diagnostics.has_errors()) loaded.spec = std::move(draft.spec);
  return loaded;
}

Result<MergedModel> merged_model(const LoadOptions& options, VariablesAre variables) {
  MergedModel model;
  const Project project = TRY(discover(options, model.diagnostics));
  Composition whole = TRY(compose(project, options.directory, model.diagnostics, nullptr, variables));
  model.name = TRY(name_of(options, project, whole.root, model.diagnostics));
  model.root = std::move(whole.root);
  model.diagnostics.sort();
  return model;
}

Result<std::string> project_name(const LoadOptions& options) {
  // With a name given, there need be no file at all.
  Project nothing;
  nothing.environment = options.environment;
  std::string wanted = TRY(wanted_project_name(options, nothing));
  if (!wanted.empty()) return wanted;
  Diagnostics unsaid;  // a verb that needs but the name does not stumble over the rest
  const Project project = TRY(discover(options, unsaid));
  const Composition whole = TRY(compose(project, options.directory, unsaid));
  Diagnostics of_name;
  std::string name = TRY(name_of(options, project, whole.root, of_name));
  if (of_name.has_errors()) return fault(of_name.all().front().message);
  return name;
}

}  // namespace stack
