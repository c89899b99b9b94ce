#include "cmd/stack/verb.h"

#include <map>

namespace stack::cmd {

CLI::Option* add_repeatable(CLI::App& command, const std::string& names, std::vector<std::string>& values,
                            const std::string& words) {
  return command.add_option(names, values, words)->allow_extra_args(false);
}

void refuse_option(CLI::App& command, const std::string& name, Takes takes, const std::string& why) {
  const auto refuse = [name, why] { throw CLI::ValidationError(name, why); };
  if (takes == Takes::nothing)
    command.add_flag_callback(name, refuse)->group("");
  else
    command.add_option_function<std::string>(name, [refuse](const std::string&) { refuse(); })->group("");
}

std::vector<const CLI::App*> verbs_within(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* verb) { return !verb->get_name().empty(); });
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  std::vector<const CLI::Option*> options = app.get_options();
  for (const CLI::App* group :
       app.get_subcommands([](const CLI::App* verb) { return verb->get_name().empty(); }))
    for (const CLI::Option* option : group->get_options()) options.push_back(option);
  std::erase_if(options, [](const CLI::Option* option) { return option->get_group().empty(); });
  return options;
}

CLI::App* next_outwards(CLI::App& app) {
  return app.get_fallthrough() ? app.get_parent() : nullptr;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

CLI::App* find_verb(CLI::App& app, const std::string& name) {
  const auto found = app.get_subcommands([&](const CLI::App* verb) { return verb->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

std::string line_to(const CLI::App& app) {
  return (app.get_parent() == nullptr ? "" : line_to(*app.get_parent()) + " ") + app.get_name();
}

Run define_group(CLI::App& command, const Globals& globals, const std::vector<Verb>& verbs) {
  command.require_subcommand(0, 1);
  std::map<const CLI::App*, Run> runs;
  for (const Verb& verb : verbs) {
    CLI::App* one = command.add_subcommand(verb.name, verb.summary);
    one->fallthrough();
    runs[one] = verb.define(*one, globals);
  }
  return [&command, runs]() -> Result<int> {
    const auto chosen = command.get_subcommands();
    if (!chosen.empty()) return runs.at(chosen.front())();
    print(command.help("stack"));
    return 0;
  };
}

}  // namespace stack::cmd
