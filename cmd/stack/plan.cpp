// `stack plan`: what `up` would do and why. Exit code 0: nothing; 2: something; 1: it cannot be said.
#include "cmd/stack/plan.h"

#include "cmd/stack/lifecycle.h"
#include "cmd/stack/output.h"
#include "cmd/stack/prepare.h"
#include "cmd/stack/project.h"
#include "cmd/stack/request.h"
#include "core/reconcile/offline.h"
#include "specs/canonical.h"
#include "specs/image_reference.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

constexpr int kChangesPending = 2;

struct Options {
  std::string format = "text";
  std::vector<std::string> services;
};

json pull_steps(const Preview& preview) {
  json steps = json::array();
  for (const std::string& name : preview.missing)
    steps.push_back({{"action", "pull"},
                     {"object", "Image " + short_name(preview.prepared.spec.services.at(name).image)},
                     {"reason", "it is not here (" + name + ")"},
                     {"waits", json::array()}});
  return steps;
}

Result<json> steps_of(const StackSpec& spec, const std::vector<std::string>& services) {
  Ask request;
  request.project = spec.name;
  request.request = {{"verb", "plan"}, {"spec", to_wire(spec)}, {"services", services}};
  const auto answer = ask(request);
  if (answer) return answer->data.value("steps", json::array());
  if (!control::is_absent(answer.error())) return answer.error();
  json steps = json::array();
  for (const OfflineStep& step : TRY(plan_offline(spec)))
    steps.push_back(
        {{"action", step.action}, {"object", step.object}, {"reason", step.reason}, {"waits", step.waits}});
  return steps;
}

struct Sign {
  char letter;
  const char* colour;
};

Sign sign_of(const std::string& action) {
  if (action == "remove" || action == "stop" || action == "detach") return {'-', "\033[31m"};
  if (action == "create" || action == "start" || action == "attach") return {'+', "\033[32m"};
  return {'~', "\033[33m"};
}

std::string line_of(const json& step, bool colour) {
  const std::string action = step.value("action", "");
  const Sign sign = sign_of(action);
  std::string line = colour ? sign.colour : "";
  line += std::string(1, sign.letter) + " " + action + " " + step.value("object", "");
  if (colour) line += "\033[0m";
  line += ": " + step.value("reason", "");
  const char* before = "; after ";
  for (const std::string& wait : step.value("waits", std::vector<std::string>{})) {
    line += before + wait;
    before = ", ";
  }
  return line + "\n";
}

}  // namespace

Result<bool> show_plan(const std::vector<std::string>& services, const std::string& format,
                       const Globals& globals) {
  ReadProject project = TRY(load_project(globals, services));
  const std::string name = project.spec.name;
  const Preview seen = TRY(preview(std::move(project.spec), project.environment));
  json steps = pull_steps(seen);
  for (json& step : TRY(steps_of(seen.prepared.spec, services))) steps.push_back(std::move(step));
  if (format == "json") {
    print(json{{"project", name}, {"steps", steps}}.dump(2, ' ', false, json::error_handler_t::replace) +
          "\n");
  } else {
    std::string text;
    for (const json& step : steps) text += line_of(step, wants_colour(1));
    print(text.empty() ? "nothing to do: the stack is as its file says\n" : text);
  }
  return !steps.empty();
}

Run define_plan(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("--format", options->format)->check(CLI::IsMember({"text", "json"}));
  add_services(command, options->services);
  return [options, &globals]() -> Result<int> {
    return TRY(show_plan(options->services, options->format, globals)) ? kChangesPending : 0;
  };
}

}  // namespace stack::cmd
