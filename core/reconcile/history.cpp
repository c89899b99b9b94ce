#include "core/reconcile/history.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>

#include "core/sys/dir.h"
#include "core/sys/files.h"
#include "specs/canonical.h"
#include "specs/one_off.h"

namespace stack {
namespace {

std::string path_of(const Paths& paths, std::uint64_t model) {
  return paths.history() + "/" + std::to_string(model) + ".json";
}

// Newest first.
Result<std::vector<std::uint64_t>> models_in(const std::string& folder) {
  std::vector<std::uint64_t> models;
  for (const std::string& name : TRY(names_if_there(folder))) {
    std::uint64_t model = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), model);
    if (error == std::errc() && std::string_view(end) == ".json") models.push_back(model);
  }
  std::sort(models.rbegin(), models.rend());
  return models;
}

// The wire text of each, without the places in the file, which say nothing of what it is.
std::map<std::string, std::string> by_service(const StackSpec& spec) {
  std::map<std::string, StackSpec> all;
  for (const auto& [name, service] : spec.services) {
    ServiceSpec& one = all[service_behind(name)].services[name];
    one = service;
    one.positions.clear();
  }
  std::map<std::string, std::string> texts;
  for (const auto& [name, containers] : all) texts[name] = to_wire(containers);
  return texts;
}

}  // namespace

Result<void> keep_in_history(const Paths& paths, std::uint64_t model, std::uint64_t good) {
  const std::string folder = paths.history();
  TRY(make_folders(folder, 0700));
  const std::string path = path_of(paths, model);
  ::unlink(path.c_str());  // of one who was killed before the intent had another model
  if (::link(paths.intent().c_str(), path.c_str()) != 0 && errno != ENOENT)
    return os_error("keep \"" + path + "\"");
  const std::vector<std::uint64_t> models = TRY(models_in(folder));
  for (std::size_t i = kMostGenerations; i < models.size(); ++i)
    if (models[i] != good && ::unlink(path_of(paths, models[i]).c_str()) != 0 && errno != ENOENT)
      return os_error("remove \"" + path_of(paths, models[i]) + "\"");
  return sync_folder(folder);
}

Result<std::vector<Intent>> load_history(const Paths& paths, std::vector<std::string>& faults) {
  std::vector<Intent> all;
  for (const std::uint64_t model : TRY(models_in(paths.history()))) {
    auto intent = load_generation(paths, model);
    if (intent)
      all.push_back(*std::move(intent));
    else
      faults.push_back(intent.error().words);
  }
  return all;
}

Result<Intent> load_generation(const Paths& paths, std::uint64_t model) {
  auto intent = load_intent_file(path_of(paths, model));
  if (!intent && intent.error().code == ENOENT)
    return fault("there is no generation " + std::to_string(model) +
                 "; \"stack history\" lists those that are kept");
  return intent;
}

std::vector<std::string> changes(const StackSpec& before, const StackSpec& after) {
  const auto then = by_service(before);
  const auto now = by_service(after);
  std::map<std::string, char> signs;
  for (const auto& [name, containers] : then)
    if (!now.contains(name)) signs[name] = '-';
  for (const auto& [name, containers] : now) {
    const auto known = then.find(name);
    if (known == then.end())
      signs[name] = '+';
    else if (known->second != containers)
      signs[name] = '~';
  }
  std::vector<std::string> words;
  for (const auto& [name, sign] : signs) words.push_back(sign + name);
  return words;
}

}  // namespace stack
