// `stack config`: the file checked, and shown as it is understood, or one kind of what is in it.
#include <algorithm>
#include <memory>

#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/services.h"
#include "cmd/stack/verb.h"
#include "core/sys/files.h"
#include "specs/active_profiles.h"
#include "specs/canonical.h"
#include "specs/image_reference.h"
#include "specs/text.h"

namespace stack::cmd {
namespace {

struct Options {
  bool services = false, images = false, volumes = false, networks = false, profiles = false;
  bool environment = false;
  bool quiet = false;
  std::string hash;
  std::string format = "yaml";
  std::string output;
};

template <typename Map>
std::string keys_of(const Map& map) {
  std::string text;
  for (const auto& [key, value] : map) text += key + "\n";
  return text;
}

std::string images_of(const StackSpec& spec) {
  std::set<std::string> images;
  for (const auto& [name, service] : spec.services) images.insert(short_name(service.image));
  std::string text;
  for (const std::string& image : images) text += image + "\n";
  return text;
}

std::string environment_of(const ReadProject& project) {
  std::string text;
  for (const auto& [name, value] : project.environment) text += name + "=" + value + "\n";
  return text;
}

// Of services, "a,b" or "*".
Result<std::string> hashes_of(const StackSpec& spec, const std::string& wanted) {
  const std::vector<std::string> names = wanted == "*" ? names_of(spec) : split(wanted, ',');
  TRY(check_services(spec, names));
  std::string text;
  for (const std::string& name : names)
    text += name + " " + service_hash(recreate_keys(spec.services.at(name))) + "\n";
  return text;
}

std::string whole(const StackSpec& spec, const std::string& format) {
  std::string text = format == "json" ? to_json(spec) : to_yaml(spec);
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

std::string profiles_in(const StackSpec& spec) {
  std::string text;
  for (const std::string& name : all_profiles(spec)) text += name + "\n";
  return text;
}

Result<std::string> wanted_text(const Options& options, const ReadProject& project) {
  const StackSpec& spec = project.spec;
  if (options.services) return keys_of(spec.services);
  if (options.volumes) return keys_of(spec.volumes);
  if (options.networks) return keys_of(spec.networks);
  if (options.images) return images_of(spec);
  if (options.profiles) return profiles_in(spec);
  if (options.environment) return environment_of(project);
  if (!options.hash.empty()) return hashes_of(spec, options.hash);
  return whole(spec, options.format);
}

Result<int> config(const Options& options, const Globals& globals) {
  Globals read_with = globals;
  // Which there are is asked by who does not know yet which are to be active.
  if (options.profiles) read_with.profiles = {"*"};
  const ReadProject project = TRY(load_project(read_with));
  if (options.quiet) return 0;
  const std::string text = TRY(wanted_text(options, project));
  if (options.output.empty())
    print(text);
  else
    TRY(replace_file(options.output, text, 0644, Durability::disk));
  return 0;
}

}  // namespace

Run define_config(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  CLI::Option_group* one = command.add_option_group("one of", "Instead of the whole");
  one->add_flag("--services", options->services, "The names of the services");
  one->add_flag("--images", options->images, "The images, one a line");
  one->add_flag("--volumes", options->volumes, "The names of the volumes");
  one->add_flag("--networks", options->networks, "The names of the networks");
  one->add_flag("--profiles", options->profiles, "The profiles that the file has, active or not");
  one->add_flag("--environment", options->environment, "The variables that the file is read with");
  one->add_option("--hash", options->hash,
                  "Of these services, \"a,b\" or \"*\", what recreates their containers where it changes");
  one->require_option(0, 1);
  command.add_flag("-q,--quiet", options->quiet, "Check only");
  command.add_option("--format", options->format)->check(CLI::IsMember({"yaml", "json"}));
  command.add_option("-o,--output", options->output, "Into this file instead of to standard output");
  return [options, &globals] { return config(*options, globals); };
}

}  // namespace stack::cmd
