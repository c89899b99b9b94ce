#include "cmd/stack/bundle_open.h"

#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "cmd/stack/interrupts.h"
#include "cmd/stack/progress.h"
#include "cmd/stack/project.h"
#include "core/images/bundle.h"

namespace stack::cmd {
namespace {

Result<OpenedBundle> open(const std::string& file, const std::string& verify_key, const Globals& globals) {
  if (!globals.project_directory.empty())
    return fault("bundle \"" + file +
                 "\": its files have a folder of their own: --project-directory is not for it");
  Interrupts interrupts = TRY(Interrupts::listen({SIGINT, SIGTERM, SIGHUP}));
  Progress progress;
  OpenOptions options;
  options.verify_key = verify_key;
  options.project = globals.project_name;
  options.interrupted = [&] { return interrupts.take().has_value(); };
  const auto show = [&](const char* status, const std::string& text) {
    progress.show({{"id", "Bundle " + file}, {"status", status}, {"text", text}, {"details", ""}});
  };
  options.progress = [&](const std::string& what) { show("working", what); };
  Store store;
  Result<OpenedBundle> bundle = open_bundle(store, file, options);
  show(bundle ? "done" : "error", bundle ? "Opened" : "Not opened");
  return bundle;
}

// A service may be called so too.
bool is_missing(const std::string& word, const Globals& globals) {
  if (!word.ends_with(kBundleSuffix) || ::access(word.c_str(), F_OK) == 0) return false;
  const std::optional<StackSpec> spec = spec_if_any(globals);
  return !spec || (!spec->services.contains(word) && !spec->inactive.contains(word));
}

Globals globals_of(const OpenedBundle& bundle, const Globals& given) {
  Globals globals;
  globals.project_name = bundle.project;
  globals.project_directory = bundle.directory;
  globals.files = bundle.files;
  globals.files.insert(globals.files.end(), given.files.begin(), given.files.end());
  globals.env_files = bundle.env_files;
  globals.env_files.insert(globals.env_files.end(), given.env_files.begin(), given.env_files.end());
  globals.profiles = given.profiles;
  return globals;
}

}  // namespace

Result<ReadProject> load_for_up(std::vector<std::string>& arguments, const std::string& verify_key,
                                const Globals& globals) {
  if (arguments.empty() || !is_bundle(arguments.front())) {
    if (!arguments.empty() && is_missing(arguments.front(), globals))
      return os_error("open bundle \"" + arguments.front() + "\"", ENOENT);
    if (verify_key.empty()) return load_project(globals, arguments);
    return fault("--verify-key is for a bundle: `stack up FILE.stack --verify-key KEY`");
  }
  const std::string file = arguments.front();
  const OpenedBundle bundle = TRY(open(file, verify_key, globals));
  arguments.erase(arguments.begin());
  ReadProject project = TRY(load_project(globals_of(bundle, globals), arguments));
  // What it needs has come with it.
  for (auto& [name, service] : project.spec.services)
    service.pull_policy = PullPolicy{PullPolicy::Kind::never};
  return project;
}

}  // namespace stack::cmd
