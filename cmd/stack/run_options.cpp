#include "cmd/stack/run_options.h"

#include "core/sys/files.h"
#include "specs/diagnostics.h"
#include "specs/dotenv.h"
#include "specs/scalars.h"

namespace stack::cmd {
namespace {

using Variables = std::map<std::string, std::string>;

std::optional<std::string> look_up(const Variables& variables, const std::string& name) {
  const auto it = variables.find(name);
  return it == variables.end() ? std::nullopt : std::optional(it->second);
}

Result<void> read_env_file(const std::string& file, const RunPlace& place, Variables& variables) {
  const std::string path = file.starts_with('/') ? file : place.directory + "/" + file;
  const std::string text = TRY(read_file(path).with("--env-from-file"));
  Diagnostics diagnostics;
  read_dotenv(
      {file, text}, [&](const std::string& name) { return look_up(place.environment, name); }, diagnostics,
      variables);
  if (diagnostics.has_errors()) return fault(diagnostics.render(/*colour=*/false));
  return {};
}

// NAME=VALUE, or NAME as it is here; one that is not here is none.
Result<Variables> environment_of(const RunWords& words, const RunPlace& place) {
  Variables variables;
  for (const std::string& file : words.env_files) TRY(read_env_file(file, place, variables));
  for (const std::string& word : words.environment) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (name.empty()) return fault("-e wants NAME=VALUE or NAME, not \"" + word + "\"");
    if (equals != std::string::npos)
      variables[name] = word.substr(equals + 1);
    else if (const auto value = look_up(place.environment, name))
      variables[name] = *value;
  }
  return variables;
}

Result<Variables> labels_of(const std::vector<std::string>& words) {
  Variables labels;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0) return fault("-l wants NAME=VALUE, not \"" + word + "\"");
    labels[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return labels;
}

}  // namespace

Result<OneOffOptions> one_off_options(const StackSpec& stack, const RunWords& words, const RunPlace& place) {
  OneOffOptions options;
  options.container_name = words.name;
  options.command = words.command;
  if (words.entrypoint) {
    options.entrypoint = scalars::words(*words.entrypoint);
    if (!options.entrypoint) return fault("--entrypoint has a quote that does not end: " + *words.entrypoint);
  }
  if (!words.working_dir.empty() && !words.working_dir.starts_with('/'))
    return fault("-w wants an absolute path, not \"" + words.working_dir + "\"");
  if (words.service_ports && !words.ports.empty())
    return fault("--service-ports and --publish cannot be had together");
  options.environment = TRY(environment_of(words, place));
  options.labels = TRY(labels_of(words.labels));
  options.user = words.user;
  options.working_dir = words.working_dir;
  options.mounts = TRY(
      one_off_mounts(stack, words.volumes, place.directory, look_up(place.environment, "HOME").value_or("")));
  options.ports = TRY(one_off_ports(words.ports));
  options.service_ports = words.service_ports;
  options.use_aliases = words.use_aliases;
  options.no_deps = words.no_deps;
  options.cap_add = TRY(one_off_capabilities(words.cap_add));
  options.cap_drop = TRY(one_off_capabilities(words.cap_drop));
  return options;
}

}  // namespace stack::cmd
