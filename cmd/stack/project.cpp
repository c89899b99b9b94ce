#include "cmd/stack/project.h"

#include <unistd.h>

#include <filesystem>

#include "cmd/stack/output.h"

namespace stack::cmd {

Result<LoadOptions> load_options(const Globals& globals) {
  LoadOptions options;
  options.files = globals.files;
  options.project_name = globals.project_name;
  options.project_directory = globals.project_directory;
  options.env_files = globals.env_files;
  options.profiles = globals.profiles;
  std::error_code error;
  options.directory = std::filesystem::current_path(error).string();
  if (error) return os_error("find the current folder", error.value());
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const std::string variable = *entry;
    const auto equals = variable.find('=');
    if (equals != std::string::npos)
      options.environment[variable.substr(0, equals)] = variable.substr(equals + 1);
  }
  return options;
}

Result<StackSpec> load_spec(const Globals& globals, const std::vector<std::string>& named) {
  return TRY(load_project(globals, named)).spec;
}

Result<ReadProject> load_project(const Globals& globals, const std::vector<std::string>& named) {
  LoadOptions options = TRY(load_options(globals));
  options.services = named;
  Loaded loaded = TRY(load_stack(options));
  if (!loaded.diagnostics.all().empty()) print_error(loaded.diagnostics.render(wants_colour(STDERR_FILENO)));
  if (loaded.spec) return ReadProject{*std::move(loaded.spec), std::move(loaded.environment)};
  return Error{kFaultsShown, "the file has faults"};
}

Result<std::string> name_of_project(const Globals& globals) {
  return project_name(TRY(load_options(globals)));
}

Result<std::optional<std::string>> project_if_any(const Globals& globals) {
  auto name = name_of_project(globals);
  if (name) return std::optional<std::string>(*std::move(name));
  if (name.error().code == kNoStackFile) return std::optional<std::string>();
  return name.error();
}

std::optional<StackSpec> spec_if_any(const Globals& globals) {
  const auto options = load_options(globals);
  if (!options) return std::nullopt;
  auto loaded = load_stack(*options);
  return loaded ? std::move(loaded->spec) : std::nullopt;
}

std::optional<StackSpec> whole_spec_if_any(const Globals& globals) {
  Globals of_all_profiles = globals;
  of_all_profiles.profiles = {"*"};
  return spec_if_any(of_all_profiles);
}

Error not_running(const std::string& project) {
  return fault("stack \"" + project + "\" is not running: start it with \"stack up -d\"");
}

}  // namespace stack::cmd
