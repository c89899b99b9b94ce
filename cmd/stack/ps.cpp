#include <algorithm>
#include <set>

#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/container_text.h"
#include "cmd/stack/format.h"
#include "cmd/stack/lifecycle.h"
#include "cmd/stack/moment.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/request.h"
#include "specs/utf8.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

constexpr std::size_t kCommandWidth = 24;

struct Options {
  bool all = false;
  bool quiet = false;
  bool only_services = false;
  std::vector<std::string> statuses;
  std::string format = "table";
  std::vector<std::string> services;
};

// What a program chose (its own arguments) must not drive the terminal.
std::string command_text(const json& container) {
  const std::string words = shell_words(container.value("command", std::vector<std::string>{}));
  return "\"" + shortened(printable(words), kCommandWidth) + "\"";
}

std::vector<std::string> row_of(const json& container, double time) {
  const double created = container.value("created_at", 0.0);
  return {container.value("name", ""),
          container.value("image", ""),
          command_text(container),
          container.value("service", ""),
          created > 0 ? human_duration(time - created) + " ago" : "",
          status_text(container, time),
          ports_text(container)};
}

// How often it was mended below, and how long ago that was: "3 (2 minutes ago)".
std::string drifts_text(const json& container, double time) {
  const json drifts = container.value("drifts", json::object());
  const int count = drifts.value("count", 0);
  if (count == 0) return "";
  return std::to_string(count) + " (" + human_duration(time - drifts.value("last_at", 0.0)) + " ago)";
}

bool has_drifted(const json& container) {
  return container.contains("drifts");
}

bool is_shown(const json& container, const Options& options) {
  const std::string state = container.value("state", "");
  if (state == "absent") return false;  // a service that has no container
  const auto& wanted = options.statuses;
  if (!wanted.empty()) return std::find(wanted.begin(), wanted.end(), state) != wanted.end();
  return options.all || (state != "exited" && state != "created");
}

Result<std::vector<json>> chosen(const json& status, const Options& options) {
  const OneOffs one_offs = options.all ? OneOffs::take : OneOffs::leave;
  std::vector<json> containers = TRY(chosen_containers(status, options.services, one_offs));
  std::erase_if(containers, [&](const json& container) { return !is_shown(container, options); });
  return containers;
}

std::string ids_of(const std::vector<json>& containers) {
  std::string text;
  for (const json& container : containers) text += container.value("id", "") + "\n";
  return text;
}

// Each once, however many containers it has.
std::string services_of(const std::vector<json>& containers) {
  std::set<std::string> services;
  for (const json& container : containers) services.insert(container.value("service", ""));
  std::string text;
  for (const std::string& service : services) text += service + "\n";
  return text;
}

Result<int> ps(const Options& options, const Globals& globals) {
  const std::string project = TRY(name_of_project(globals));
  json status{{"containers", json::array()}};
  auto asked = stack_status(project);
  if (!asked && !control::is_absent(asked.error())) return asked.error();
  std::vector<json> containers;  // a stack that does not run has none, whoever asks
  if (asked) {
    status = *std::move(asked);
    containers = TRY(chosen(status, options));
  }
  const double time = seconds_now();
  if (options.quiet) {
    print(ids_of(containers));
  } else if (options.only_services) {
    print(services_of(containers));
  } else if (options.format == "json") {
    std::string text;
    for (const json& container : containers) text += compose_json(container, project, time).dump() + "\n";
    print(text);
  } else {
    std::vector<std::vector<std::string>> table{
        {"NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS"}};
    for (const json& container : containers) table.push_back(row_of(container, time));
    // A column that Compose does not have, where it has something to say.
    if (std::any_of(containers.begin(), containers.end(), has_drifted)) {
      table.front().emplace_back("DRIFTS");
      for (std::size_t i = 0; i < containers.size(); ++i)
        table[i + 1].push_back(drifts_text(containers[i], time));
    }
    print(columns(table));
  }
  return 0;
}

}  // namespace

Run define_ps(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_flag("-a,--all", options->all, "Those that ended too");
  command.add_flag("-q,--quiet", options->quiet, "The ids alone");
  command.add_flag("--services", options->only_services, "The names of the services alone");
  add_repeatable(command, "--status", options->statuses, "Those in this state alone, ended or not")
      ->check(CLI::IsMember(
          {"created", "waiting", "starting", "running", "paused", "stopping", "restarting", "exited"}));
  command.add_option("--format", options->format)->check(CLI::IsMember({"table", "json"}));
  add_services(command, options->services);
  return [options, &globals] { return ps(*options, globals); };
}

}  // namespace stack::cmd
