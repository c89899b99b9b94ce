// `stack history`: the models that the stack had, and how each went.
#include "cmd/stack/format.h"
#include "cmd/stack/moment.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/request.h"
#include "cmd/stack/verb.h"
#include "specs/text.h"
#include "specs/utf8.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

double since(const json& generation) {
  return static_cast<double>(generation.value("since_ns", std::int64_t{0})) / 1e9;
}

// "current, back to 1", "failed: web-1: exit 3", "good"
std::string state_of(const json& generation) {
  std::vector<std::string> words;
  if (generation.value("current", false)) words.emplace_back("current");
  if (generation.value("good", false)) words.emplace_back("good");
  const auto back_to = generation.value("back_to", std::uint64_t{0});
  if (back_to != 0) words.push_back("back to " + std::to_string(back_to));
  if (generation.contains("failed")) words.push_back("failed: " + printable(generation.value("failed", "")));
  return joined(words, ", ");
}

std::vector<std::string> row_of(const json& generation, double now) {
  return {std::to_string(generation.value("generation", std::uint64_t{0})),
          since(generation) == 0 ? "" : human_duration(now - since(generation)) + " ago",
          state_of(generation), joined(generation.value("changes", std::vector<std::string>{}), " ")};
}

std::string line_of(const json& generation) {
  json line{{"Generation", generation.value("generation", std::uint64_t{0})},
            {"Since", since(generation)},
            {"Current", generation.value("current", false)},
            {"Good", generation.value("good", false)},
            {"BackTo", generation.value("back_to", std::uint64_t{0})},
            {"Failed", generation.value("failed", "")},
            {"Changes", generation.value("changes", json::array())}};
  return line.dump() + "\n";
}

Result<int> history(const std::string& format, const Globals& globals) {
  Ask request;
  request.project = TRY(name_of_project(globals));
  request.request = {{"verb", "history"}};
  const auto answer = ask(request);
  if (!answer && control::is_absent(answer.error())) return not_running(request.project);
  if (!answer) return answer.error();
  for (const auto& words : answer->data.value("faults", std::vector<std::string>{})) complain(fault(words));
  std::vector<std::vector<std::string>> table{{"GENERATION", "SINCE", "STATE", "CHANGES"}};
  const double now = seconds_now();
  std::string lines;
  for (const json& generation : answer->data.value("generations", json::array())) {
    table.push_back(row_of(generation, now));
    lines += line_of(generation);
  }
  print(format == "json" ? lines : columns(table));
  return 0;
}

}  // namespace

Run define_history(CLI::App& command, const Globals& globals) {
  auto format = std::make_shared<std::string>("table");
  command.add_option("--format", *format)->check(CLI::IsMember({"table", "json"}));
  command.footer(
      "CHANGES: services that came (+), went (-) or are otherwise (~) than in the generation before");
  return [format, &globals] { return history(*format, globals); };
}

}  // namespace stack::cmd
