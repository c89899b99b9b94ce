// `stack build`: images of services with `build:`, made anew whether they are here or not.
#include <algorithm>
#include <cstdlib>

#include "cmd/stack/builds.h"
#include "cmd/stack/lifecycle.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/services.h"

namespace stack::cmd {
namespace {

struct Options {
  BuildOptions build;
  std::vector<std::string> arguments;  // as written: NAME=VALUE, or NAME
  std::vector<std::string> services;
  bool with_dependencies = false;
};

// A name alone has the value that it has in the environment, and is not said where it has none there.
std::map<std::string, std::string> pairs_of(const std::vector<std::string>& arguments) {
  std::map<std::string, std::string> pairs;
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    if (equals != std::string::npos) {
      pairs[name] = argument.substr(equals + 1);
    } else if (const char* value = std::getenv(name.c_str()); value != nullptr) {
      pairs[name] = value;
    }
  }
  return pairs;
}

Result<void> check(const StackSpec& spec, const std::vector<std::string>& services) {
  TRY(check_services(spec, services));
  for (const std::string& name : services)
    if (!spec.services.at(name).build) return fault("service \"" + name + "\" has no \"build\"");
  return {};
}

Result<int> build(Options options, const Globals& globals) {
  const StackSpec spec = TRY(load_spec(globals, options.services));
  TRY(check(spec, options.services));
  options.build.build_args = pairs_of(options.arguments);
  options.build.every_platform = true;
  const std::set<std::string> services = chosen_services(
      spec, options.services, options.with_dependencies ? Dependencies::take : Dependencies::leave);
  const bool any = std::any_of(services.begin(), services.end(), [&](const std::string& name) {
    return spec.services.at(name).build.has_value();
  });
  if (!any) print_error("stack: no service has a \"build\"\n");
  Interrupts interrupts = TRY(Interrupts::listen({SIGINT, SIGTERM, SIGHUP}));
  Progress progress;
  const auto built = build_all(spec, services, options.build, progress, interrupts);
  progress.finish();
  return exit_code_of(built);
}

}  // namespace

Run define_build(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  add_repeatable(command, "--build-arg", options->arguments,
                 "NAME=VALUE instead of the file's; NAME alone has its value from the environment");
  command.add_flag("--no-cache", options->build.no_cache, "Every step anew");
  command.add_flag("--pull", options->build.pull, "Look for newer base images");
  command.add_flag("-q,--quiet", options->build.quiet, "The output only where a build fails");
  command.add_flag("--with-dependencies", options->with_dependencies,
                   "Also the services that the named ones depend on");
  add_services(command, options->services);
  return [options, &globals] { return build(*options, globals); };
}

}  // namespace stack::cmd
