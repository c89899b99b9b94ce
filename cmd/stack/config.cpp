// `stack config`: the file checked, and shown as it is understood, or one kind of what is in it.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/stack/image_digests.h"
#include "cmd/stack/merged_config.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/services.h"
#include "cmd/stack/variables_text.h"
#include "cmd/stack/verb.h"
#include "core/sys/files.h"
#include "specs/active_profiles.h"
#include "specs/canonical.h"
#include "specs/image_reference.h"
#include "specs/text.h"
#include "specs/yaml_text.h"

namespace stack::cmd {
namespace {

struct Options {
  bool services = false, images = false, volumes = false, networks = false, profiles = false;
  bool environment = false, variables = false;
  bool quiet = false;
  bool resolve_digests = false, lock_digests = false;
  MergedConfig merged;
  std::string hash;
  std::string format;  // empty: a table of variables, YAML of all else
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

std::string ended(std::string text) {
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

std::string whole(const StackSpec& spec, const std::string& format) {
  return ended(format == "json" ? to_json(spec) : to_yaml(spec));
}

std::string profiles_in(const StackSpec& spec) {
  std::string text;
  for (const std::string& name : all_profiles(spec)) text += name + "\n";
  return text;
}

// A file to be merged over the others, with the images alone.
std::string lock_text(const StackSpec& spec, const std::string& format) {
  nlohmann::ordered_json tree = {{"services", nlohmann::ordered_json::object()}};
  for (const auto& [name, service] : spec.services)
    tree["services"][name] = {{"image", short_name(service.image)}};
  return format == "json" ? tree.dump(2) + "\n" : yaml_text(tree);
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

Result<int> show(const Options& options, const std::string& text) {
  if (options.quiet) return 0;
  if (options.output.empty())
    print(text);
  else
    TRY(replace_file(options.output, text, 0644, Durability::disk));
  return 0;
}

// Of what the files name, before anything is read from it.
std::string keys_in(const Node& root, const char* section) {
  std::set<std::string> keys;
  if (const Node* const map = root.find(section))
    for (const Entry& entry : map->entries)
      if (!entry.key.starts_with("x-")) keys.insert(entry.key);
  std::string text;
  for (const std::string& key : keys) text += key + "\n";
  return text;
}

Result<void> check_options_beside_merged(const Options& options) {
  const std::pair<const char*, bool> others[] = {{"--images", options.images},
                                                 {"--profiles", options.profiles},
                                                 {"--environment", options.environment},
                                                 {"--hash", !options.hash.empty()},
                                                 {"--resolve-image-digests", options.resolve_digests},
                                                 {"--lock-image-digests", options.lock_digests}};
  for (const auto& [name, is_given] : others)
    if (is_given)
      return fault(std::string(name) +
                   " is of the model, which --no-interpolate and its like do not make: leave one out");
  return {};
}

Result<std::string> merged_text(const Options& options, const Globals& globals) {
  TRY(check_options_beside_merged(options));
  MergedConfig wanted = options.merged;
  // Those that were filled in are not to be seen any more.
  wanted.no_interpolate = wanted.no_interpolate || options.variables;
  const MergedModel model = TRY(merged_config(wanted, globals));
  if (options.services) return keys_in(model.root, "services");
  if (options.volumes) return keys_in(model.root, "volumes");
  if (options.networks) return keys_in(model.root, "networks");
  if (options.variables) return variables_text(variables_of(model.root), options.format);
  const VariablesAre variables = wanted.no_interpolate ? VariablesAre::kept : VariablesAre::filled_in;
  return ended(text_of(model, variables, options.format == "json" ? TextFormat::json : TextFormat::yaml));
}

Result<std::string> model_text(const Options& options, const Globals& globals) {
  Globals read_with = globals;
  // Which there are is asked by who does not know yet which are to be active.
  if (options.profiles) read_with.profiles = {"*"};
  ReadProject project = TRY(load_project(read_with));
  if (options.resolve_digests || options.lock_digests) {
    for (auto& [name, image] : TRY(image_digests(project.spec)))
      project.spec.services.at(name).image.name = std::move(image);
  }
  if (options.lock_digests) return lock_text(project.spec, options.format);
  return wanted_text(options, project);
}

Result<int> config(const Options& options, const Globals& globals) {
  const bool is_merged = options.merged.is_wanted() || options.variables;
  const std::string text = TRY(is_merged ? merged_text(options, globals) : model_text(options, globals));
  return show(options, text);
}

// They are one way to see the files; what they leave out differs.
void define_merged(CLI::App& command, MergedConfig& merged) {
  command.add_flag("--no-interpolate", merged.no_interpolate,
                   "The files merged, in their own words: variables stay");
  command.add_flag("--no-normalize", merged.no_normalize,
                   "The files merged, in their own words: nothing is added");
  command.add_flag("--no-path-resolution", merged.no_path_resolution,
                   "The files merged, in their own words: paths stay relative");
  command.add_flag("--no-env-resolution", merged.no_env_resolution,
                   "The files merged, in their own words: env files are not read");
  command.add_flag(
      "--no-consistency", merged.no_consistency,
      "The files merged, in their own words: references, cycles and conflicts are not looked for");
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
  one->add_flag("--variables", options->variables, "The variables that the file names, and their defaults");
  one->add_option("--hash", options->hash,
                  "Of these services, \"a,b\" or \"*\", what recreates their containers where it changes");
  one->add_flag("--lock-image-digests", options->lock_digests,
                "A file to be merged over the others, with the images by digest");
  one->require_option(0, 1);
  define_merged(command, options->merged);
  command.add_flag("--resolve-image-digests", options->resolve_digests,
                   "Images by the digests that their registries have now");
  command.add_flag("-q,--quiet", options->quiet, "Check only");
  command.add_option("--format", options->format)->check(CLI::IsMember({"yaml", "json"}));
  command.add_option("-o,--output", options->output, "Into this file instead of to standard output");
  return [options, &globals] { return config(*options, globals); };
}

}  // namespace stack::cmd
