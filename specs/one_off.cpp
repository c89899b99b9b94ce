#include "specs/one_off.h"

#include <algorithm>

#include "specs/text.h"

namespace stack {
namespace {

constexpr char kMark = '@';
constexpr std::size_t kIdDigits = 12;
// With the prefix of its descriptors' key it is a name of the keeper's, which has 127 bytes for it.
constexpr std::size_t kMostBytes = 120;

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Added to one list it is taken off the other, as Compose does it: the command line has the last word.
void add_capabilities(const std::vector<std::string>& added, std::vector<std::string>& to,
                      std::vector<std::string>& from) {
  std::erase_if(from, [&](const std::string& name) { return contains(added, name); });
  for (const std::string& name : added)
    if (!contains(to, name)) to.push_back(name);
}

void choose_program(ServiceSpec& one, const OneOffOptions& options) {
  if (options.entrypoint) {
    one.entrypoint = options.entrypoint;
    one.command.emplace();
  }
  if (!options.command.empty()) one.command = options.command;
  if (!options.user.empty()) one.user = options.user;
  if (!options.working_dir.empty()) one.working_dir = options.working_dir;
  for (const auto& [name, value] : options.environment) one.environment[name] = value;
}

void choose_mounts(ServiceSpec& one, const std::vector<Mount>& mounts) {
  for (const Mount& mount : mounts) {
    std::erase_if(one.mounts, [&](const Mount& own) { return own.target == mount.target; });
    const auto above = [](const std::string& target, const Mount& m) { return target < m.target; };
    one.mounts.insert(std::upper_bound(one.mounts.begin(), one.mounts.end(), mount.target, above), mount);
  }
}

void choose_network(ServiceSpec& one, const std::string& service, const OneOffOptions& options) {
  if (!options.service_ports) one.ports = options.ports;
  for (auto& [key, attachment] : one.networks) {
    if (options.use_aliases)
      attachment.aliases.push_back(service);
    else
      attachment.aliases.clear();
  }
}

// Those by which Docker Compose's own tools find its one-offs.
void label(ServiceSpec& one, const StackSpec& stack, const std::string& service,
           const OneOffOptions& options) {
  for (const auto& [name, value] : options.labels) one.labels[name] = value;
  one.labels["com.docker.compose.project"] = stack.name;
  one.labels["com.docker.compose.service"] = service;
  one.labels["com.docker.compose.slug"] = options.id;
  one.labels["com.docker.compose.oneoff"] = "True";
}

// Of what is in the stack; --name is checked once more by who knows the other one-offs.
Result<void> check_name(const StackSpec& stack, const std::string& name) {
  if (name.size() < 2 || !is_docker_name(name))
    return fault("\"" + name +
                 "\" is no name of a container: two or more letters, digits, \"_\", \".\" and \"-\" are");
  for (const auto& [key, service] : stack.services)
    if (service.container_name == name)
      return fault("the name \"" + name + "\" is that of service \"" + key + "\": choose another");
  return {};
}

}  // namespace

std::string one_off_name(const std::string& service, const std::string& id) {
  return service + kMark + id.substr(0, kIdDigits);
}

bool is_one_off(const std::string& name) {
  return name.find(kMark) != std::string::npos;
}

std::string service_behind(const std::string& name) {
  return name.substr(0, name.find_first_of("@#"));
}

Result<ServiceSpec> one_off_of(const StackSpec& stack, const std::string& service,
                               const OneOffOptions& options) {
  ServiceSpec one = stack.services.at(service);
  one.name = one_off_name(service, options.id);
  if (one.name.size() > kMostBytes)
    return fault("the name of service \"" + service + "\" is too long for a one-off");
  one.container_name = options.container_name.empty()
                           ? stack.name + "-" + service + "-run-" + options.id.substr(0, kIdDigits)
                           : options.container_name;
  TRY(check_name(stack, one.container_name));
  one.scale.reset();
  one.replicas.reset();
  one.restart = RestartPolicy{};
  one.post_start.clear();
  one.pre_stop.clear();
  one.tty.reset();  // its terminal and its standard input are its client's
  one.stdin_open.reset();
  one.healthcheck.emplace();
  one.healthcheck->disable = true;  // the image's too
  if (options.no_deps) one.depends_on.clear();
  choose_program(one, options);
  add_capabilities(options.cap_add, one.cap_add, one.cap_drop);
  add_capabilities(options.cap_drop, one.cap_drop, one.cap_add);
  choose_mounts(one, options.mounts);
  choose_network(one, service, options);
  label(one, stack, service, options);
  return one;
}

}  // namespace stack
