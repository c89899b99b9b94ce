// `stack images` and `stack image ls`.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "cmd/stack/image_text.h"
#include "cmd/stack/image_verbs.h"
#include "cmd/stack/lifecycle.h"
#include "cmd/stack/moment.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/services.h"
#include "core/reconcile/intent.h"
#include "specs/image_reference.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

struct Options {
  bool all = false;
  bool quiet = false;
  bool no_trunc = false;
  std::string format = "table";
  std::vector<std::string> services;
};

std::string ids_of(const std::vector<StoredImage>& images, const Options& options) {
  std::string text;
  std::set<std::string> told;
  for (const StoredImage& image : images)
    if (told.insert(image.id).second) text += (options.no_trunc ? image.id : short_id(image.id)) + "\n";
  return text;
}

Result<int> list_store(const Options& options) {
  const std::vector<StoredImage> images = TRY(Store().list());
  std::string text;
  if (options.quiet) {
    text = ids_of(images, options);
  } else if (options.format == "json") {
    for (const StoredImage& image : images) text += image_json(image, seconds_now()).dump() + "\n";
  } else {
    text = image_table(images, seconds_now());
  }
  print(text);
  return 0;
}

// Of the stack as it was last brought up, and else of its file.
Result<StackSpec> model_of(const std::string& project, const std::vector<std::string>& services,
                           const Globals& globals) {
  std::string warning;
  auto intent = TRY(load_intent(Paths(project), warning));
  if (intent) return std::move(intent->spec);
  if (globals.files.empty() && !spec_if_any(globals) && !globals.project_name.empty())
    return not_running(project);
  return load_spec(globals, services);
}

Result<std::vector<const ServiceSpec*>> chosen_of(const StackSpec& spec, const Options& options) {
  TRY(check_services(spec, options.services));
  std::vector<const ServiceSpec*> chosen;
  for (const std::string& name : chosen_services(spec, options.services, Dependencies::leave))
    chosen.push_back(&spec.services.at(name));
  return chosen;
}

// A service that was not brought up yet has the image that its reference stands for now.
Result<ContainerImage> image_of(const Store& store, const std::vector<StoredImage>& images,
                                const ServiceSpec& service) {
  ContainerImage one;
  one.container = service.container_name;
  one.name = store_name(service.image);
  one.id = service.image.id;
  if (one.id.empty()) {
    one.image = TRY(store.entry(one.name, service.platform));
    if (one.image) one.id = one.image->id;
    return one;
  }
  for (const StoredImage& image : images)
    if (image.id == one.id && (!one.image || image.name == one.name)) one.image = image;
  return one;
}

std::string ids_of(const std::vector<ContainerImage>& images) {
  std::string text;
  std::set<std::string> told{""};
  for (const ContainerImage& image : images)
    if (told.insert(image.id).second) text += image.id.substr(image.id.find(':') + 1) + "\n";
  return text;
}

Result<int> list_stack(const std::string& project, const Options& options, const Globals& globals) {
  const StackSpec spec = TRY(model_of(project, options.services, globals));
  const Store store;
  const std::vector<StoredImage> stored = TRY(store.list());
  std::vector<ContainerImage> images;
  for (const ServiceSpec* service : TRY(chosen_of(spec, options)))
    if (is_stored(service->image)) images.push_back(TRY(image_of(store, stored, *service)));
  if (options.quiet) {
    print(ids_of(images));
  } else if (options.format == "json") {
    json list = json::array();
    for (const ContainerImage& image : images) list.push_back(container_image_json(image));
    print(list.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
  } else {
    print(container_image_table(images, seconds_now()));
  }
  return 0;
}

Result<int> images(const Options& options, const Globals& globals) {
  if (options.all) {
    if (options.services.empty()) return list_store(options);
    return fault("--all shows all that is here, of no service in particular");
  }
  const auto project = TRY(project_if_any(globals));
  if (!project && !options.services.empty())
    return fault("no such service: " + options.services.front() + ": there is no stack file here");
  return project ? list_stack(*project, options, globals) : list_store(options);
}

void add_shape(CLI::App& command, Options& options) {
  command.add_option("--format", options.format)->check(CLI::IsMember({"table", "json"}));
  command.add_flag("-q,--quiet", options.quiet, "The ids alone");
}

}  // namespace

Run define_images(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_flag("-a,--all", options->all, "All that are here; so too where there is no stack file");
  add_shape(command, *options);
  add_services(command, options->services);
  return [options, &globals] { return images(*options, globals); };
}

Run define_image_ls(CLI::App& command, const Globals&) {
  auto options = std::make_shared<Options>();
  add_shape(command, *options);
  command.add_flag("--no-trunc", options->no_trunc, "With -q the ids in full");
  return [options] { return list_store(*options); };
}

}  // namespace stack::cmd
