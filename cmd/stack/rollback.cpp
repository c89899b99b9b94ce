// `stack rollback`: the stack is again what it was by an earlier file.
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/request.h"
#include "cmd/stack/verb.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

// Chosen before it is asked for, so that asking twice is asking for the same.
Result<std::uint64_t> last_good(const std::string& project) {
  Ask request;
  request.project = project;
  request.request = {{"verb", "history"}};
  const Answer answer = TRY(ask(request));
  std::uint64_t back_to = 0;
  for (const json& generation : answer.data.value("generations", json::array())) {
    const auto number = generation.value("generation", std::uint64_t{0});
    if (generation.value("current", false))
      back_to = generation.value("back_to", std::uint64_t{0});
    else if (generation.value("good", false) && number == back_to)
      return fault("the stack is as in generation " + std::to_string(number) +
                   " already; \"stack rollback GENERATION\" goes back to another");
    else if (generation.value("good", false))
      return number;
  }
  return fault(
      "no earlier generation ran well: \"stack history\" lists what there was, and \"stack rollback "
      "GENERATION\" goes back to one of them");
}

Result<int> rollback(std::uint64_t generation, bool wait, const Globals& globals) {
  Progress progress;
  Ask request;
  request.project = TRY(name_of_project(globals));
  if (generation == 0) {
    auto good = last_good(request.project);
    if (!good && control::is_absent(good.error())) return not_running(request.project);
    generation = TRY(std::move(good));
  }
  request.request = {{"verb", "rollback"}, {"generation", generation}, {"wait", wait}};
  request.progress = &progress;
  const auto answer = ask(request);
  if (!answer && control::is_absent(answer.error())) return not_running(request.project);
  if (!answer) return answer.error();
  progress.finish();
  print("as in generation " + std::to_string(generation) +
        "; \"stack up\" brings what the file says again\n");
  return answer->code;
}

}  // namespace

Run define_rollback(CLI::App& command, const Globals& globals) {
  struct Options {
    std::uint64_t generation = 0;
    bool wait = false;
  };
  auto options = std::make_shared<Options>();
  command.add_option("GENERATION", options->generation, "Of \"stack history\"; else the last that ran well")
      ->check(CLI::PositiveNumber);
  command.add_flag("--wait", options->wait, "Until all is healthy");
  return [options, &globals] { return rollback(options->generation, options->wait, globals); };
}

}  // namespace stack::cmd
